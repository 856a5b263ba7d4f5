// Map, Set and their weak kin, changed while they are walked.

'use strict';

const { List, statement, expression, atom } = require('../writer.cjs');

const value = (g) => g.pick(['1', '2', '3', "'a'", 'NaN', '-0', '0', 'null', 'undefined']);

function change(g, m, isMap) {
  const set = isMap ? `${m}.set(${value(g)}, ${g.label()})` : `${m}.add(${value(g)})`;
  return g.random.weighted([[3, set], [2, `${m}.delete(${value(g)})`], [2, `${m}.clear()`], [1, `(${m}.clear(), ${set})`], [1, `(${m}.delete(${value(g)}), ${set})`], [0.5, `${m}.has(${value(g)})`], [0.5, `${m}.size`]]);
}

function walked(g) {
  const m = g.name('m');
  const isMap = g.chance(0.5);
  const n = g.name('n');
  const first = isMap ? `new Map([[1, 'x'], [2, 'y'], ['a', 'z'], [3, 'w']])` : 'new Set([1, 2, 3, "a"])';
  const loops = [
    () => statement`for (const v of ${m}${g.pick(['', '.keys()', '.values()', '.entries()'])}) { t(${g.label()}, v); if (${n}++ > 8) break; if (${n} === ${1 + g.below(3)}) t(${change(g, m, isMap)}); if (${n} === ${2 + g.below(3)}) t(${change(g, m, isMap)}); }`,
    () => statement`${m}.forEach((v, k) => { t(${g.label()}, v, k); if (${n}++ < 6) t(${change(g, m, isMap)}); });`,
    () => statement`{ const it = ${m}.entries(); t(it.next()); t(${change(g, m, isMap)}); t(it.next()); t(${change(g, m, isMap)}); t(it.next(), it.next(), it.next(), it.next(), it.next(), it.next()); t(${m}.${isMap ? 'set(77, 1)' : 'add(77)'}.size, it.next()); }`,
    () => statement`{ const [a, b] = [${m}.keys(), ${m}.values()]; a.next(); t(${change(g, m, isMap)}); t(a.next(), b.next()); t(${change(g, m, isMap)}); t([...a], [...b]); }`,
  ];
  return new List([statement`const ${m} = ${first}; let ${n} = 0;`, ...g.times(1 + g.below(2), () => g.pick(loops)()), statement`t(${g.label()}, ${m}, [...${m}]);`], '\n');
}

function used(g) {
  const m = g.name('m');
  const isMap = g.chance(0.5);
  const made = isMap ? `new Map(${g.pick(['', "[['k', 1], [NaN, 2]]", 'it("entries", 2)', "new Map([[1, { a: 1 }]])"])})` : `new Set(${g.pick(['', '[1, 1, 2]', '"hello"', 'it("values", 3, { throws: 2 })'])})`;
  const steps = g.times(3 + g.below(4), () => statement`try { t(${g.label()}, ${change(g, m, isMap)}); } catch (e) { t(e); }`);
  return new List([statement`let ${m}; try { ${m} = ${made}; } catch (e) { t(e); ${m} = new ${isMap ? 'Map' : 'Set'}(); }`, ...steps, statement`t(${g.label()}, ${m}, ${m}.size);`], '\n');
}

function weak(g) {
  return statement`{ const k = {}, w = new ${g.pick(['WeakMap', 'WeakMap'])}([[k, 1]]); t(${g.label()}, w.get(k), w.has({}), w.delete(k), w.has(k)); try { w.set(1, 2); } catch (e) { t(e); } const s = new WeakSet([k]); t(s.has(k), new WeakRef(k).deref() === k); }`;
}

function subclassed(g) {
  return statement`{ class M extends Map { set(k, v) { t(${g.label()}, k); return super.set(k, v); } get size() { return [super.size]; } get(k) { return super.get(k) ?? ${g.label()}; } } const m = new M([[1, 2]]); t(m.size, m.get(1), m.get(2), m instanceof Map, m.set(3, 4) === m); }`;
}

module.exports = {
  name: 'collections',
  statements: [[3, walked], [1.5, used], [0.3, weak], [0.4, subclassed]],
  expressions: [
    [0.4, (g) => atom`[...new ${g.pick(['Set', 'Map'])}(${g.pick(['[[1, 2], [1, 3]]', '[[3, 4]]'])})]`],
    [0.3, (g) => expression`new Set(${g.expression('iterable')})`],
  ],
};
