// Arrays: holes, lengths, methods whose callbacks change what they walk, sorting, species.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');

const callback = (g, o) => g.pick([
  `(v, i) => t(${g.label()}, v, i)`,
  `(v, i, all) => { t(${g.label()}, v); if (i === 0) all.push(9); return v; }`,
  `(v, i, all) => { t(${g.label()}, v); if (i === 1) all.length = 1; return v; }`,
  `(v, i) => { t(${g.label()}, v); ${o}.shift(); return i; }`,
  `(v, i) => { if (i === 1) boom(${g.label()}); return v; }`,
  `(v, i) => { delete ${o}[i + 1]; return t(v); }`,
  `function (v) { return t(${g.label()}, v, this?.a); }, { a: 1 }`,
  `(a, b) => t(${g.label()}, a) > b`,
  '(v) => v',
  '(v, i) => [v, i]',
]);

const contents = (g) => g.choose(
  [3, (h) => h.expression('array')],
  [1, () => expression`${g.pick(['[1, , 3]', '[, ]', '[3, 1, 2]', '[undefined, 3, , 1]', "['b', 'a', 'C', 10, 9, 1]", '[[1, [2, [3]]], 4]', 'new Array(3)', 'Array.from({ length: 2 })', "Object.assign([1, 2], { x: 1, '-1': 2 })", 'Array(2).fill(0)', 'Array.of(7)'])}`],
);

function calls(g, o) {
  const number = () => g.pick(['0', '1', '-1', '2', '9', 'undefined', 'NaN', "'1'"]);
  return g.choose(
    [3, () => `${o}.${g.pick(['map', 'filter', 'forEach', 'some', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex', 'flatMap', 'reduce', 'reduceRight'])}(${callback(g, o)})`],
    [1, () => `${o}.sort(${g.pick(['', '(a, b) => a - b', '(a, b) => b - a', `(a, b) => { t(${g.label()}, a, b); return 0; }`, '() => NaN', '(a, b) => { throw a; }', '(a, b) => String(a).localeCompare(b)'])})`],
    [1, () => `${o}.splice(${[number(), number(), g.label()].slice(0, 1 + g.below(3)).join(', ')})`],
    [1, () => `${o}.${g.pick(['slice', 'copyWithin', 'at', 'indexOf', 'lastIndexOf', 'includes', 'with', 'toSpliced', 'fill'])}(${number()}, ${number()})`],
    [1, () => `${o}.${g.pick(['push', 'unshift'])}(${g.label()}, ${number()})`],
    [1, () => `${o}.${g.pick(['pop', 'shift', 'reverse', 'toReversed', 'toSorted', 'flat', 'join', 'toString', 'keys', 'entries'])}()`],
    [1, () => `${o}.concat(${g.pick([o, '[1, , 2]', "{ length: 1, 0: 'x', [Symbol.isConcatSpreadable]: true }", number()])})`],
    [2, () => `(${o}.length = ${g.pick(['0', '1', '2', '5', '-1', "'1'", '1.5', '{ valueOf() { return t(2); } }'])})`],
    [1, () => `(${o}[${g.pick(['0', '1', '5', "'2'", '-1', `${o}.length`])}] = ${g.label()})`],
    [0.7, () => `delete ${o}[${g.below(3)}]`],
    [0.7, () => `Object.defineProperty(${o}, ${g.pick(["'length', { writable: false }", "'length', { value: 1 }", "'1', { get() { return t('got'); }, configurable: true }", "'0', { value: 'fixed' }"])})`],
    [0.4, () => `Object.freeze(${o})`],
    [0.5, () => `[...${o}, ...${o}.keys()]`],
    [0.5, () => `Object.keys(${o})`],
    [0.5, () => `${g.pick(['1', '5', "'a'"])} in ${o}`],
    [0.4, () => `Array.prototype.${g.pick(['push', 'slice', 'map', 'join', 'reverse', 'splice', 'pop'])}.call({ length: 2, 0: 'a', 1: 'b' }, (v) => v)`],
  );
}

function worked(g) {
  const o = g.name('list');
  const steps = g.times(2 + g.below(4), () => statement`try { t(${g.label()}, ${calls(g, o)}); } catch (e) { t(${g.label()}, e); }`);
  const first = statement`const ${o} = ${contents(g)};`;
  g.declare(o, 'array', false);
  return new List([first, ...steps, statement`t(${g.label()}, ${o});`], '\n');
}

// An array that lives on from one run to the next, emptied where it is used.
function lasting(g) {
  const [o, f] = [g.name('kept'), g.name('use')];
  g.hoist(statement`const ${o} = [];`);
  g.hoist(statement`const ${f} = (a, v) => { ${g.pick(['a.length = 0; a.push(v);', 'a.push(v); if (a.length > 2) a.length = 1;', 'a[a.length] = v; a.length -= a.length > 1 ? 1 : 0;', 'a.unshift(v); a.splice(1);', 'a.push(v, v); a.length--;'])} return [a[0], a[1], a.length]; };`);
  return statement`for (let i = 0; i < ${2 + g.below(3)}; i += 1) t(${g.label()}, ${f}(${g.pick([o, o, '[8, 9]'])}, i), ${o});`;
}

function walkedWhileChanging(g) {
  const o = g.name('list');
  const change = g.pick([`${o}.push(9)`, `${o}.pop()`, `${o}.length = 1`, `${o}.shift()`, `${o}.unshift(0)`, `${o}.splice(1, 1)`, `delete ${o}[1]`, `${o}.reverse()`]);
  return new List([statement`const ${o} = [1, 2, 3, 4];`, statement`for (const [i, v] of ${o}.entries()) { t(${g.label()}, i, v); if (${o}.length < 9) ${change}; }`, statement`t(${o});`], '\n');
}

function subclassed(g) {
  const C = g.name('List');
  return new List([
    statement`class ${C} extends Array { ${g.pick(['', `static get [Symbol.species]() { return t('species', Array); }`, `constructor(...a) { super(...a); t('made', a.length); }`, `get first() { return this[0]; } set last(v) { this[this.length - 1] = v; }`, `push(...a) { t('push'); return super.push(...a); }`])} }`,
    statement`const l${C} = ${C}.${g.pick(['from([1, 2, 3])', 'of(1, 2)'])}; try { t(${g.label()}, l${C}.map((v) => v * 2) instanceof ${C}, l${C}.filter(Boolean).length, l${C}.push(4), l${C}, (l${C}.length = 1), l${C}.first, l${C}.concat([1]).constructor === ${C}); } catch (e) { t(e); }`,
  ], '\n');
}

module.exports = {
  name: 'arrays',
  statements: [[3, worked], [1, lasting], [1, walkedWhileChanging], [0.6, subclassed]],
  expressions: [
    [1, (g) => raw`[${commas(g.times(1 + g.below(3), () => g.chance(0.2) ? raw`` : g.chance(0.2) ? raw`...${g.expression('iterable')}` : g.expression()))}]`],
    [0.7, (g) => { const o = g.reference('array'); return o ? atom`${calls(g, o)}` : g.literal(); }],
  ],
  typed: { array: [[1, contents]] },
};
