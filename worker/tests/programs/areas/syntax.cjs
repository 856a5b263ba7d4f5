// Rare forms of common things: what whoever reads or rewrites code may read wrong.

'use strict';

const { List, statement, raw } = require('../writer.cjs');

/** Statements as they are. A `9` becomes a number of its own, so that names do not meet. */
const FORMS = [
  // Places of property access.
  't(1..toFixed(1), 1.0.toString(), 5 .valueOf(), 0x1f.toString(), 1e3.toFixed, .5.constructor.name);',
  "const o9 = { class: 1, default: { if: 2 }, new: () => 3, \\u0061: 4, 'a b': 5, 1: 6 }; t(o9.class, o9.default.if, o9.new(), o9.\\u0061, o9?.default?.if, o9[1], o9\n  .class, o9 // comment\n  ./* inner */class, o9 . default . if);",
  't(/a/g.source, /[/]./.test("/x"), `a`.length, `${1}b`.concat, (function named() {}).name, (() => {}).length, [1, 2].length, { a: 1 }.a);',
  'const o9 = { a: true, b: { c: 1 } }; t(o9.a?.5:1, o9.a ?.5 : 1, o9?.b.c, o9?.["b"].c, (o9?.b).c, o9.x?.y.z.w, delete o9?.b.c, delete o9.nope?.x, o9);',
  'class K9 { static C = class { constructor(a) { this.a = a; } static of(a) { return { D: this }; } }; } t(new K9.C(1).a, new (K9.C.of(2).D)(3).a, new K9["C"](4), new K9.C, typeof new (class { x() {} })().x);',
  'const o9 = { f() { return this; }, g: { h() { return this === o9.g; } } }; t(o9.f() === o9, (o9.f)() === o9, (0, o9.f)() === o9, o9?.f() === o9, (o9?.f)() === o9, o9.f?.() === o9, o9.g.h(), o9.g?.h(), (o9.f || 1)() === undefined, o9["f"]() === o9, o9.f.call(5) == 5, o9.f`` === o9);',
  'const o9 = { get: 1, set: 2, async: 3, static: 4, of: 5, get get() { return 6; }, set set(v) {}, async async() {}, *of() {}, async *x() {}, get [t("k")]() { return 7; }, "quoted"() {}, 0() {}, 1n: 8 }; t(o9);',
  "const o9 = { __proto__: { inherited: 1 }, ['__proto__']: 2 }; t(o9, o9.inherited, Object.getPrototypeOf(o9).inherited); const __proto__ = 5; t({ __proto__ }, { __proto__() {} }, (({ __proto__: p }) => typeof p)({}), { '__proto__': null }.x);",
  't((a => b => c => [a, b, c])(1)(2)(3), (() => ({}))(), (() => {})(), ((a, b) => (a, b))(1, 2), (async () => {})().constructor.name, ((a = 1, { b } = { b: 2 }, [c] = [3], ...d) => [a, b, c, d])());',
  'let a9 = 1, b9 = 2; const c9 = a9\n/b9/1; t(c9, a9++ + ++b9, a9-- - --b9, a9+ +b9, a9- -b9, !--a9, -(-a9), typeof typeof a9, void a9, a9 in [1, 2], (a9, b9));',
  'const f9 = function () { return [new.target?.name, (() => new.target?.name)(), typeof new.target]; }; t(f9(), new (class extends f9 { constructor() { return { a: super() }; } })().a);',
  'const f9 = (x) => { if (x) ; else return 1; for (;;) break; while (0); do ; while (0); { } ;; return 2; }; t(f9(0), f9(1));',
  "t('\\x41\\u{42}\\\nC\\0', \"'\", '\"', `\\`${'`'}`, '\\u2028'.length, 'a\\tb');",
  't(1_000, 0b11, 0O17, 0XFF, 1n, 0b1n, .1e2, 5e-1, 0.1 + 0.2);',
  'x9: for (const a of [1, 2, 3]) { y9: for (const b in { p: 1, q: 2 }) { if (a === 2) continue x9; if (b === "q") continue y9; t(a, b); z9: { if (a === 3) break x9; break z9; } } }',
  'x9: try { t("in"); break x9; } catch { t("no"); } finally { t("last"); }',
  'x9: { try { throw 1; } catch (e) { if (e) break x9; t("no"); } finally { t("last"); } t("no"); }',
  'x9: if (1) { y9: { break x9; } } else t("no");',
  'x9: switch (1) { case 1: for (;;) { break x9; } }',
  'const f9 = () => { x9: try { return t("value", 1); } finally { break x9; } return 2; }; t(f9());',
  'const f9 = () => { for (const i of [1, 2, 3]) { try { try { if (i === 1) continue; if (i === 2) throw i; return i; } finally { t("inner", i); } } catch (e) { t("caught", e); continue; } finally { t("outer", i); } } }; t(f9());',
  'const f9 = () => { while (true) { try { return 1; } finally { break; } } return 2; }; t(f9());',
  'const f9 = () => { do { try { return 1; } finally { continue; } } while (t("again", false)); return 3; }; t(f9());',
  'const f9 = () => { try { return t("a", 1); } catch { return 2; } finally { t("c"); } }; t(f9()); const g9 = () => { let n = 1; try { return n; } finally { n = 2; } }; t(g9());',
  'const f9 = () => { try { try { throw 1; } finally { throw 2; } } catch (e) { return e; } finally { t("f"); } }; t(f9());',
  'try { for (const k9 in (() => k9)()) t("no"); } catch (e) { t(e); } try { for (const k9 of [k9]) t("no"); } catch (e) { t(e); } try { for (let i9 = i9; ;) t("no"); } catch (e) { t(e); }',
  'const s9 = []; for (let i9 in { a: 1, b: 2 }) { s9.push(() => i9); i9 += "!"; } t(s9.map((f) => f())); for (var v9 in { c: 1 }); t(v9); for (const [a, b] in { xy: 1 }) t(a, b); for (const { length } in { abc: 1 }) t(length);',
  'const o9 = {}; for (o9.p in { a: 1 }); for (o9["q"] in { b: 1 }); for ([o9.r, o9.s = t("d", 2)] in { z: 1 }); for ({ length: o9.t } of ["abc"]); t(o9);',
  'const o9 = { v: 2, n: null }; t(t("o", o9)[t("k", "v")] **= t("x", 3), o9.v **= 2, o9[`v`] **= NaN, o9.n ??= t("n", 1), o9.n &&= t("m", 0), o9.n ||= t("l", 5), o9.z?.y, o9);',
  'class P9 { #v = 2; #o = { x: 1 }; static #n = 0; up() { this.#v **= 3; this.#o.x += 1; P9.#n++; ({ x: this.#o.y, ...this.#o.rest } = { x: 5, z: 6 }); [this.#v = t("no")] = [this.#v + 1]; return [this.#v--, this.#o, P9.#n, this?.#o?.x, #v in this]; } in(k) { return k in this.#o; } } t(new P9().up(), new P9().up(), new P9().in("x"));',
  'class E9 { #p = 5; a() { return eval("this.#p"); } b() { return eval("(() => this.#p + 1)()"); } static s = eval("1 + 1"); f = eval("this.constructor.name"); g = eval("typeof new.target"); } t(new E9().a(), new E9().b(), E9.s, new E9());',
  'class S9 extends Array { m() { return [eval("super.length"), eval("(() => super.at)()") === Array.prototype.at, super["length"], super.at?.(0)]; } static { t(eval("this.name"), super.isArray([])); } get length() { return 9; } } try { t(new S9().m()); } catch (e) { t(e); }',
  't(["1", "2 + 3", "typeof t"].map(eval), [1, 2].map(eval), eval?.("1"), (eval)("2"), (0, eval)("typeof exports"), eval.call(null, "3"), [eval][0]("4"), eval("/* c */"), eval("var x9 = 1; x9"), typeof x9);',
  't(((f = eval("1 + 1"), g = () => eval("f")) => [f, g()])(), (function (a) { return eval("arguments.length + a"); })(4), (() => { try { return eval("let q9 = 1; throw q9"); } catch (e) { return e; } finally { eval("0"); } })());',
  'function f9() { return [typeof h9, typeof v9]; var v9 = 1; function h9() {} } t(f9()); t(typeof later9, typeof f9b); function later9() {} var f9b = () => {};',
  'const { a = t("da"), ...r9 } = { a: undefined, get b() { return t("got b"); }, [Symbol("s")]: 1 }; t(a, r9); const [x9, , y9 = x9, ...z9] = "abcd"; t(x9, y9, z9); let q9; ({ q9 = 4 } = {}); ({ q9: [q9] } = { q9: [7] }); t(q9); ({}).x; [] = []; ({} = 1); t([q9, q9] = [1, 2], q9);',
  'const f9 = ({ a: { b: [c = t("dc")] = [] } = {}, ...rest } = {}, [d, [e] = [d]] = [1], ...[g, { length }]) => [c, rest, d, e, g, length]; t(f9(), f9({ a: { b: [1] }, z: 1 }, [2, [3]], 4, "five"), f9.length);',
  'const o9 = { [t("first", "k")]: t("second"), [t("third", "l")]() {}, get [t("fourth", "m")]() { return 1; }, ...t("fifth", { n: 1 }), [`${t("sixth", "o")}`]: class {} }; t(o9, o9.o.name, o9.l.name);',
  'function* g9() { const x = yield* (function* () { const y = yield 1; t("y", y); try { yield 2; } finally { t("closing"); yield 3; } return 4; })(); t("x", x); return yield; } const i9 = g9(); t(i9.next(), i9.next("s"), i9.return(8), i9.next(), i9.next(), i9.next());',
  'function* g9() { try { yield 1; } catch (e) { t("c", e); yield e; } finally { t("f"); yield 5; } } const i9 = g9(); t(i9.next(), i9.throw(2), i9.return(3), i9.next(), i9.next()); try { g9().throw(6); } catch (e) { t(e); } t(g9().return(7));',
  'function* g9() { yield\n1; yield* [yield, yield 2]; yield [...(yield 3) ?? []]; yield (yield 4, yield 5); yield `${yield 6}`; yield { a: yield 7 }.a; } t([...g9()]);',
  'async function a9() { await\n1; t("one"); return (await 2) + await 3, [await 4, await (5)], -await 6; } later("a", a9()); (async () => { for await (const x of [1, Promise.resolve(2)]) t(x); })(); (async (a = t("sync")) => { t("body"); })();',
  'const async9 = async (x) => x, o9 = { async: (x) => ["call", x], await: 1, async *[Symbol.asyncIterator]() { yield 1; } }; t(o9.async(1), o9.await); later("o", (async () => { const all = []; for await (const v of o9) all.push(v); return all; })());',
  'var fn9 = function fn9() { return typeof fn9; }, fx9 = fn9; fn9 = 1; t(fx9(), typeof fn9); const cls9 = class Inner9 { static self() { return Inner9; } }; t(cls9.self() === cls9, typeof Inner9, cls9.name);',
  'const f9 = (x) => { switch (x) { case 1: let y = 5; { let y = 6; t(y); } case 2: try { return t(typeof y, y); } catch (e) { return e; } default: { const y = 7; return y; } case 3: return "three"; } }; t(f9(1), f9(2), f9(3), f9(4));',
  'const t9 = (s, ...v) => s.raw.join("|") + v.join(); t(t9`a${1}b${t9`c${2}`}d`, t9`\\n\\x`, `${`${`x`}`}`, `a\nb`, `\\``, t9`$${1}{`, `${{}}`, `${[1, [2, 3]]}`);',
  't(((a, b) => { "use strict"; return [a, b, this === undefined]; })(1, 2), (function () { "use strict"; try { undeclared9 = 1; } catch (e) { return e; } })(), (function () { "use strict"; return this; })());',
  't([,].length, [, 1].length, [1, , 2], [...[, 1]], Object.keys([, 1]), [1, 2,].length, ((a, b,) => a)(1, 2,), { a: 1, }.a);',
  'let n9 = 0; const o9 = { get x() { n9 += 1; return this; }, y: 1 }; o9.x.y += 1; o9.x.y++; o9.x.x["y"] *= 2; delete o9.x.y; t(n9, o9.y, "y" in o9.x, n9); [o9.x.p, o9.x.q = n9] = [n9]; t(n9, o9.p, o9.q);',
  'var get9 = { get() { return 1; }, set() { return 2; }, static() { return 3; }, await() { return 4; }, get async() { return 5; } }; t(get9.get(), get9.set(), get9.static(), get9.await(), get9.async);',
  'if (0) function no9() {} else t("else"); ',
];

