// Classes: fields, private names, static blocks, accessors, `super` in every place, built-in parents.

'use strict';

const { List, statement, expression, atom, raw } = require('../writer.cjs');

const method = (g, kind, more) => g.within(kind, () => g.block(1 + g.below(2)), { superProperty: true, inClass: true, ...more });
const initial = (g, more) => g.within('plain', () => g.expression(), { superProperty: true, hasArguments: false, inClass: true, ...more });

function member(g, C, key, parent) {
  const at = g.chance(0.35) ? 'static ' : '';
  const name = g.chance(0.2) ? `[t(${g.label()}, '${key}')]` : g.chance(0.1) ? `'${key}'` : key;
  const superCall = `super.${g.key()}`;
  return g.choose(
    [3, () => raw`${at}${name}(${g.chance(0.3) ? 'p = t("default")' : ''}) { ${method(g, 'plain')} }`],
    [1, () => raw`${at}async ${name}() { ${method(g, 'async')} }`],
    [1, () => raw`${at}*${name}() { ${method(g, 'generator')} }`],
    [1.5, () => raw`${at}get ${name}() { ${method(g, 'plain')} }`],
    [1, () => raw`${at}set ${name}(v) { t(${g.label()}, v); }`],
    [3, () => raw`${at}${name === 'constructor' ? 'k' : name} = ${initial(g)};`],
    [1, () => raw`${at}${name} = () => ${g.pick(['this', `${superCall}`, `${superCall}?.()`, 'typeof this', 'new.target', `[this === ${C}, ${superCall}]`])};`],
    [1, () => raw`${at}${name} = ${g.pick([`${superCall}`, `(super.${g.key()} = 5)`, `typeof super.toString`, `Object.keys(this)`, `this.${g.key()}`, `[${superCall}, (() => ${superCall})()]`])};`],
    [0.7, () => raw`static { ${g.within('plain', () => g.block(1), { returns: false, superProperty: true, hasArguments: false, inClass: true })} t(${g.label()}, this === ${C}, this.name); }`],
    [0.7, () => raw`${at}count = ${g.pick([`(${C}.total = (${C}.total ?? 0) + 1)`, `Object.assign(${C}, { more: 1 }).more`, `${C}.${key}`, `(() => { ${C}.seen = this; return 1; })()`, `++${C}.n`, `delete ${C}.total`, `Object.defineProperty(${C}, 'd', { value: 1, configurable: true }).d`])};`],
    [0.3, () => raw`${at}${name};`],
    [0.4, () => raw`${at}self = this${parent ? `.${g.key()}` : ''};`],
  );
}

function privates(g, C) {
  return g.some([
    `#p = t(${g.label()}, 1); readP() { return this.#p; } writeP(v) { this.#p = v; return this.#p++; } static hasP(o) { return #p in o; }`,
    `#m() { return [t(${g.label()}), this === undefined]; } callM() { return this.#m(); } static tryM(o) { return o.#m(); }`,
    `get #g() { return t(${g.label()}); } set #g(v) { t(${g.label()}, v); } useG() { this.#g = 3; return (this.#g += 2); }`,
    `static #s = t(${g.label()}, 2); static readS() { return ${C}.#s; } static bump() { return ${C}.#s **= 2; } static ofThis() { return this.#s; }`,
    `#late = () => super.toString === Object.prototype.toString; late() { return this.#late(); }`,
    `static #make() { return new ${C}(); } static made() { return ${C}.#make() instanceof ${C}; }`,
    `#a = 1; #b = this.#a + 1; both() { const { a } = { a: this.#b }; [this.#a] = [a * 10]; ({ x: this.#b } = { x: 7 }); return [this.#a, this.#b, this?.#a]; }`,
    `static async #later() { return await t(${g.label()}); } static start() { return later(${g.label()}, ${C}.#later()); }`,
    `*#walk() { yield* [1, 2]; } walk() { return [...this.#walk()]; }`,
  ]).slice(0, 3);
}

const USES = ['readP()', 'writeP(4)', 'callM()', 'useG()', 'late()', 'both()', 'walk()'];
const STATICS = ['hasP({})', 'tryM({})', 'readS()', 'bump()', 'ofThis()', 'made()', 'start()'];

