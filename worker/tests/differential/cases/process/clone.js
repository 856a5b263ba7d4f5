exports.handler = async () => {
  const out = [];
  const source = { a: [1, { b: new Date(5) }], m: new Map([['k', new Set([1, { x: 1 }])]]), r: /a+/gi, e: new TypeError('bad'), u: undefined, n: null, t: new Uint8Array([1, 2, 3]), bi: 5n, bo: Object(true), s: Object('str'), nan: NaN, h: [1, , 3] };
  source.self = source;
  const copy = structuredClone(source);
  out.push(require('util').inspect(copy, { depth: 6 }).replace(/\n +at .*/g, ''), copy.self === copy, copy !== source, copy.a[1].b instanceof Date, copy.e instanceof TypeError, copy.e.message);
  class K { constructor() { this.v = 1; } get g() { return 2; } }
  out.push(structuredClone(new K()).constructor === Object, structuredClone({ get x() { return 9; } }), structuredClone('s'), structuredClone(undefined), structuredClone(Object.create({ inherited: 1 })));
  for (const bad of [() => {}, Symbol('s'), { f() {} }, new WeakMap(), Promise.resolve(), new Proxy({}, {}), class X {}]) { try { out.push(['ok', structuredClone(bad)]); } catch (e) { out.push([e.name, e.code, e.message, e.constructor.name]); } }
  const buffer = new ArrayBuffer(4); const moved = structuredClone({ buffer }, { transfer: [buffer] }); out.push(buffer.byteLength, moved.buffer.byteLength);
  const shared = {}; const two = structuredClone([shared, shared]); out.push(two[0] === two[1]);
  try { structuredClone(); } catch (e) { out.push([e.name, e.code, e.message]); }
  return out;
};