const SLOPPY_ONLY = /^if \(0\) function/;

function form(g) {
  g.count += 1;
  const fits = g.strict ? FORMS.filter((text) => !SLOPPY_ONLY.test(text)) : FORMS;
  const text = g.pick(fits).replace(/9/g, (digit, at, all) => (/[a-zA-Z_]/.test(all[at - 1] ?? '') ? `${g.count}` : digit));
  return statement`try { ${new List([raw`${text}`], '\n')} } catch (e) { t(${g.label()}, e); }`;
}

/** A function whose parameters and locals have the names of things around it. */
function shadowing(g) {
  const outer = g.reference('any');
  if (outer === null) return form(g);
  const text = g.pick([
    `((${outer}) => t(${g.label()}, ${outer}, { ${outer} }))(${g.label()});`,
    `try { throw ${g.label()}; } catch (${outer}) { t(${outer}, \`\${${outer}}\`); }`,
    `{ let ${outer} = ${g.label()}; { const ${outer} = 2; t(${outer}); } t(${outer}); }`,
    `(function ${outer}() { t(typeof ${outer}); })();`,
    `(() => { t(typeof ${outer}); { class ${outer} {} t(${outer}.name); } for (const ${outer} of [1]) t({ ${outer}, x: ${outer} }); for (const ${outer} in { k: 1 }) t(${outer}); t(typeof ${outer}); })();`,
    `(({ ${outer}: { ${outer} } = { ${outer}: 5 } }) => t(${outer}))({});`,
    `${outer}9: for (;;) { t({ ${outer}: 1 }.${outer}, typeof ${outer}); break ${outer}9; }`.replace(/9/g, '_'),
    `(() => { try { t(${outer}); let ${outer} = 1; } catch (e) { t(e); } })();`,
    `(function (${outer} = 1) { { function inner_() { return ${outer}; } t(inner_()); } var ${outer}; t(${outer}); })(undefined);`,
  ]);
  return statement`${text}`;
}

module.exports = { name: 'syntax', statements: [[4, form, { small: true }], [1.5, shadowing, { small: true }]], expressions: [] };
