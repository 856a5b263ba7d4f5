// What the engine runs wrong or refuses unless it is rewritten, with what Node.js gives. Each case
// gives a value, or throws; a check of the same file in Node.js: `node tests/faults.js`.
const told = (run) => {
  try {
    return JSON.stringify(run());
  } catch (error) {
    return 'threw ' + (error && error.name || error);
  }
};
// An iterable of n numbers that logs when it is closed.
const mk = (log, name, n) => ({
  [Symbol.iterator]() {
    let i = 0;
    return {
      next() { return { value: i, done: i++ >= n }; },
      return() { log.push('close ' + name); return {}; },
    };
  },
});
const wrong = [];
const check = (name, run, expected) => {
  const got = told(run);
  if (got !== expected) wrong.push(name + ': ' + got + ' and not ' + expected);
};

// Operators, jumps, closures.
check('lhsLocal', () => { let i = 1; return i + i++; }, "2");
check('lhsLocal2', () => { let i = 1; return [i + (i = 5), i < (i = 3), i * ++i]; }, "[6,false,12]");
check('postStr', () => { let s = '5'; const t = s++; return [typeof t, t]; }, "[\"number\",5]");
check('labelBreak', () => { const log = []; a: for (const x of mk(log, 'A', 3)) { for (const y of mk(log, 'B', 3)) { break a; } } return log; }, "[\"close B\",\"close A\"]");
check('labelBreak3', () => { const log = []; for (const z of mk(log, 'Z', 2)) { log.push('z' + z); a: for (const x of mk(log, 'A', 3)) { for (const y of mk(log, 'B', 3)) { break a; } } } return log; }, "[\"z0\",\"close B\",\"close A\",\"z1\",\"close B\",\"close A\"]");
check('labelBlock', () => { const log = []; for (const z of [1, 2]) { log.push('z' + z); a: { for (const y of mk(log, 'B', 3)) { break a; } } } return log; }, "[\"z1\",\"close B\",\"z2\",\"close B\"]");
check('contOuter', () => { const log = []; a: for (const x of mk(log, 'A', 2)) { log.push(x); for (const y of mk(log, 'B', 3)) { continue a; } } return log; }, "[0,\"close B\",1,\"close B\"]");
check('finallyMix', () => { const log = []; const f = (k) => { for (;;) { try { try { if (k === 1) return 'ret'; if (k === 2) break; } finally { log.push('i') } } finally { log.push('o') } } return 'after'; }; return [f(1), f(2), log]; }, "[\"ret\",\"after\",[\"i\",\"o\",\"i\",\"o\"]]");
check('finallyMix2', () => { const f = (k) => { let n = 0; for (;;) { try { try { if (k === 1 && n++ < 1) continue; if (k === 2) return 'two'; break; } finally { } } finally { } } return 'after' + n; }; return [f(1), f(2), f(3)]; }, "[\"after2\",\"two\",\"after0\"]");
check('arrThrowInForOf', () => { const log = []; for (const z of [1, 2, 3]) { log.push(z); try { const [a] = { [Symbol.iterator]() { return { next() { throw new Error('n') } } } }; } catch (e) { log.push('c') } } return log; }, "[1,\"c\",2,\"c\",3,\"c\"]");
check('restNested', () => { const { a: [x], ...rest } = { a: [1], b: 2 }; return rest; }, "{\"b\":2}");
check('restNested2', () => { const { a: { y }, c = 1, ...rest } = { a: { y: 1 }, b: 2 }; return rest; }, "{\"b\":2}");
check('superPost', () => { class A { get v() { return 5 } set v(x) { } } class B extends A { m() { return super['v']++ } } return new B().m(); }, "5");
check('superPost2', () => { class A { get v() { return 5 } set v(x) { } } class B extends A { m() { return super.v++ } } return new B().m(); }, "5");
check('spreadThrow', () => { const log = []; for (const z of [1, 2]) { try { Math.max(...{ [Symbol.iterator]() { return { next() { throw new Error('n') } } } }); } catch { log.push(z) } } return log; }, "[1,2]");
check('genReturn', () => { const log = []; function* g() { try { yield 1 } finally { log.push('f') } } for (const x of g()) break; return log; }, "[\"f\"]");
check('yieldStar', () => { const log = []; function* inner() { try { yield 1; yield 2 } finally { log.push('in') } } function* g() { for (const x of [1, 2]) yield* inner(); } for (const x of g()) break; return log; }, "[\"in\"]");
check('nullSet', () => { const log = [];  try { z.x = (log.push('v'), 1) } catch (e) { log.push(e.constructor.name) } return log; }, "[\"ReferenceError\"]");
check('nullSetK', () => { const log = [];  try { z['x'] = (log.push('v'), 1) } catch (e) { log.push(e.constructor.name) } return log; }, "[\"ReferenceError\"]");
check('keyOrder', () => { const log = []; const k = { toString() { log.push('k'); return 'x' } }; const o = {}; o[k] = (log.push('v'), 1); return log; }, "[\"v\",\"k\"]");
check('fnNames', () => { const o = { ['a']: () => 1, b: () => 1 }; let { c = () => 1 } = {}; let [d = function () { }] = []; let e; e = () => 1; return [o.a.name, o.b.name, c.name, d.name, e.name]; }, "[\"a\",\"b\",\"c\",\"d\",\"e\"]");
check('fnNames2', () => { let { ['c']: c = () => 1 } = {}; return [c.name]; }, "[\"c\"]");
check('closures', () => { const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); return fs.map(f => f()); }, "[0,1,2]");
check('closures2', () => { const fs = []; for (let i = 0; i < 3; i++) { fs.push(() => i); if (i == 1) continue; i += 0; } return fs.map(f => f()); }, "[0,1,2]");
check('argsMap', function () { function f(a) { arguments[0] = 2; return a } return f(1) }, "2");
check('argsMap2', function () { function f(a, b) { a = 5; return [arguments[0], arguments.length] } return f(1) }, "[5,1]");
check('deleteLoop', () => { const o = { a: 1, b: 2, c: 3 }; const r = []; for (const k in o) { r.push(k); delete o.b } return r; }, "[\"a\",\"c\"]");
check('classFieldThis', () => { class A { x = () => this.y; y = 3; static z = this.name; } return [new A().x(), A.z]; }, "[3,\"A\"]");
check('optCall', () => { const o = { f() { return this === o } }; return [o?.f(), (o?.f)(), o.f?.(), o?.['f']()]; }, "[true,true,true,true]");
check('compoundLocal', () => { let a = 1; a += (a = 5, 2); return a; }, "3");
check('compoundVar', () => { var a = 1; var f = () => a; a += (a = 5, 2); return a; }, "3");
check('swapArr', () => { let a = 1, b = 2; [a, b] = [b, a]; return [a, b]; }, "[2,1]");
check('commaLocal', () => { let i = 0; return [i, i++, i, ++i]; }, "[0,0,1,2]");
check('callArgs', () => { let i = 0; const f = (...a) => a; return f(i, i++, i, i = 7, i); }, "[0,0,1,7,7]");
check('tmpl', () => { let i = 0; return `${i}${i++}${i}`; }, "\"001\"");
check('cond', () => { let i = 1; return i == (i = 2) }, "false");
check('objLit', () => { let i = 1; return { a: i, b: i++, c: i } }, "{\"a\":1,\"b\":1,\"c\":2}");
check('member', () => { let o = { v: 1 }; const p = o; return o.v + (o = { v: 10 }).v; }, "11");
check('elem', () => { let a = [1, 2]; let i = 0; a[i] = a[i = 1] + 10; return [a, i]; }, "[[12,2],1]");
check('elem2', () => { let a = [1, 2]; let i = 0; a[i++] = i; return [a, i]; }, "[[1,2],1]");
check('ident', () => { let a = { x: 1 }; let b = a; a.x = a = { x: 2 }; return [a, b]; }, "[{\"x\":2},{\"x\":{\"x\":2}}]");
check('inLhs', () => { let k = 'a'; return k in (k = 'b', { a: 1 }) }, "true");
check('thisArrow', () => { return (function () { return (() => (() => this)())() }).call(7) == 7 }, "true");
check('gen', () => { function* g() { const x = yield 1; return x } const i = g(); i.next(); return [i.next(5), i.next(), i.return(3), i.next()] }, "[{\"value\":5,\"done\":true},{\"done\":true},{\"value\":3,\"done\":true},{\"done\":true}]");
check('genThrow', () => { function* g() { try { yield 1 } catch (e) { yield 'c' + e } } const i = g(); i.next(); return [i.throw(5), i.next()] }, "[{\"value\":\"c5\",\"done\":false},{\"done\":true}]");

