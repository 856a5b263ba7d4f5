// Sites that access properties many times: of several shapes, with prototypes changed under them,
// accessors that become data, objects that freeze. An engine that remembers what it found has to notice.

'use strict';

const { List, statement, expression, atom, raw } = require('../writer.cjs');

const KEYS = ['a', 'b', 'role', 'length', 'x'];

/** A function, outside of what runs it, that accesses property `key` of `o` in one way. */
function site(g, key) {
  const name = g.name('site');
  const forms = [
    `(o) => o.${key}`,
    `(o) => o?.${key}`,
    `(o) => (o.${key} = t('w'), o.${key})`,
    `(o) => { o.${key} = 1; return o; }`,
    `(o) => (o.${key} += 1)`,
    `(o) => o.${key}++`,
    `(o) => --o.${key}`,
    `(o) => o.${key}?.()`,
    `(o) => o.${key}()`,
    `(o) => (o?.${key})?.call?.(o, 1)`,
    `({ ${key}: v }) => v`,
    `({ ${key}: v = 'missing', ...rest }) => [v, rest]`,
    `(o) => { const { ${key}: v } = o; return v; }`,
    `(o) => { let v; ({ ${key}: v = 3 } = o); return v; }`,
    `(o) => { [o.${key}] = [7]; return o.${key}; }`,
    `(o) => { ({ q: o.${key} } = { q: 8 }); return o.${key}; }`,
    `(o) => delete o.${key}`,
    `(o) => (o.${key} ||= 4)`,
    `(o) => (o.${key} ??= 5)`,
    `(o) => (o.${key} &&= 6)`,
    `(o) => '${key}' in o`,
    `(o) => [o.${key}, o.${key}, o['${key}']]`,
    `(o) => { for (o.${key} of [1, 2]); return o.${key}; }`,
    `(o) => typeof o.${key}`,
    `(o) => { o.${key} **= 2; return o.${key}; }`,
    `(o) => [o.a, o.${key}, o.b]`,
    '(o) => o.length',
    '(o) => { o.length = 0; return o[0]; }',
    '(o) => { o.length = 2; return o; }',
    '(o) => { o.length -= 1; return o; }',
    '(o) => { o[o.length] = 9; return o.length; }',
    '(o) => (o.name = 1, o.name)',
    '(o) => o.prototype',
    '(o) => new o.constructor().a',
    '(o) => o.toString()',
    `(o) => \`\${o.${key}}\``,
    `function (o) { return o.${key}; }`,
  ];
  g.hoist(statement`const ${name} = ${expression`${g.pick(forms)}`};`);
  return name;
}

