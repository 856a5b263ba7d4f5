// Attributes of properties stay what they were made, whatever becomes of other properties.
const caught = (f) => { try { return f(); } catch (e) { return `threw ${e && e.name}`; } };
const D = Object.defineProperty;
const described = (o) => JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(o)).map(([k, p]) => [k, 'value' in p ? p.value : typeof p.get + typeof p.set, p.writable, p.enumerable, p.configurable]));
const kinds = {
  hiddenThenOtherDeleted: () => { const o = { a: 1, b: 2, c: 3 }; D(o, 'a', { enumerable: false }); delete o.c; return described(o); },
  fixedThenFirstDeleted: () => { const o = { a: 1, b: 2, c: 3 }; D(o, 'b', { enumerable: false, writable: false }); delete o.a; return described(o); },
  notConfigurable: () => { const o = { a: 1, b: 2, c: 3 }; D(o, 'b', { enumerable: false, configurable: false }); delete o.a; delete o.c; return described(o); },
  becameAccessor: () => { const o = { a: 1, b: 2, c: 3 }; D(o, 'b', { get() { return 1; } }); D(o, 'a', { enumerable: false }); D(o, 'c', { get() { return 2; } }); delete o.b; return described(o); },
  manyAtOnce: () => { const o = { a: 1, b: 2 }; Object.defineProperties(o, { a: { enumerable: false }, b: { writable: false } }); o.z = 1; delete o.b; delete o.z; return described(o); },
  staticFields: () => { class A { static x = 1; static y = 2; } D(A, 'x', { enumerable: false }); delete A.y; return described(A); },
  symbols: () => { const o = { a: 1, b: 2, [Symbol.for('s')]: 3 }; D(o, Symbol.for('s'), { enumerable: false }); D(o, 'a', { writable: false }); delete o.b; return described(o) + Object.getOwnPropertyDescriptor(o, Symbol.for('s')).enumerable; },
  oldStyle: () => { const o = { a: 1, b: 2 }; o.__defineGetter__('a', () => 5); D(o, 'b', { enumerable: false }); o.__defineSetter__('a', () => {}); return described(o); },
  arrays: () => { const a = [1, 2, 3]; a.x = 1; a.y = 2; D(a, 'x', { enumerable: false }); delete a.y; a.push(4); D(a, 'length', { writable: false }); return described(a) + caught(() => { 'use strict'; a.push(1); }).slice(0, 15); },
  otherPrototype: () => { const o = { a: 1, b: 2, c: 3 }; D(o, 'a', { enumerable: false }); Object.setPrototypeOf(o, { z: 1 }); D(o, 'b', { get: () => 1 }); return described(o) + o.z; },
  manyProperties: () => { const o = {}; for (let i = 0; i < 300; i++) o['k' + i] = i; for (let i = 0; i < 300; i += 3) D(o, 'k' + i, { enumerable: false }); for (let i = 1; i < 300; i += 3) delete o['k' + i]; let n = 0, m = 0; for (const k in o) n++; for (const k of Object.getOwnPropertyNames(o)) m += o[k]; return [n, m, Object.keys(o).length].join(); },
  sealed: () => { const o = { a: 1, b: 2 }; Object.seal(o); return caught(() => { 'use strict'; delete o.a; }).slice(0, 16) + described(o); },
  frozen: () => { const o = { a: 1, b: 2 }; Object.freeze(o); o.a = 5; return described(o); },
  becameValue: () => { const o = { a: 1, get b() { return 1; }, c: 3 }; D(o, 'b', { enumerable: false }); D(o, 'b', { value: 7, writable: true }); D(o, 'a', { enumerable: false }); delete o.c; return described(o); },
  privateFields: () => { class P { #x = 1; a = 1; b = 2; gx() { return this.#x; } } const p = new P(); D(p, 'a', { enumerable: false }); delete p.b; return described(p) + p.gx(); },
  parsed: () => { const o = JSON.parse('{"a":1,"b":2,"c":3}'); D(o, 'a', { enumerable: false }); delete o.b; return JSON.stringify(o) + described(o); },
  noPrototype: () => { const o = Object.assign(Object.create(null), { a: 1, b: 2 }); D(o, 'a', { value: 9 }); D(o, 'b', { enumerable: false }); delete o.a; return described(o); },
  results: () => { const r = Reflect.defineProperty({ a: 1 }, 'a', { enumerable: false }); return r + caught(() => D(5, 'a', {})) + caught(() => D({}, 'a', 5)) + caught(() => D(Object.freeze({ a: 1 }), 'a', { value: 2 })).slice(0, 15); },
  mixedAtOnce: () => { const o = { a: 1, b: 2, c: 3, d: 4 }; Object.defineProperties(o, { a: { enumerable: false }, b: { get() { return 5; } }, d: { writable: false }, c: { set() {} } }); delete o.d; return described(o); },
  readFirst: () => { const log = []; caught(() => Object.defineProperties({}, { get a() { log.push('a'); return { value: 1 }; }, get b() { log.push('b'); throw new Error('b'); } })); const o = {}; return log.join() + caught(() => Object.defineProperties(o, { x: { value: 1 }, y: 5 })) + Object.keys(o) + caught(() => Object.defineProperties(Object.freeze({ a: 1 }), { a: { value: 2 } })); },
  proxied: () => { const log = []; Object.defineProperties({ a: 1 }, new Proxy({ a: { enumerable: false } }, { ownKeys(t) { log.push('keys'); return Reflect.ownKeys(t); }, getOwnPropertyDescriptor(t, k) { log.push('own'); return Reflect.getOwnPropertyDescriptor(t, k); }, get(t, k) { log.push('get'); return t[k]; } })); return log.join(); },
  order: () => { const log = []; D({}, { toString() { log.push('k'); return 'x'; } }, { get value() { log.push('v'); return 1; } }); return log.join(); },
};
exports.handler = async () => {
  const out = {};
  for (const name of Object.keys(kinds)) out[name] = String(caught(() => kinds[name].call(kinds)));
  return out;
};
