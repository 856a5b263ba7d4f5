// Loops of every form, with closures over their variables and jumps out of them.

'use strict';

const { List, statement, expression, raw } = require('../writer.cjs');

/** Statements of a loop's body, and what may jump there. `prepared` declares its variables. */
function looped(g, prepared = () => {}, count = 1 + g.below(3)) {
  const f = g.f;
  const label = g.chance(0.3) ? { name: g.name('loop'), loop: true } : null;
  if (label) f.labels.push(label);
  f.loops += 1;
  f.breakable += 1;
  const body = g.scoped(() => {
    prepared();
    const statements = g.list(count);
    if (g.chance(0.5)) statements.push(g.maybeJump());
    return new List(statements, '\n');
  });
  f.loops -= 1;
  f.breakable -= 1;
  if (label) f.labels.pop();
  return { body, before: label ? `${label.name}: ` : '' };
}

function counting(g) {
  const i = g.name('i');
  const word = g.pick(['let', 'let', 'var']);
  const { body, before } = looped(g, () => g.declare(i, 'counter', false));
  return statement`${before}for (${word} ${i} = 0; ${i} < ${1 + g.below(3)}; ${i} += 1) { ${body} }`;
}

function closing(g) {
  const [i, kept] = [g.name('i'), g.name('kept')];
  const { body, before } = looped(g, () => g.declare(i, 'counter', false), 1);
  const head = g.pick([
    `let ${i} = 0, read${i} = () => ${i}; ${i} < 3; ${kept}.push(read${i}), ${i} += 1`,
    `let ${i} = (${kept}.push(() => ${i}), 0); ${kept}.push(() => ${i}), ${i} < 2; ${i} += 1`,
    `let ${i} = 0; ${i} < 3; ${kept}.push(() => (${i} += 10)), ${i} += 1`,
    `const ${i} of [1, 2, 3]`,
    `const ${i} in { p: 1, q: 2 }`,
  ]);
  return new List([
    statement`const ${kept} = [];`,
    statement`${before}for (${head}) { ${kept}.push(() => ${i}); ${body} }`,
    statement`t(${g.label()}, ${kept}.map((f) => f()), ${kept}.map((f) => f()));`,
  ], '\n');
}

function whiling(g) {
  const n = g.name('n');
  const { body, before } = looped(g, () => g.declare(n, 'counter', false));
  const loop = g.chance(0.5)
    ? statement`${before}while (${n}++ < ${1 + g.below(3)}) { ${body} }`
    : statement`${before}do { ${body} } while (${n}++ < ${1 + g.below(2)});`;
  return new List([statement`let ${n} = 0;`, loop], '\n');
}

/** Objects whose keys are walked. */
function walked(g) {
  return g.choose(
    [2, (h) => h.expression('object')],
    [2, () => expression`{ a: 1, b: 2, c: 3 }`],
    [1, () => expression`Object.create({ p: 1, a: 2 }, { a: { value: 1, enumerable: ${g.pick(['true', 'false'])} }, own: { value: 2, enumerable: true } })`],
    [1, () => expression`{ 2: 'x', b: 1, 1: 'y', a: 2, [Symbol.iterator]: 3 }`],
    [1, (h) => h.expression('array')],
    [1, () => expression`'text'`],
    [0.5, () => expression`${g.pick(['null', 'undefined', '5', 'true'])}`],
    [1, (h) => expression`px(${h.label()}, Object.create({ p: 1 }, { a: { value: 1, enumerable: true, configurable: true }, h: { value: 1, configurable: true } }))`],
    [0.7, () => expression`new (class { constructor() { this.own = 1; } method() {} })()`],
    [0.5, () => expression`Object.assign(() => {}, { a: 1 })`],
  );
}

function forIn(g) {
  const [key, object] = [g.name('key'), g.name('o')];
  const prepared = () => { g.declare(key, 'text', false); g.declare(object, 'object', false); };
  const { body, before } = looped(g, prepared);
  const change = g.pick(['', '', `delete ${object}.b;`, `delete ${object}[${key}];`, `${object}.z${g.below(3)} = 1;`, `if (${key} === 'a') { delete ${object}.b; ${object}.b = 5; }`,
    `Object.defineProperty(${object}, 'c', { value: 1, enumerable: false, configurable: true });`, `Object.setPrototypeOf(${object}, { later: 1 });`]);
  const head = g.pick([`const ${key}`, `let ${key}`, `var ${key}`]);
  const loop = statement`${before}for (${head} in ${object}) { t(${g.label()}, ${key}); ${change === '' ? '' : new List([statement`${change}`], '')} ${body} }`;
  return new List([statement`const ${object} = ${walked(g)};`, loop], '\n');
}

// The targets of for-in and for-of may be anything that can be assigned to.
function forTarget(g) {
  const target = g.name('target');
  const form = g.pick([`${target}.at`, `${target}[t('key')]`, `[${target}.first]`, `{ length: ${target}.length_ }`, `[${target}.a = t('default')]`, `({ a: ${target}.x = 1 }).a`]);
  const what = g.pick(["in { ab: 1, cd: 2 }", "of ['ab', 'cd']", 'of [[1], []]']);
  const { body, before } = looped(g, () => {}, 1);
  return new List([
    statement`const ${target} = { set watched(v) { t('set', v); } };`,
    statement`${before}for (${form} ${what}) { t(${g.label()}, ${target}); ${body} }`,
    statement`t(${target});`,
  ], '\n');
}

function forOf(g) {
  const item = g.name('item');
  const prepared = () => g.declare(item, 'any', false);
  const { body, before } = looped(g, prepared);
  return statement`${before}for (const ${item} of ${g.expression('iterable')}) { t(${g.label()}, ${item}); ${body} }`;
}

module.exports = {
  name: 'loops',
  looped,
  statements: [[1.5, counting], [0.8, closing], [1, whiling], [1.5, forIn], [0.5, forTarget], [1.5, forOf]],
  expressions: [],
};
