// Errors that promises catch while a call around them is being made.
const bad = (text) => { throw new TypeError(text); };
const kept = (...values) => values.map((v) => (v instanceof Promise ? 'promise' : v === undefined ? 'undefined' : typeof v === 'function' ? 'function' : v));
class Sub extends Promise { constructor(run) { super(run); this.sub = true; } }
exports.handler=async()=>{const out=[];
 const swallow = (p) => { p.catch(() => {}); return p; };
 out.push(kept(1, swallow(new Promise((resolve) => { resolve(bad('a')); })), 2));
 out.push(kept('x', [swallow(new Promise((resolve, reject) => resolve({ a: [1, bad('b')] }))), 3].length, 'y'));
 out.push(kept(...[1, 2], swallow(new Promise((resolve) => { try { resolve(bad('c')); } finally { resolve(bad('d')); } })), 4));
 out.push(kept(kept(1, 2, swallow(new Sub((r) => r(bad('e'))))).length, 5, new Sub(() => {}).sub, new Sub(() => {}) instanceof Sub));
 out.push(await Promise.allSettled([new Promise((r) => r(bad('f'))), new Promise((r) => r(7)), new Promise((r) => { r(8); throw 1; }), new Promise(() => { throw 9; })]).then((all) => all.map((one) => one.value ?? one.reason.message ?? one.reason)));
 for (const wrong of [() => new Promise(), () => new Promise(5), () => Promise(() => {}), () => Promise.call(Promise.resolve(), () => {}), () => Reflect.construct(Promise, [() => {}], Object) instanceof Promise]) { try { out.push(wrong()); } catch (error) { out.push(error.name); } }
 out.push([Promise.name, Promise.length, new Promise((a, b) => out.push(a.length, b.length, typeof a)).constructor === Promise, Promise.prototype.constructor === Promise, Promise[Symbol.species] === Promise]);
 await new Promise(function () { out.push(this === undefined || this === globalThis, arguments.length); arguments[0](); });
 const imports = kept(1, swallow(import('./missing-file.mjs')), 2); out.push(imports);
 out.push(kept(1, swallow((async () => kept(1, bad('g')))()), 2), kept(1, swallow(Promise.all({ [Symbol.iterator]: () => ({ next: () => kept(1, bad('h')) }) })), 2), kept(1, swallow(Promise.resolve({ get then() { return kept(1, bad('i')); } })), 2), kept(1, swallow(Promise.race([{ get then() { return kept(1, bad('j')); } }])), 2));
 const it = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: () => kept(1, bad('k')) }) };
 const first = ([a]) => a; const quiet = (f) => { try { return f(); } catch (e) { return e.message; } };
 out.push(kept(1, quiet(() => first(it)), 2), kept(1, quiet(() => { for (const x of it) throw new Error('l'); }), 2), kept(1, quiet(() => new Map([[1, 2]]).forEach(() => kept(1, bad('m')))), 3), kept(1, quiet(() => Array.from(it, () => bad('n'))), 3));
 out.push(kept(1, `${quiet(() => String({ toString: () => kept(1, bad('o')) }))}`, 2), kept(1, Object.fromEntries([['a', quiet(() => JSON.stringify({ toJSON: () => kept(1, bad('p')) }))]]).a, 2));
 out.push(kept(1, structuredClone({ a: 1 }).a, require('util').inspect({ get x() { return bad('q'); } }), 2), kept(1, (console.log({ get x() { return kept(1, bad('r')); } }), 5), 2));
 return out};
