// `toString` of functions and classes gives what their author wrote.
'use strict';
const o = {
  a() { return this.x.y; }, get b() { return this.q.r; }, set b(v) { this.q.r = v; }, async c() { await this.x.z; }, *d() { yield this.x.w; }, async *e() { yield this.x.v; },
  f: function () { return this.x.u; }, g: () => o.x.t, h: async (p) => p.x.s, ['comp' + 1]() { return o.x.r; }, 'str key'() { return o.x.q; }, 12() { return o.x.p; }, get [`g${1}`]() { return o.x.o; }, async: () => o.x.n, get: (z) => z.x.m, static() { return o.l.k; },
};
function decl(a, b = o.x.y, { c, d: { e } = {} } = {}, ...rest) { for (const k in a) { try { b.c(k); } catch (err) { throw err; } finally { a.d.e(); } } return `${a.b}${b.c}`; }
function* gen() { for (const x of [1]) { yield x.y; } }
async function asy() { for await (const x of o.z) await x.y; }
async function* asyg() { yield* o.x.y; }
class A { x = o.a.b; #p = 1; static s = o.c.d; static { this.t = o.e.f; } constructor(a) { this.q = a.b.c; } m() { return this.#p + this.x.y; } static sm() { return o.g.h; } get acc() { return this.x.z; } static async *sag() { yield o.i.j; } #priv() { return o.k.l; } callPriv() { return this.#priv; } }
class B extends A { told = () => super.m() + o.m.n; m() { return super.m() ** 2; } }
class C {}
class D { y = 1; }
class E extends (class Inner { z() { return o.p.q; } }) { }
const anonC = class { w() { return o.r.s; } }, namedC = class Nm extends C { constructor() { super(); this.k.l; } };
const arrows = [x => x.y, (x) => x.y, async x => x.y, async (x) => { return x.y.z; }, () => ({ a: o.x.y }), (a, b) =>
  a.b
  + b.c, /* c1 */ ( /* c2 */ a /* c3 */ ) => /* c4 */ a.b /* c5 */];
const fexp = function named(a) { /* comment */ return a.b; /* end */ }, fexp2 = function (  a  ,b) { return a.b; };
const iife = (function () { return function inner() { return o.t.u; }; })();
const nested = () => () => this;
const privs = new A({ b: { c: 1 } }).callPriv();
const desc = (obj, k) => Object.getOwnPropertyDescriptor(obj, k);
const T = (f) => { try { return Function.prototype.toString.call(f); } catch (e) { return 'threw ' + e.name + ' ' + e.message; } };
exports.handler = async () => {
  const out = {};
  for (const k of ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'comp1', 'str key', '12', 'async', 'get', 'static']) out['o.' + k] = T(o[k]);
  out.get = T(desc(o, 'b').get); out.set = T(desc(o, 'b').set); out.getc = T(desc(o, 'g1').get);
  for (const [k, f] of Object.entries({ decl, gen, asy, asyg, A, B, C, D, E, anonC, namedC, fexp, fexp2, iife, nested, privs })) out[k] = T(f);
  arrows.forEach((f, i) => { out['arrow' + i] = T(f); });
  out.Am = T(A.prototype.m); out.Asm = T(A.sm); out.Aacc = T(desc(A.prototype, 'acc').get); out.Asag = T(A.sag); out.Bm = T(B.prototype.m); out.Inner = T(Object.getPrototypeOf(E)); out.Innerz = T(Object.getPrototypeOf(E).prototype.z);
  out.told = T(new B({ b: { c: 1 } }).told);
  out.evalF = T(eval('(function ev(a) { return a.b.c; })')); out.evalA = T(eval('(a)=>a.b')); out.evalC = T(eval('(class Q { m() { return o.a.b } })')); out.evalM = T(eval('({ m ( ) { return o.a.b } })').m);
  out.indF = T((0, eval)('(function ev2(a) { return a.b.c; })'));
  out.fn = T(new Function('a', 'return a.b.c')); out.fnIn = T(new Function('return function q(a) { return a.b.c }')()); out.fnC = T(new Function('return class Z { m() { return this.a.b } }')());
  out.native = T(Math.max); out.bound = T(decl.bind(null)); out.natget = T(desc(Map.prototype, 'size').get); out.sym = T(Array.prototype[Symbol.iterator]); out.cls = T(Map); out.proxy = T(new Proxy(decl, {})); out.bad = T({}); out.bad2 = T(undefined); out.fp = T(Function.prototype); out.promise = T(Promise.resolve().then); out.evalT = T(eval); out.FunctionT = T(Function);
  out.symit = T(RegExp.prototype[Symbol.replace]); out.hasInst = T(Function.prototype[Symbol.hasInstance]); out.spec = T(desc(Map, Symbol.species).get);
  out.tpl = `${x => x.y.z}`; out.plus = (a => a.b.c) + ''; out.str = String(class { });
  const evaluated = ['(class { a() {} })', '(class Named { static v = 1; #p = 2; })', '(class extends Object { m() { return super.toString; } })', '(class Named { static w = 3; })'];
  out.evaluated = [...evaluated, 'class { b() {} }'].map((text, at) => (at === 4 ? Function(`return ${text}`)() : eval(text))).map(T);
  out.len = [decl.length, A.length, decl.name, A.name, anonC.name, o.a.name, desc(o, 'b').get.name].join();
  return out;
};
