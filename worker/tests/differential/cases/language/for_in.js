// What `for (name in object)` visits, and in which order.
const caught = (f) => { try { return f(); } catch (e) { return `threw ${e && e.name}`; } };
const kinds = {
  order: () => { const o = { b: 1, 2: 1, a: 1, 1: 1, __proto__: { c: 1, a: 2, 0: 1 } }; const r = []; for (const k in o) r.push(k); return r.join(); },
  changedOnTheWay: () => { const o = { a: 1, b: 1, c: 1 }; const r = []; for (const k in o) { r.push(k); delete o.b; o.d = 1; } return r.join(); },
  shadowed: () => { const p = { a: 1, z: 1 }, o = Object.create(p, { a: { value: 1, enumerable: false }, y: { value: 1, enumerable: true } }); const r = []; for (const k in o) r.push(k); return r.join(); },
  proxy: () => { const log = []; const p = new Proxy({ a: 1, b: 2, c: 3 }, { ownKeys(t) { log.push('own'); return ['a', 'b', 'c']; }, getOwnPropertyDescriptor(t, k) { log.push('gopd ' + String(k)); return Reflect.getOwnPropertyDescriptor(t, k); }, getPrototypeOf(t) { log.push('proto'); return null; }, has() { log.push('has'); return true; }, get(t, k) { log.push('get'); return t[k]; } }); for (const k in p) log.push(k); return log.join(); },
  primitives: () => { const r = []; for (const k in 'abc') r.push(k); for (const k in [5, 6]) r.push(k); for (const k in null) r.push(k); for (const k in undefined) r.push(k); for (const k in 5) r.push(k); for (const k in new Uint8Array(2)) r.push(k); return r.join(); },
  onThePrototype: () => { const o = { a: 1, b: 2 }, p = { a: 1, b: 3 }; Object.setPrototypeOf(o, p); const r = []; for (const k in o) { r.push(k); if (k === 'a') delete o.b; } return r.join(); },
  proxyAsPrototype: () => { const log = []; const inner = new Proxy({ x: 1, y: 2 }, { ownKeys(t) { log.push('own'); return Reflect.ownKeys(t); }, getOwnPropertyDescriptor(t, k) { log.push('gopd ' + k); return Reflect.getOwnPropertyDescriptor(t, k); }, getPrototypeOf(t) { log.push('proto'); return Reflect.getPrototypeOf(t); } }); const o = Object.create(inner); o.a = 1; for (const k in o) log.push(k); return log.join(); },
  jumps: () => { const r = []; for (var k in { a: 1, b: 2 }) { if (k === 'a') continue; r.push(k); break; } return r + k; },
  targets: () => { const o = {}; let x = {}; for (x.y in { p: 1 }); for ([o.c] in { qz: 1 }); return x.y + o.c; },
  functions: () => { function f() { for (const k in arguments) return k; } return f(9) + [...(function* () { for (const k in { g: 1 }) yield k; })()]; },
  hiddenOnTheWay: () => { const o = { a: 1, b: 2 }; const r = []; for (const k in o) { r.push(k); Object.defineProperty(o, 'b', { enumerable: false }); } return r.join(); },
};
exports.handler = async () => {
  const out = {};
  for (const name of Object.keys(kinds)) out[name] = String(caught(() => kinds[name].call(kinds)));
  return out;
};