// Parameters, generators, closing of iterators, classes.
check('case1', () => { function f(x) { switch (x) { case ((x) => x)(1): return 'one'; default: return 'other' } } return [f(1), f(2)] }, "[\"one\",\"other\"]");
check('case2', () => { function f(x) { switch (x) { case [2].find((x) => x > 1): return 'two'; case x: return 'same' } } return [f(1), f(2)] }, "[\"same\",\"two\"]");
check('case3', () => { function f(x) { let y = x; switch (x) { case [2].map((y) => y + 1)[0]: return 'three' + y; default: return y } } return [f(3), f(2)] }, "[\"three3\",2]");
check('case4', () => { const f = (x) => { switch (true) { case [1, 2].some(x => x === 2) && x === 5: return 'five' + x; default: return x } }; return [f(5), f(1)] }, "[\"five5\",1]");
check('case5', () => { function f(x) { switch (true) { case (function (x) { return x })(x): return x; default: return 'd' } } return [f(true), f(1)] }, "[true,\"d\"]");
check('case6', () => { function f(x, g) { switch (g) { case x: { const h = [1].map((x) => x * 2); return [h, x] } } } return f(1, 1) }, "[[2],1]");
check('varParam1', () => { function f(o, c = () => 1) { var o = o || 7; return [o, c()] } return [f(), f(3)] }, "[[7,1],[3,1]]");
check('varParam3', () => { function f(o = 1) { var o; return o } return f() }, "1");
check('varParam4', () => { function f({ a } = {}, b = 2) { var a = a || 5, b; return [a, b] } return [f(), f({ a: 1 }, 3)] }, "[[5,2],[1,3]]");
check('varParam5', () => { function f(a, b = 1) { for (var a = 0; a < 3; a++); return a } return f() }, "3");
check('varParam6', () => { function f(a, b = 1) { function a() { return 1 } return typeof a } return f(5) }, "\"function\"");
check('varParam7', () => { function f(a, b = () => a) { function a() { return 1 } return [typeof a, typeof b()] } return f(5) }, "[\"function\",\"number\"]");
check('varParam8', () => { function f(a, b = 1) { for (var a of [1, 2]); return a } return f(9) }, "2");
check('varParam9', () => { function f(arguments_, b = 1) { if (b) { var arguments_; } return arguments_ } return f(9) }, "9");
check('varArgs', function () { function f(a, b = 1) { var arguments; return typeof arguments } return f(1) }, "\"object\"");
check('gen1', () => { const log = []; function* g() { for (const x of mk(log, 'A', 3)) yield x } for (const z of g()) { log.push(z); break } return log }, "[0,\"close A\"]");
check('gen2', () => { const log = []; function* g() { for (const x of mk(log, 'A', 3)) { try { yield x } finally { log.push('f') } } } for (const z of g()) { log.push(z); break } return log }, "[0,\"f\",\"close A\"]");
check('gen3', () => { const log = []; function* g() { const [a, b] = [yield 1, yield 2]; log.push(a, b); for (const [x, y] of [[1, 2]]) { log.push(yield x) } } const i = g(); log.push(i.next().value, i.next(5).value, i.next(6).value, i.next(7).done); return log }, "[5,6,7,1,2,1,true]");
check('gen4', () => { const log = []; function* g() { for (const a of mk(log, 'A', 2)) for (const b of mk(log, 'B', 2)) { const [c = yield 1] = []; log.push(c) } } const i = g(); i.next(); i.next(3); i.return(); return log }, "[3,\"close B\",\"close A\"]");
check('gen5', () => { const log = []; function* inner() { try { yield 1; yield 2 } finally { log.push('in') } } function* g() { for (const x of mk(log, 'A', 2)) yield* inner() } const i = g(); i.next(); log.push(JSON.stringify(i.return(5))); return log }, "[\"in\",\"close A\",\"{\\\"value\\\":5,\\\"done\\\":true}\"]");
check('gen6', () => { const log = []; function* g() { for (const x of mk(log, 'A', 2)) yield x } const i = g(); i.next(); try { i.throw(new Error('t')) } catch (e) { log.push(e.message) } return log }, "[\"close A\",\"t\"]");
check('gen7', () => { const log = []; function* g() { try { for (const x of mk(log, 'A', 2)) yield x } catch (e) { log.push('c' + e); yield 'y' } } const i = g(); i.next(); log.push(i.throw('t').value, i.next().done); return log }, "[\"close A\",\"ct\",\"y\",true]");
check('gen8', () => { const log = []; function* g() { [log.a = yield 1] = mk(log, 'A', 3) } const i = g(); i.next(); i.return(); return log }, "[\"close A\"]");
check('gen9', () => { const log = []; function* g() { try { yield 1 } finally { try { yield 2 } finally { log.push('x') } } } const i = g(); i.next(); log.push(i.return(7), i.next(), i.next()); return log }, "[\"x\",{\"value\":2,\"done\":false},{\"value\":7,\"done\":true},{\"done\":true}]");
check('gen10', () => { function* g() { try { yield 1 } finally { return 9 } } const i = g(); i.next(); return [i.return(7), i.next()] }, "[{\"value\":9,\"done\":true},{\"done\":true}]");
check('gen11', () => { function* g() { try { yield 1 } catch (e) { return 'c' } finally { } } const i = g(); i.next(); return [i.return(7), i.next()] }, "[{\"value\":7,\"done\":true},{\"done\":true}]");
check('gen12', () => { const log = []; function* g() { while (true) { try { yield 1 } finally { break } } log.push('out'); return 3 } const i = g(); i.next(); return [i.return(7), log] }, "[{\"value\":3,\"done\":true},[\"out\"]]");
check('gen13', () => { function* g() { yield 1 } const i = g(); return [i.return(4), i.next(), i.return(5)] }, "[{\"value\":4,\"done\":true},{\"done\":true},{\"value\":5,\"done\":true}]");
check('gen14', () => { function* g() { yield 1 } const i = g(); try { i.throw(4) } catch (e) { return [e, i.next()] } }, "[4,{\"done\":true}]");
check('gen15', () => { function* g() { const r = yield* [1, 2]; return r } return [...g()] }, "[1,2]");
check('gen16', () => { function* i2() { const x = yield 'a'; return x + 1 } function* g() { return yield* i2() } const i = g(); return [i.next(), i.next(4), i.next()] }, "[{\"value\":\"a\",\"done\":false},{\"value\":5,\"done\":true},{\"done\":true}]");
check('gen17', () => { const log = []; const it = { [Symbol.iterator]() { return this }, next(v) { log.push('n' + v); return { value: 1, done: false } }, return(v) { log.push('r' + v); return { value: v, done: true } }, throw(v) { log.push('t' + v); return { value: v, done: true } } }; function* g() { const r = yield* it; log.push('res' + r); return 'end' } const i = g(); log.push(i.next(1), i.next(2), i.throw(3), i.next()); const j = g(); j.next(); log.push(j.return(8)); return log }, "[\"nundefined\",\"n2\",\"t3\",\"res3\",{\"value\":1,\"done\":false},{\"value\":1,\"done\":false},{\"value\":\"end\",\"done\":true},{\"done\":true},\"nundefined\",\"r8\",{\"value\":8,\"done\":true}]");
check('close1', () => { const log = []; const [a] = mk(log, 'A', 3); return log }, "[\"close A\"]");
check('close2', () => { const log = []; try { const [a = (() => { throw 1 })()] = { [Symbol.iterator]() { return { next() { return { value: undefined, done: false } }, return() { log.push('c'); throw 2 } } } } } catch (e) { log.push(e) } return log }, "[\"c\",1]");
check('close3', () => { const log = []; try { for (const x of { [Symbol.iterator]() { return { next() { return { value: 1, done: false } }, return() { log.push('c'); throw 2 } } } }) { throw 1 } } catch (e) { log.push(e) } return log }, "[\"c\",1]");
check('close4', () => { const log = []; const f = () => { for (const x of { [Symbol.iterator]() { return { next() { return { value: 1, done: false } }, return() { log.push('c'); return 1 } } } }) { break } }; try { f() } catch (e) { log.push(e.name) } return log }, "[\"c\",\"TypeError\"]");
check('close5', () => { const log = []; const bad = () => ({ [Symbol.iterator]() { return { next() { return { value: 1, done: false } }, return() { throw 'r' } } } }); const f = () => { for (const a of [1, 2]) { try { for (const x of bad()) { return 5 } } catch (e) { log.push('c' + e) } } return 'end' }; log.push(f()); return log }, "[\"cr\",\"cr\",\"end\"]");
check('close6', () => { const log = []; const bad = () => ({ [Symbol.iterator]() { return { next() { return { value: 1, done: false } }, return() { throw 'r' } } } }); const f = () => { for (const x of bad()) { try { return 5 } catch (e) { log.push('inner' + e) } } return 'end' }; try { log.push(f()) } catch (e) { log.push('outer' + e) } return log }, "[\"outerr\"]");
check('superField', () => { class A { m() { return 'A.m' } get g() { return 'A.g' } } class B extends A { x = super.m(); y = super.g; z = () => super.m() } const b = new B(); return [b.x, b.y, b.z()] }, "[\"A.m\",\"A.g\",\"A.m\"]");
check('superStatic', () => { class A { static m() { return 'A.m' } } class B extends A { static x = super.m(); static { this.y = super.m() } } return [B.x, B.y] }, "[\"A.m\",\"A.m\"]");
check('fieldChange', () => { class A { static n = 0; id = ++A.n; constructor() { this.k = 1 } } return [new A().id, new A().id] }, "[1,2]");
check('fieldComputed', () => { let n = 0; const k = () => 'k' + n++; class A { [k()] = 1; static [k()] = 2;[k()]() { return 3 } } return [Object.keys(new A()), Object.keys(A), n] }, "[[\"k0\"],[\"k1\"],3]");
check('classNames', () => { const o = { a: class { }, b: class { static name = 'x' } }; let c = class { }; class D { f = () => 1; g = class { }; static h = function () { } } const d = new D(); return [o.a.name, o.b.name, c.name, d.f.name, d.g.name, D.h.name] }, "[\"a\",\"x\",\"c\",\"f\",\"g\",\"h\"]");
check('restOrder', () => { const log = []; const o = { get a() { log.push('a'); return 1 }, get b() { log.push('b'); return 2 }, get c() { log.push('c'); return 3 } }; const { b, ...r } = o; return [log, r] }, "[[\"b\",\"a\",\"c\"],{\"a\":1,\"c\":3}]");
check('argShadow', () => { function f(x) { { let x = 2; } return x } return f(1) }, "1");
check('labelCont', () => { const r = []; o: for (let i = 0; i < 3; i++) { for (const j of [1, 2]) { try { if (i == 1) continue o; r.push(i + '' + j) } finally { r.push('f') } } } return r }, "[\"01\",\"f\",\"02\",\"f\",\"f\",\"21\",\"f\",\"22\",\"f\"]");
check('switchFin', () => { const f = (x) => { for (const i of [1, 2]) { switch (x) { case 1: try { break } finally { x = 2 } case 2: try { continue } finally { } } return 'no' } return 'yes' }; return [f(1), f(2)] }, "[\"no\",\"yes\"]");
check('nestedFnInBlock', () => { { function q() { return 1 } } return q() }, "1");
check('closureLoop', () => { const fs = []; for (const x of [1, 2]) { let y = x; fs.push(() => y++) } return fs.map(f => [f(), f()]) }, "[[1,2],[2,3]]");
check('whileLet', () => { const fs = []; let i = 0; while (i < 3) { const j = i++; if (j === 1) continue; fs.push(() => j) } return fs.map(f => f()) }, "[0,2]");
check('tryLet', () => { let x = 1; try { let x = 2; throw x } catch (x) { x = 5; var y = x } finally { x++ } return [x, y] }, "[2,5]");
check('catchVar', () => { var e = 1; try { throw 2 } catch (e) { var e = 3 } return e }, "1");
check('del', () => { const o = { a: 1 }; return [delete o.a, delete o['b'], 'a' in o] }, "[true,true,false]");
check('taggedSuper', () => { class A { t() { return this.v } } class B extends A { v = 3; m() { return super.t`x` } } return new B().m() }, "3");
check('optDel', () => { const o = { a: { b: 1 } }; return [delete o?.a.b, delete o.x?.y, o] }, "[true,true,{\"a\":{}}]");
check('nul', () => { let a = null; a ??= 5; let b = 0; b ||= 6; let c = 1; c &&= 7; const o = {}; o.x ??= 1; return [a, b, c, o] }, "[5,6,7,{\"x\":1}]");
check('spreadArgs', () => { const f = (...a) => a; return f(...[1, 2], 3, ...new Set([4])) }, "[1,2,3,4]");
check('newSpread', () => { class A { constructor(...a) { this.a = a } } return new A(...[1, 2]).a }, "[1,2]");
check('getSet', () => { const o = { get x() { return 1 }, set x(v) { this.y = v } }; o.x = 5; o.x += 2; return [o.x, o.y] }, "[1,3]");
check('comma', () => { let i = 1; return (i++, i++, i) }, "3");
check('arrowArgs', function () { function f() { const g = () => arguments[0]; return g(9) } return f(1) }, "1");
check('arrowArgs2', function () { function f() { const g = () => () => arguments[0]; return g(9)(8) } return f(1) }, "1");
check('arrowNT', function () { function F() { return (() => () => new.target === F)()() } return [new F() instanceof F, F()] }, "[true,false]");