/** Makes an object of a chain of prototypes. The names of all that may change. */
function chain(g, key) {
  const names = [];
  const made = [];
  const depth = 1 + g.below(3);
  for (let i = 0; i < depth; i += 1) {
    const name = g.name('o');
    const own = g.some(['a: 1', 'b: 2', `${key}: ${g.label()}`, 'z: 3', `get x() { return t(${g.label()}); }`, `set x(v) { t(${g.label()}, v); }`, `b() { return ${g.label()}; }`]);
    const fields = g.random.shuffled([...new Map(own.map((text) => [text.replace(/^get |^set |\(.*|:.*/g, ''), text])).values()]).join(', ');
    const proto = names.length > 0 ? names[names.length - 1] : null;
    const form = g.below(8);
    const text = proto === null
      ? g.pick([`{ ${fields} }`, `{ ${fields} }`, `[1, 2, 3]`, `Object.assign(() => 1, { ${fields} })`, `new (class { ${key} = 1; get role() { return 'got'; } })()`, `Object.create(null)`, `class { static ${key === 'length' ? 'a' : key} = 1; }`, 'new Map([[1, 2]])', "new String('text')"])
      : form < 4 ? `Object.create(${proto})` : form < 6 ? `{ __proto__: ${proto}, ${fields} }` : form === 6 ? `Object.setPrototypeOf({ ${fields} }, ${proto})` : `Object.setPrototypeOf(function () { 'use strict'; }, ${proto})`;
    made.push(statement`const ${name} = ${text.startsWith('{') || text.startsWith('class') ? `(${text})` : text};`);
    g.declare(name, 'object', false);
    names.push(name);
  }
  return { names, made };
}

/** A change of one of the objects. */
function change(g, names, key) {
  const o = g.pick(names);
  const other = g.pick(names);
  const k = g.chance(0.7) ? key : g.pick(KEYS);
  const text = g.random.weighted([
    [3, `delete ${o}.${k};`],
    [2, `delete ${o}.a;`],
    [3, `${o}.${k} = ${g.label()};`],
    [2, `${o}.n${g.below(3)} = ${g.label()};`],
    [2, `Object.defineProperty(${o}, '${k}', { get() { return t(${g.label()}); }, configurable: true });`],
    [2, `Object.defineProperty(${o}, '${k}', { set(v) { t(${g.label()}, v); }, configurable: true, enumerable: true });`],
    [1, `Object.defineProperty(${o}, '${k}', { get() { Object.defineProperty(this, '${k}', { value: ${g.label()}, configurable: true }); return 'once'; }, configurable: true });`],
    [2, `Object.defineProperty(${o}, '${k}', { value: ${g.label()}, writable: ${g.chance(0.5)}, configurable: ${g.chance(0.8)}, enumerable: ${g.chance(0.5)} });`],
    [1, `Object.defineProperty(${o}, '${k}', { enumerable: ${g.chance(0.5)} });`],
    [1, `Object.${g.pick(['freeze', 'seal', 'preventExtensions'])}(${o});`],
    [1, `Object.setPrototypeOf(${o}, ${g.pick(['null', 'Object.prototype', "{ role: 'other', a: 5 }", 'Array.prototype', other])});`],
    [0.6, `${o}.__proto__ = { ${k}: ${g.label()} };`],
    [1, `Object.assign(${o}, { ${k}: 1, y: 2 });`],
    [1, `${o}['${k}'] = () => t(${g.label()});`],
    [0.5, `Reflect.set(${o}, '${k}', 3, ${other});`],
    [0.5, `Reflect.defineProperty(${o}, '${k}', { value: 1, configurable: true });`],
    [0.4, `${o}.__defineGetter__('${k}', () => ${g.label()});`],
    [0.5, `${o}[${g.below(4)}] = ${g.label()};`],
  ]);
  return statement`try { ${text} } catch (e) { t(${g.label()}, e); }`;
}

function hot(g) {
  const key = g.pick(KEYS);
  const { names, made } = chain(g, key);
  const sites = g.times(1 + g.below(3), () => site(g, key));
  const use = () => statement`try { t(${g.label()}, ${g.pick(sites)}(${g.chance(0.6) ? names[names.length - 1] : g.pick(names)})); } catch (e) { t(${g.label()}, e); }`;
  const rounds = [];
  for (let i = 1 + g.below(3); i >= 0; i -= 1) {
    rounds.push(statement`for (let i = 0; i < ${1 + g.below(3)}; i += 1) { ${use()} }`);
    if (g.chance(0.4)) rounds.push(use());
    rounds.push(...g.times(1 + g.below(2), () => change(g, names, key)));
  }
  rounds.push(use(), use(), statement`t(${g.label()}, ${names.join(', ')});`);
  return new List([...made, ...rounds], '\n');
}

/** The same site inside of a loop in place. */
function inPlace(g) {
  const key = g.pick(KEYS);
  const { names, made } = chain(g, key);
  const o = names[names.length - 1];
  const access = g.pick([`${o}.${key}`, `${o}?.${key}`, `${o}.${key} = i`, `${o}.${key} += i`, `${o}.${key}++`, `delete ${o}.${key}`, `${o}.${key}?.()`, `'${key}' in ${o}`, `${o}.length = i`, `({ ${key}: ${o}.a } = { ${key}: i })`]);
  const when = g.times(1 + g.below(2), () => statement`if (i === ${g.below(4)}) { ${change(g, names, key)} }`);
  return new List([...made, statement`for (let i = 0; i < 5; i += 1) { try { t(${g.label()}, ${access}); } catch (e) { t(e); } ${new List(when, '\n')} }`, statement`t(${names.join(', ')});`], '\n');
}

/** One site and many shapes, around and around. */
function manyShapes(g) {
  const key = g.pick(KEYS);
  const f = site(g, key);
  const objects = g.name('shapes');
  const shape = () => g.pick([
    `{ ${key}: ${g.label()} }`, `{ a0: 1, ${key}: ${g.label()} }`, `{ a1: 1, b1: 2, get ${key}() { return t(${g.label()}); } }`, `Object.create({ ${key}: ${g.label()} })`, `Object.create(Object.create({ get ${key}() { return ${g.label()}; } }))`, `[1, 2, 3]`, `'text'`, `() => 1`, `Object.freeze({ ${key}: ${g.label()} })`,
    `Object.create(null)`, `new (class { ${key} = ${g.label()}; })()`, `new (class { get ${key}() { return ${g.label()}; } set ${key}(v) { t(v); } })()`, `px(${g.label()}, { ${key}: 1 })`, `new Map()`, `5`, `Symbol('s')`, `{ __proto__: Array.prototype }`, `{ ${key}() { return t(${g.label()}); } }`, `Object.defineProperty([], 'length', { writable: false })`,
  ]);
  const changed = g.below(5);
  return new List([
    statement`const ${objects} = [${g.times(4 + g.below(4), shape).join(', ')}];`,
    statement`for (let round = 0; round < 3; round += 1) { for (const [i, o] of ${objects}.entries()) { try { t(${g.label()}, i, ${f}(o)); } catch (e) { t(i, e); } } if (round === ${g.below(2)}) { const o = ${objects}[${changed}]; ${change(g, ['o'], key)} } }`,
  ], '\n');
}

function described(g) {
  const o = g.reference('object');
  if (o === null) return g.tell();
  return statement`t(${g.label()}, Object.${g.pick(['keys', 'entries', 'getOwnPropertyNames', 'getOwnPropertyDescriptors', 'isFrozen', 'isSealed', 'isExtensible'])}(${o}));`;
}

/** Properties added, taken away and redefined on one object: their order and what can be enumerated. */
function redefined(g) {
  const o = g.name('o');
  const steps = g.times(3 + g.below(5), () => {
    const k = g.pick(['p', 'q', 'r', '1', '0']);
    return g.choose(
      [2, () => statement`${o}['${k}'] = ${g.label()};`],
      [1, () => statement`delete ${o}['${k}'];`],
      [2, () => statement`Object.defineProperty(${o}, '${k}', { ${g.pick(['get() { return 1; }', 'set(v) {}', 'value: 1, writable: true', 'value: 2'])}, ${g.pick(['enumerable: true', 'enumerable: false'])}, ${g.pick(['configurable: true', 'configurable: true', 'configurable: false'])} });`],
      [1, () => statement`Object.defineProperty(${o}, '${k}', { ${g.pick(['enumerable: true', 'enumerable: false', 'writable: false', 'configurable: false', ''])} });`],
    );
  }).map((step) => statement`try { ${step} } catch (e) { t(${g.label()}, e); }`);
  const keys = [];
  return new List([statement`const ${o} = ${g.pick(['{}', '{ p: 1, q: 2 }', 'class {}', '() => {}', '[]'])};`, ...steps, statement`t(${o}, Object.keys(${o}), JSON.stringify(${o}), (() => { const keys = []; for (const k in ${o}) keys.push(k); return keys; })());`, ...keys], '\n');
}

module.exports = {
  name: 'properties',
  statements: [[3, hot], [1.5, inPlace], [1, redefined], [1.2, manyShapes], [0.5, described, { small: true }]],
  expressions: [
    [1, (g) => atom`(${g.expression()})${g.pick(['.', '?.'])}${g.key()}`],
    [0.6, (g) => atom`${g.expression('object')}[t(${g.label()}, '${g.key()}')]`],
    [0.6, (g) => { const o = g.reference('object'); return o ? expression`${o}.${g.key()} ${g.pick(['=', '+=', '??=', '||=', '&&=', '**='])} ${g.expression()}` : g.literal(); }],
    [0.4, (g) => { const o = g.reference('object'); return o ? expression`${o}[${g.chance(0.5) ? g.literal() : g.expression('number')}] ${g.pick(['=', '+='])} ${g.expression()}` : g.literal(); }],
    [0.4, (g) => { const o = g.reference('object'); return o ? expression`${o}.${g.key()}${g.pick(['++', '--'])}` : g.literal(); }],
    [0.3, (g) => { const o = g.reference('object'); return o ? expression`delete ${o}${g.pick(['.', '?.'])}${g.key()}` : g.literal(); }],
    [0.3, (g) => atom`(${g.expression()})?.${g.key()}?.(${g.expression()})?.[${g.expression()}].${g.key()}`],
    [0.3, (g) => expression`'${g.key()}' in ${g.expression('object')}`],
    [0.3, (g) => expression`{ get ${g.key()}() { return t(${g.label()}); }, set ${g.key()}(v) { t(${g.label()}, v); }, [t(${g.label()})]: 1, __proto__: { a: 1 } }`],
  ],
  typed: {},
};
