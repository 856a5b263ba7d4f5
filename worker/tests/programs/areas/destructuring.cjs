// Patterns of all forms: nested, with defaults, computed keys, rests, targets that are properties.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');
const iterators = require('./iterators.cjs');

/** A pattern whose leaves are new names, told to `declare`. */
function pattern(g, declare, depth = 0) {
  const leaf = () => {
    if (depth < 2 && g.chance(0.25)) return pattern(g, declare, depth + 1);
    const name = g.name('d');
    declare(name);
    return raw`${name}`;
  };
  const withDefault = (node) => (g.chance(0.35) ? raw`${node} = ${g.chance(0.5) ? expression`t(${g.label()})` : g.literal()}` : node);
  if (g.chance(0.5)) {
    const items = g.times(1 + g.below(3), () => (g.chance(0.15) ? raw`` : withDefault(leaf())));
    if (g.chance(0.3)) items.push(raw`...${leaf()}`);
    return raw`[${commas(items)}]`;
  }
  const fields = g.times(1 + g.below(3), () => {
    const key = g.key();
    const form = g.below(4);
    if (form === 0) return raw`[t(${g.label()}, '${key}')]: ${withDefault(leaf())}`;
    if (form === 1) return raw`'${key}': ${withDefault(leaf())}`;
    return raw`${key}: ${withDefault(leaf())}`;
  });
  if (g.chance(0.25)) { const name = g.name('d'); declare(name); fields.push(raw`...${name}`); }
  return raw`{ ${commas(fields)} }`;
}

/** What is taken apart. */
function source(g) {
  return g.choose(
    [3, (h) => iterators.traced(h)],
    [2, (h) => h.expression('object')],
    [2, (h) => h.expression('array')],
    [1, () => expression`'text'`],
    [1, () => expression`{ a: [1, { x: 2 }], b: { a: 1, role: null }, get x() { return t('got x'); }, role: undefined, length: 1 }`],
    [1, () => expression`[[1, 2], { a: 1, b: [3] }, undefined, null]`],
    [0.5, () => expression`${g.pick(['null', 'undefined', '5', 'Symbol.iterator', '1n'])}`],
    [0.7, (h) => atom`px(${h.label()}, { a: 1, b: 2 })`],
  );
}

function declared(g) {
  const names = [];
  const value = source(g);
  const made = pattern(g, (name) => names.push(name));
  const word = g.pick(['const', 'let', 'var']);
  const node = statement`${word} ${made} = ${value};`;
  if (g.chance(0.5)) {
    // What is declared within the block is not known after it.
    return statement`try { ${node} t(${g.label()}, ${names.join(', ')}); } catch (e) { t(${g.label()}, e); }`;
  }
  names.forEach((name) => g.declare(name, 'any', word !== 'const'));
  return new List([node, statement`t(${g.label()}, ${names.join(', ')});`], '\n');
}

function assigned(g) {
  const o = g.name('o');
  const target = () => g.pick([`${o}.a`, `${o}['b']`, `${o}[t('key', 'c')]`, `t('target', ${o}).x`, `(t('target'), ${o}).y`, `${o}.watched`, `(${o}.z)`, `${o}?.a`.replace('?.', '.'), `${o}.inner.value`]);
  const withDefault = (text) => (g.chance(0.4) ? `${text} = t(${g.label()})` : text);
  const form = g.below(3);
  const items = g.times(1 + g.below(3), () => withDefault(target()));
  if (form === 0 && g.chance(0.3)) items.push(`...${target()}`);
  const left = form === 0 ? `[${items.join(', ')}]`
    : form === 1 ? `{ ${items.map((item, i) => `${g.chance(0.3) ? `[t('name', 'p${i}')]` : `p${i}`}: ${item}`).join(', ')}${g.chance(0.3) ? `, ...${target()}` : ''} }`
      : `[{ p0: ${items[0]} }, [${target()}] = [t(${g.label()})]]`;
  const right = form === 0 ? source(g) : form === 1 ? expression`${g.pick(['{ p0: 1, p2: 3, q: 4 }', '{}', 'null', "px('s', { p0: 1 })", '{ get p0() { return boom("getter"); } }'])}` : expression`[{ p0: 5 }, ${g.pick(['undefined', '[]', '[7]', 'null'])}]`;
  return new List([
    statement`const ${o} = { set watched(v) { t('set', v); }, inner: {} };`,
    statement`try { t(${g.label()}, ${g.chance(0.5) ? 'typeof ' : ''}(${left} = ${right})); } catch (e) { t(${g.label()}, e); }`,
    statement`t(${g.label()}, ${o});`,
  ], '\n');
}

function swapped(g) {
  const [a, b] = [g.name('s'), g.name('s')];
  return new List([
    statement`let ${a} = ${g.expression()}, ${b} = ${g.expression()};`,
    statement`${g.pick([`[${a}, ${b}] = [${b}, ${a}];`, `[${a}, [${b}] = [${a}]] = [${b}];`, `({ ${a}, b: ${b} = ${a} } = { ${a}: 1 });`, `[${a} = ${b}, ${b} = ${a}] = [, 2];`, `${a} = [${b}] = [3, 4];`, `({ [${a}]: ${b} } = { [${a}]: 6 });`])}`,
    statement`t(${g.label()}, ${a}, ${b});`,
  ], '\n');
}

function looped(g) {
  const names = [];
  const made = pattern(g, (name) => names.push(name));
  return statement`try { for (${g.pick(['const', 'let', 'var'])} ${made} of [${source(g)}, ${source(g)}]) t(${g.label()}, ${names.join(', ')}); } catch (e) { t(${g.label()}, e); }`;
}

function yielded(g) {
  return statement`try { const [a = yield ${g.label()}, { b = yield ${g.label()} } = {}] = ${iterators.traced(g)}; t(a, b); } catch (e) { t(${g.label()}, e); } finally { t(${g.label()}); }`;
}

module.exports = {
  name: 'destructuring',
  pattern,
  source,
  statements: [[2, declared], [2, assigned], [1, swapped], [1, looped], [1.5, yielded, { yields: true }]],
  expressions: [
    [0.6, (g) => {
      const names = [];
      const made = pattern(g, (name) => names.push(name));
      return atom`((${made}) => [${names.join(', ')}])(${source(g)})`;
    }],
  ],
};