// Names, texts of keys, chains.
check('c8', () => { function f(x) { const g = () => x; switch (x) { case [2].find((x) => x > 1): return 'two' + g(); case x: return 'same' + g() } } return [f(1), f(2)] }, "[\"same1\",\"two2\"]");
check('c9', () => { function f(x) { switch (x) { case [2].find((x) => x > 1): { let q = x; return () => q } case x: return 'same' } } return [f(1), typeof f(2)] }, "[\"same\",\"function\"]");
check('c10', () => { function f(x) { switch (x) { case ((x) => { let y = x; return () => y })(1)(): let z = 5; return () => z + x; case x: return 'same' } } return [typeof f(1), f(2)] }, "[\"function\",\"same\"]");
check('c11', () => { function f(x, y) { switch (x) { case ((y) => y + 1)(y): let z = 5; return (() => z + x + y)(); default: return 'd' + y } } return [f(2, 1), f(5, 1)] }, "[8,\"d1\"]");
check('c12', () => { function f(x, y) { const h = () => y; switch (x) { case ((y) => y + 1)(y): let z = 5; return (() => z + x + y)(); default: return 'd' + y } } return [f(2, 1), f(5, 1)] }, "[8,\"d1\"]");
check('paren', () => { const o = { t() { return this === o } }; return [(o.t)`x`, (o['t'])`x`, (0, o.t)`x`] }, "[true,true,false]");
check('superUpd', () => { class A { get v() { return 5 } set v(x) { this.w = x } } class B extends A { m() { super['v']++; return this.w } n() { return ++super['v'] } } return [new B().m(), new B().n()] }, "[6,6]");
check('superChain', () => { class A { m() { return 1 } } class B extends A { m() { return super.m?.() + super['m']() } } return new B().m() }, "2");
check('superNoParen', () => { class A { } class B extends A { #x() { return this } constructor() { (super()).#x() } } return new B() instanceof B }, "true");
check('getterName', () => { return Object.getOwnPropertyDescriptor({ get x() { return 1 } }, 'x').get.name }, "\"get x\"");
check('staticAnon', () => { class A { static ['k'] = () => 1; static #p = () => 1; static q() { return A.#p.name } #f = () => 1; f() { return this.#f.name } } return [A.k.name, A.q(), new A().f()] }, "[\"k\",\"#p\",\"#f\"]");
check('computedAnon', () => { return [({ ['k']: () => 1 })['k'].name, ({ ['#k']: class { } })['#k'].name, ({ ['k']: class { static name = 'o' } })['k'].name] }, "[\"k\",\"#k\",\"o\"]");
check('let1', () => { { let x = 1; { let x = 2; } return x } }, "1");
check('fnHoist', () => { return typeof q; function q() { } }, "\"function\"");
check('blockFn', () => { 'use strict'; { function z() { return 1 } } return typeof z }, "\"undefined\"");
check('labelFn', () => { a: { b: { break a } return 1 } return 2 }, "2");
check('nestedTpl', () => { const a = 1; return `${`${a}`}${a}` }, "\"11\"");
check('destrDefaultOrder', () => { const log = []; const f = (n) => (log.push(n), undefined); const { [f('k1')]: a = f('d1'), [f('k2')]: b = f('d2') } = {}; return log }, "[\"k1\",\"d1\",\"k2\",\"d2\"]");
check('argDefaults', () => { const f = (a, b = a + 1, c = b + 1) => [a, b, c]; return f(1) }, "[1,2,3]");
check('spreadHoles', () => { return [...[, 1]].length }, "2");
check('arrHoles', () => { const a = [, 1, ,]; return [a.length, 0 in a] }, "[3,false]");
check('voidTpl', () => { let s = 'x'; s += `${s}${s += 'y'}`; return s }, "\"xxxy\"");
check('chainAssign', () => { let a, b; a = b = { n: 1 }; return a === b }, "true");
check('optChainCall', () => { const o = { a: { f() { return this.v }, v: 3 } }; return [o.a?.f(), o?.a.f(), o.b?.f(), (o.a?.f)()] }, "[3,3,null,3]");
check('inLoopClosureVar', () => { var fs = []; for (var i = 0; i < 2; i++) fs.push(() => i); return fs.map(f => f()) }, "[2,2]");
check('delIdx', () => { const a = [1, 2, 3]; delete a[1]; return [a.length, 1 in a] }, "[3,false]");
check('protoLit', () => { const p = { x: 1 }; const o = { __proto__: p, ['__proto__']: 2 }; return [Object.getPrototypeOf(o) === p, Object.keys(o)] }, "[true,[\"__proto__\"]]");
check('getProto', () => { const o = {}; return o.__proto__ === Object.prototype }, "true");
check('numKeys', () => { const { 0: a, 1: b } = ['x', 'y']; return [a, b] }, "[\"x\",\"y\"]");
check('negZero', () => { return [Object.is(-0, 0 * -1), 1 / -0, Object.is(-(-0), 0)] }, "[true,null,true]");
check('bigIncr', () => { let a = 1n; a++; const b = a++; return [String(a), String(b)] }, "[\"3\",\"2\"]");
check('shifts', () => { return [1 << 33, -1 >>> 0, -1 >> 1, 2 ** 31 | 0] }, "[2,4294967295,-1,-2147483648]");
check('cmpMix', () => { return [null >= 0, undefined == 0, '2' > '12', [] == false, NaN != NaN] }, "[true,false,true,true,true]");
check('commaFor', () => { const r = []; for (let i = 0, j = 9; i < j; i += 3, j--) r.push(i, j); return r }, "[0,9,3,8,6,7]");

// Patterns, fields, finally.
check('finallyCatches', () => { const f = () => { try { return 7 } finally { try { [].push(1, (() => { throw 1 })()) } catch { } } }; return f() }, "7");
check('finallyRet2', () => { const f = () => { try { try { return 7 } finally { try { String((() => { throw 1 })()) } catch { } } } finally { try { Number(1, null.x) } catch { } } }; return f() }, "7");
check('retFromFinally', () => { const f = (k) => { try { try { return 1 } finally { if (k) return 2 } } finally { } }; return [f(0), f(1)] }, "[1,2]");
check('breakGiveUp', () => { const f = () => { const log = []; for (; ;) { try { try { try { return 1 } finally { throw 2 } } catch (e) { log.push('c' + e) } finally { if (log.length > 5) return 3 } log.push('n') } finally { break } } return log }; return f() }, "[\"c2\",\"n\"]");
check('destrDefaults', () => { let a = 5, b; const o = {}; ({ a = a, b = 2 } = {}); ({ x: o.y = 3, z: [o.z] = [4] } = {}); return [a, b, o] }, "[5,2,{\"y\":3,\"z\":4}]");
check('destrArrow', () => { const f = ({ a = 1, b: { c = 2, ...r } = {}, ...rest } = {}, [d = 3] = []) => [a, c, r, rest, d]; return [f(), f({ a: 9, b: { q: 1 }, z: 2 }, [8])] }, "[[1,2,{},{},3],[9,2,{\"q\":1},{\"z\":2},8]]");
check('destrArrow2', () => { const f = ({ a, b: [c], d: { e } }) => [a, c, e]; return f({ a: 1, b: [2], d: { e: 3 } }) }, "[1,2,3]");
check('destrAssign', () => { let a, c, e, rest; ({ a, b: [c], d: { e }, ...rest } = { a: 1, b: [2], d: { e: 3 }, f: 4 }); return [a, c, e, rest] }, "[1,2,3,{\"f\":4}]");
check('destrNames', () => { let f, g; ({ f = () => 1, x: g = class { } } = {}); const h = ({ k = () => 1 }) => k; return [f.name, g.name, h({}).name] }, "[\"f\",\"g\",\"k\"]");
check('destrComputed', () => { const k = 'q'; let v, r; ({ [k]: v = 1, ...r } = { p: 2 }); const { [k + 1]: [w], ...s } = { q1: [5], t: 6 }; return [v, r, w, s] }, "[1,{\"p\":2},5,{\"t\":6}]");
check('destrParens', () => { let x, o = {}; [(x)] = [1]; ({ a: (o.y), b: (x) } = { a: 2, b: 3 }); return [x, o] }, "[3,{\"y\":2}]");
check('destrFor', () => { const out = []; for (const { a = 1, ...r } of [{}, { a: 2, b: 3 }]) out.push([a, r]); let x; for ({ x = 7 } of [{}]) out.push(x); for (const [k, { v = 2 } = {}] of [['k']]) out.push(k, v); return out }, "[[1,{}],[2,{\"b\":3}],7,\"k\",2]");
check('destrCatch', () => { try { throw { m: 1, n: { o: 2 }, p: 3 } } catch ({ m, n: { o }, ...r }) { return [m, o, r] } }, "[1,2,{\"p\":3}]");
check('destrAsyncArrow', () => { const f = async ({ a = 1, b: [c] = [2] }) => [a, c]; return typeof f({}).then }, "\"function\"");
check('destrNested', () => { const { a: { b: { c = 1 } = {} } = {}, ...r } = { z: 1 }; return [c, r] }, "[1,{\"z\":1}]");
check('fields', () => { let n = 0; class A { a = ++n; b = this.a + 1; #p = ++n; static s = ++n; ['c' + 1] = 5; get p() { return this.#p } 'quoted key' = f(); 7 = 1; fn = () => this.a; cls = class { }; named = function () { }; x; } function f() { return 'f' } const o = new A(); return [Object.keys(o), o.a, o.b, o.p, A.s, n, o['quoted key'], o.fn.name, o.fn(), o.cls.name, o.named.name, 'x' in o] }, "[[\"7\",\"a\",\"b\",\"c1\",\"quoted key\",\"fn\",\"cls\",\"named\",\"x\"],2,3,3,1,3,\"f\",\"fn\",2,\"cls\",\"named\",true]");
check('fieldsDerived', () => { const log = []; class A { constructor() { log.push('A', this.x) } } class B extends A { x = log.push('x'); constructor() { log.push('pre'); super(); log.push('post', this.x) } } class C extends A { y = log.push('y') } new B(); const c = new C(1, 2); return [log, c.y, C.length] }, "[[\"pre\",\"A\",null,\"x\",\"post\",4,\"A\",null,\"y\"],9,0]");
check('fieldsSuper', () => { class A { m() { return 'A' } get v() { return 'v' } } class B extends A { a = super.m(); b = () => super.m(); c = () => () => super.v; d = { e: super.m() } } const b = new B(); return [b.a, b.b(), b.c()(), b.d] }, "[\"A\",\"A\",\"v\",{\"e\":\"A\"}]");
check('fieldsNestedClass', () => { class A { b = new (class { c = new Map([[1, 2]]); d = this.c.size })().d; e = [1].map((x) => x + this.b) } return new A() }, "{\"b\":1,\"e\":[2]}");
check('fieldsArrowSuper', () => { class A { } class B extends A { x = Date.now() > 0; constructor() { const s = () => super(); s() } } return new B().x }, "true");
check('fieldsCond', () => { class A { constructor(v) { this.v = v } } class B extends A { x = String(this.v); constructor(v) { if (v) super(v); else super(0); } } return [new B(1).x, new B(0).x] }, "[\"1\",\"0\"]");
check('fieldsStatic', () => { class A { static n = 0; static m = A.n + 1; static { this.k = this.m + 1 } static f = () => this.k; id = A.n++; static #q = A.n; static q() { return A.#q } } new A(); const a = new A(); return [A.n, A.m, A.k, A.f(), a.id, A.q()] }, "[2,1,2,2,1,0]");
check('fieldsHand', () => { const reg = []; const touch = (C) => { C.count = (C.count || 0) + 1; return C.count }; class A { id = touch(A); other = reg.push(this) } new A(); return [new A().id, A.count, reg.length] }, "[2,2,2]");
check('fieldsComputedSym', () => { const k = Symbol('k'); class A { [k] = [].concat(1); [Symbol.iterator] = function* () { yield* [1, 2] } } const a = new A(); return [a[k], [...a]] }, "[[1],[1,2]]");
check('fieldsOrder', () => { class A { z = String(1); a = 2; b } return Object.keys(new A()) }, "[\"z\",\"a\",\"b\"]");
check('fieldsRun', () => { class A { a = String(1); m() { return 1 } b = String(2); static s = 1; c = 3 } return [Object.entries(new A()), new A().m()] }, "[[[\"a\",\"1\"],[\"b\",\"2\"],[\"c\",3]],1]");
check('evalThis', () => { class A { x = (() => this)() === this } return new A().x }, "true");
check('tagParen', () => { const o = { t() { return this === o } }; return [(o.t)`x`, o.t`x`] }, "[true,true]");
check('superTag', () => { class A { t(s) { return s[0] + this.v } } class B extends A { v = 3; m() { return super.t`x` } n() { return super['t']`y` } } const b = new B(); return [b.m(), b.n()] }, "[\"x3\",\"y3\"]");
check('updates', () => { let s = '5'; const t = s++; let u = '7'; u--; let b = 3n; const c = b++; const a = [1, 2]; let i = '0'; const v = a[i++]; const o = { n: '4' }; return [t, s, u, String(c), String(b), v, i, o.n++, o.n] }, "[5,6,6,\"3\",\"4\",1,1,4,5]");
check('updates2', () => { let i = 0, r = []
    i++
    i++, r.push(i)
    i++ && r.push(i)
    const f = () => i++
    f()
    for (let j = 0; j < 2; j++, i++) r.push(j)
    return [i, r, (i++, i), (i++)] }, "[6,[2,3,0,1],7,7]");
check('statementStart', () => { let i = 1, r = []
    const g = r
    i + i++
    let h = g
    i++ || h
    return [i, r] }, "[3,[]]");
check('powers', () => { let a = 1, o = { x: 1, y: { z: -1 } }, k = 'x'; a **= NaN; o.x **= Infinity; o.y.z **= -Infinity; const b = 2 ** 3 ** 0; o[k] **= 2; let q = 2; q **= 3; return [String(a), String(o.x), String(o.y.z), b, q, String((-1) ** Infinity), String(1 ** (0 / 0))] }, "[\"NaN\",\"NaN\",\"NaN\",2,8,\"NaN\",\"NaN\"]");
check('forInMore', () => { const r = []; var o = { a: 1 }; for (var k = 'init' in o) r.push(k); for (k in null) r.push(1); for (const k of Object.keys(o)) r.push(k); let async; for (async in { z: 1 }) r.push(async); const t = {}; for (t.x in { q: 1 }) r.push(t.x); for (const [c] in { xy: 1 }) r.push(c); for (let k in (0, o)) r.push(k); return r }, "[\"a\",\"a\",\"z\",\"q\",\"x\",\"a\"]");
check('forInLabel', () => { const r = []; a: for (const x in { p: 1, q: 2 }) { for (const y in { s: 1, t: 2 }) { if (x === 'p') continue a; if (y === 't') break a; r.push(x + y) } } return r }, "[\"qs\"]");
check('labels', () => { const r = []; a: b: for (const x of [1, 2, 3]) { c: { for (const y of [1, 2]) { if (x === 1) continue a; if (x === 2) break c; if (y === 2) break b; r.push(x, y) } } r.push('t' + x) } return r }, "[\"t2\",3,1]");
check('globalNames', () => { return [typeof toString, hasOwnProperty === Object.prototype.hasOwnProperty, toString.call([])] }, "[\"function\",true,\"[object Array]\"]");
check('shorthand', () => { const valueOf = 1; return { valueOf } }, "{\"valueOf\":1}");
check('hasOwn', () => { const o = { hasOwnProperty }; return typeof o.hasOwnProperty }, "\"function\"");
check('objectMethods', () => { const o = { a() { return this.b }, get b() { return 5 }, set b(v) { }, async c() { }, *d() { yield 1 }, ['e' + 1]() { return 2 }, 'f g'() { return 3 }, 8() { return 4 } }; return [o.a(), o.b, [...o.d()], o.e1(), o['f g'](), o[8]()] }, "[5,5,[1],2,3,4]");
check('numberMembers', () => { return [1..toFixed(1), 1.5.toFixed(2), (1).toFixed(0), 1 .toString()] }, "[\"1.0\",\"1.50\",\"1\",\"1\"]");
check('optional', () => { const o = { a: { b: { c: 1 } } }, n = null; return [o?.a?.b.c, n?.a.b.c, o.a?.['b']?.c, o.x?.(), o.a.b.d?.e.f.g, delete o?.a.b.c, n?.[0]] }, "[1,null,1,null,null,true,null]");
check('comments', () => { const o = { a: { b: 2 } }; return o /* one */. /* two */ a // three
    /* four */ .b }, "2");
check('lines', () => { try { null
    .x
    .y } catch (e) { return e.constructor.name } }, "\"TypeError\"");

// Cases, iterators, places.
check('caseWithoutValue', () => { const r = []; for (const k of [1, 0]) switch (k) { case 0: const x = 1; r.push(() => x); break; case 1: try { r.push(x) } catch (e) { r.push(e.name) } } return r.map((f) => typeof f) }, "[\"string\",\"function\"]");
check('caseFallsThrough', () => { const f = (v) => { switch (v) { case 0: let { q, w: [e] } = { q: 1, w: [2] }; case 1: return q + e; default: q = 3; return q } }; const t = (v) => { try { return f(v) } catch (e) { return e.name } }; return [t(0), t(1), t(2)] }, "[3,\"ReferenceError\",\"ReferenceError\"]");
check('nothingAfterTheEnd', () => { const i = { n: 0, next() { this.n++; return { value: 1, done: this.n > 1 } }, [Symbol.iterator]() { return this } }; const [a, b, c] = i; const first = i.n; i.n = 0; let p, q; [p, q] = i; const second = i.n; i.n = 0; const [x, ...y] = i; return [first, second, i.n, a, b, c, p, q, x, y] }, "[2,2,2,1,null,null,1,null,1,[]]");
check('patternsClose', () => { const log = []; function* g() { try { yield 1; yield 2; } finally { log.push('closed') } } const [a] = g(); let b; [b] = g(); const [c, d, e] = g(); return [log, a, b, c, d, e] }, "[[\"closed\",\"closed\",\"closed\"],1,1,1,2,null]");
check('namedUsing', () => { function using(a) { return a + 1 } const o = { using, u: using }; const { using: z = using } = o; let r = [o.using(1), o.u(2), typeof z]; { let using = 3; r.push(using); ({ using = 7 } = {}); r.push(using) } return [...r, (({ using = 5 }) => using)({})] }, "[2,3,\"function\",3,7,5]");
check('restToMember', () => { const o = {}; ({ a: o.x = 1, 1: [o.y], b: { c: o.z }, ...o.rest } = { 1: [2], b: { c: 3 }, d: 4, 'e f': 5 }); return o }, "{\"x\":1,\"y\":2,\"z\":3,\"rest\":{\"d\":4,\"e f\":5}}");
check('returnThroughFinallies', () => { const log = []; const f = (k) => { a: for (const x of [1, 2]) { try { try { if (k === 0) return 'r' + x; if (k === 1) continue; if (k === 2) break a; if (k === 3) throw 'e' } finally { log.push('i'); try { JSON.parse('{') } catch { log.push('c') } } } catch (e) { return 'caught' + e } finally { log.push('o'); if (k === 4) break } } return 'end' }; return [f(0), f(1), f(2), f(3), f(4), log.join('')] }, "[\"r1\",\"end\",\"end\",\"caughte\",\"end\",\"icoicoicoicoicoico\"]");
check('generatorsInLoops', () => { const log = []; function* g(n) { try { for (const a of [1, 2]) { try { for (const k in { p: 1, q: 1 }) { const x = yield a + k; if (x === 'stop') return 'stopped'; if (x === 'next') break } } finally { log.push('f' + a); try { JSON.parse('') } catch { } } } } finally { log.push('end' + n) } } const i = g(1); const r = [i.next().value, i.next('next').value, i.return('ret').value, i.next().done]; const j = g(2); j.next(); r.push(j.next('stop').value); const k = g(3); k.next(); try { k.throw('t') } catch (e) { r.push(e) } return [r, log] }, "[[\"1p\",\"2p\",\"ret\",true,\"stopped\",\"t\"],[\"f1\",\"f2\",\"end1\",\"f1\",\"end2\",\"f1\",\"end3\"]]");
check('powerOfPlaces', () => { const log = []; const o = { get p() { log.push('get'); return 2 }, set p(v) { log.push('set' + v) }, q: { r: 3 } }; const f = () => (log.push('f'), o); f().p **= (log.push('v'), 3); f().q['r'] **= NaN; return [log, String(o.q.r)] }, "[[\"f\",\"get\",\"v\",\"set8\",\"f\"],\"NaN\"]");

// Functions in tests of cases.
check('caseNamesOuter', () => { const q = 1; function f(x) { switch (x) { case ((q) => q)(2): return 'two' } return q } return [f(2), f(3)] }, "[\"two\",1]");
check('caseNamesParameter', () => { function f(x, y = () => x) { switch (x) { case ((x) => x)(1): let z = x + 1; return [x, y(), (() => z)()]; default: return [x, y()] } } return [f(1), f(2)] }, "[[1,1,2],[2,2]]");
check('caseNamesLexical', () => { function f(x) { { const x = 5; switch (x) { case (x => x)(5): { let x = 6; return [x, (() => x)()] } } } return x } return f(1) }, "[6,6]");
check('caseArrows', () => { class A { m(x) { switch (x) { case (() => this)(): return 'this'; case [1].find(async => async): return 1; case ((a, { b }, [c] = [3], ...d) => a + b + c + d.length)(1, { b: 2 }): return 'six'; case (function (z) { return z })(5): return 'five'; case (() => { let y = x; return y })(): return 'own' } } } const a = new A(); return [a.m(a), a.m(1), a.m(6), a.m(5), a.m(7)] }, "[\"this\",1,\"six\",\"five\",\"own\"]");
check('caseDeclares', () => { const f = (k) => { switch (k) { case (() => { const k = 2; return k; })(): return 'two'; case (function () { 'use strict'; class k {} return k; })(): return 'class'; default: return k; } }; return [f(2), f(5)] }, "[\"two\",5]");
check('hashOfThis', () => { const k = {}; function P() { return (() => (() => this === k)())() } return P.call(k) }, "true");
check('defaultsUnseen', () => { const seen = []; const o = new Proxy({}, { get(o, k) { seen.push(typeof k) } }); let v, w; ({ role: v = 3 } = o); ({ w = 4, x: v = 5 } = o); return [seen, v, w] }, "[[\"string\",\"string\",\"string\"],5,4]");
check('restsInParentheses', () => { const o = {}; [(o.z), ...(o.y)] = [1, 2]; let q; [...(q)] = [3]; return [o, q] }, "[{\"z\":1,\"y\":[2]},[3]]");
check('restBesidePrivate', () => { class P { #o = {}; up() { ({ x: this.#o.y, ...this.#o.rest } = { x: 5, z: 6 }); return this.#o.rest } } return new P().up() }, "{\"z\":6}");
check('defaultsThatWait', () => { function* g() { let a, c; ({ a = yield 1, b: c = (yield 2) } = { b: undefined }); return [a, c] } const i = g(); i.next(); i.next(5); return i.next(6).value }, "[5,6]");

if (typeof module === 'object') console.log(wrong.length === 0 ? 'as Node.js' : wrong.join('\n'));
return wrong.join('\n');
