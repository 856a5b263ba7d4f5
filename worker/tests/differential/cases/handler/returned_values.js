const values = {
  date: () => new Date(0),
  map: () => new Map([[1, 2]]),
  nan: () => ({ a: NaN, b: Infinity, c: -0, d: undefined, e: () => 1, f: Symbol('x'), g: [undefined, () => 1] }),
  json: () => ({ toJSON: (key) => ({ key, converted: true }) }),
  boxed: () => [new String('s'), new Number(1), new Boolean(false), Object('t')],
  getter: () => ({ get lazy() { return 'got'; } }),
  proxy: () => new Proxy({ a: 1 }, { get: (target, key) => (key === 'a' ? 2 : target[key]) }),
  frozen: () => Object.freeze({ z: 1, a: 2, 10: 'ten', 2: 'two' }),
  inherited: () => Object.create({ no: 1 }, { yes: { value: 1, enumerable: true }, hidden: { value: 2 } }),
  text: () => 'plain \u00e9 \ud83d\ude00 \u2028',
  surrogate: () => ['\ud800'.length],
  typed: () => ({ u8: new Uint8Array([1, 2]), f: Float64Array.of(0.5) }),
  nested: () => ({ a: { b: { c: [[[]]] } } }),
  undef: () => undefined,
  nil: () => null,
  number: () => 0.1 + 0.2,
  big: () => 1e21,
  list: () => Object.assign([1, 2], { extra: true }),
  regexp: () => [/x/g, new Error('e'), new Set([1])],
};

exports.handler = async (event) => values[event.value]();