function made(g) {
  const C = g.name('C');
  const parent = g.chance(0.55) ? g.choose(
    [4, () => g.reference('class')],
    [2, () => g.pick(['Array', 'Map', 'Error', 'Promise', 'Object', 'Function', 'RegExp', 'Uint8Array', 'Set'])],
    [1, () => 'null'],
    [1, () => `(t(${g.label()}), class { ${g.key()}() { return ${g.label()}; } static ${g.key()} = ${g.label()}; get role() { return t(${g.label()}, this.own); } set value(v) { t(${g.label()}, v); } })`],
    [0.5, () => `function () { this.old = 1; }`],
    [0.3, () => 'px("parent", class { a = 1; })'],
  ) : null;
  const keys = ['a', 'b', 'role', 'value', 'x', 'k'];
  const members = g.times(1 + g.below(4), () => member(g, C, g.pick(keys), parent));
  const hasPrivates = g.chance(0.4);
  if (hasPrivates) members.push(...privates(g, C).map((text) => raw`${text}`));
  if (g.chance(0.4)) {
    const inner = g.within('plain', () => g.block(1), { superProperty: true, inClass: true });
    const order = g.pick([
      [parent ? 'super(...args);' : '', inner], [parent ? `try { this.a; } catch (e) { t(e); } super(1, 2);` : 't(this);', inner],
      [parent ? 'const make = () => super(...args); make();' : '', raw`t(new.target === ${C}, new.target?.name);`],
      [parent ? 'try { super(); super(); } catch (e) { t(e); }' : '', inner],
      [parent ? 'super();' : '', raw`return ${g.pick(['{ other: 1 }', 'undefined', '5', 'this', 'Object.create(null)'])};`],
      ['', inner],
    ]);
    members.push(raw`constructor(...args) { t(${g.label()}); ${order[0]} ${order[1]} }`);
  }
  const head = g.chance(0.7) ? raw`class ${C}` : raw`const ${C} = class ${g.chance(0.5) ? '' : `Inner${C}`}`;
  const body = raw`${head}${parent ? raw` extends ${parent}` : ''} { ${new List(g.random.shuffled(members), '\n')} }`;
  const uses = [];
  const o = g.name('o');
  const say = (text) => uses.push(statement`try { t(${g.label()}, ${text}); } catch (e) { t(${g.label()}, e); }`);
  g.times(1 + g.below(4), () => {
    const key = g.pick(keys);
    say(g.pick([`${o}.${key}`, `${o}.${key}()`, `${C}.${key}`, `${C}.${key}()`, `(${o}.${key} = 3)`, `${o}`, `${C}`, `Object.getOwnPropertyNames(${C}.prototype)`, `new ${C}(1).${key}`, `${o}.self`, `${C}.total`, `[...${o}.${key}()]`, `${o}.${key}?.().a`, `${C}.name`, `new ${C}(2) instanceof ${C}`, `Reflect.construct(${C}, [], Object)`, `${C}.call({})`]));
  });
  if (hasPrivates) { say(`${o}.${g.pick(USES)}`); say(`${C}.${g.pick(STATICS)}`); }
  const list = [statement`${body}${head.parts[0].startsWith('const') ? ';' : ''}`, statement`let ${o}; try { ${o} = new ${C}(${g.chance(0.5) ? '1, 2' : ''}); } catch (e) { t(${g.label()}, e); }`, ...uses];
  g.declare(C, 'class', false);
  g.declare(o, 'object', false);
  if (g.chance(0.3)) return statement`try { ${new List(list, '\n')} } catch (e) { t(${g.label()}, e); }`;
  return new List(list, '\n');
}

// `super` in objects, and homes that do not follow.
function superInObject(g) {
  const [p, o] = [g.name('p'), g.name('o')];
  const key = g.pick(['a', 'b']);
  return new List([
    statement`const ${p} = { a() { return [${g.label()}, this.own]; }, get b() { return [${g.label()}, this.own]; }, set c(v) { t('set', v, this.own); } };`,
    statement`const ${o} = { __proto__: ${p}, own: ${g.label()}, a() { return [super.a(), super.b, super['a']()]; }, get b() { return super.b; }, set c(v) { super.c = v; }, d() { super.own = 'changed'; return this.own; }, e() { return (() => super.a())(); }, async f() { await 0; return super.b; }, *g() { yield super.b; }, h() { super.b++; delete this.own; return super.zz?.(); } };`,
    ...g.times(3, () => statement`try { t(${g.label()}, ${o}.${g.pick(['a()', 'b', 'c = 1', 'd()', 'e()', 'h()', 'g().next()', 'a.call({ own: 2 })'])}); } catch (e) { t(${g.label()}, e); }`),
    statement`${g.pick([`Object.setPrototypeOf(${o}, { ${key}() { return 'other'; } });`, `delete ${p}.${key};`, `${p}.a = () => 'replaced';`, `Object.defineProperty(${p}, 'b', { value: 6 });`])}`,
    ...g.times(2, () => statement`try { t(${g.label()}, ${o}.${g.pick(['a()', 'b', 'c = 1', 'e()', 'h()'])}); } catch (e) { t(${g.label()}, e); }`),
  ], '\n');
}

module.exports = {
  name: 'classes',
  statements: [[3, made], [0.8, superInObject]],
  expressions: [
    [1, (g) => atom`super.${g.key()}`, { superProperty: true }],
    [0.5, (g) => atom`super[t(${g.label()}, '${g.key()}')]${g.pick(['', '?.()', '?.call(this)'])}`, { superProperty: true }],
    [0.4, (g) => expression`super.${g.key()} ${g.pick(['=', '+=', '??='])} ${g.expression()}`, { superProperty: true }],
    [0.3, (g) => { const C = g.reference('class'); return C ? expression`new ${C}(${g.expression()})` : g.literal(); }],
    [0.2, (g) => { const C = g.reference('class'); return C ? expression`${g.expression()} instanceof ${C}` : g.literal(); }],
  ],
};
