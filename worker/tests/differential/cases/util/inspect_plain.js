const { inspect } = require('util');
exports.handler = async () => {
  class Point { constructor() { this.x = 1; this.y = { deep: { deeper: { deepest: 1 } } }; } }
  const circular = { name: 'c', list: [1, 2] };
  circular.self = circular;
  circular.list.push(circular);
  const getters = { get a() { return 1; }, set a(v) {}, get b() { return 2; }, set c(v) {} };
  const values = [
    1, -0, 1.5, NaN, 10n, 'it\'s', "a\nb", '`"\'', true, null, undefined, Symbol('s'), Symbol(), [], {}, [[]], [1, , 3], [, ,],
    new Point(), circular, getters, new Map([['a', { b: 1 }], [{ k: 1 }, [1]]]), new Set([1, 'two', [3]]), new Map(), new Set(),
    /re/gi, new Date(0), new Date(NaN), () => {}, function named() {}, class A {}, class B extends Point {}, async () => {}, function* gen() {}, async function* ag() {},
    Object.create(null), Object.create({}), new (class Foo {})(), [undefined, null], { 'a-b': 1, 2: 3, [Symbol('k')]: 4, valid_id: 5 },
    new Number(3), new String('abc'), new Boolean(false), Object(Symbol('q')), Object(5n),
    new Uint8Array([1, 2, 3]), new Float64Array(2), new ArrayBuffer(4), new DataView(new ArrayBuffer(2)),
    Promise.resolve(5), Promise.reject(new Error('x')).catch(() => {}) && Promise.resolve({ a: 1 }), new Promise(() => {}), new WeakMap(), new WeakSet(),
    Array.from({ length: 120 }, (_, i) => i), Array.from({ length: 30 }, (_, i) => 'item' + i), { long: 'x'.repeat(30), other: 'y'.repeat(30), third: 'z'.repeat(20) },
    { a: { b: { c: { d: 1 } } } }, [[[[1]]]], { f() {}, g: Math.max }, Math, JSON, globalThis === undefined, (function () { return arguments; })(1, 2),
    'x'.repeat(200), { s: 'line one is long enough\nline two is long enough too, is it not so?\nthree' }, new Proxy({ a: 1 }, {}),
    Object.assign(() => {}, { prop: 1 }), Object.assign([1], { extra: true }), new (class extends Map {})([[1, 2]]), new (class Bar extends Array {})(3),
  ];
  return values.map((value) => inspect(value));
};
