// `eval` in methods, accessors, initializers and blocks of classes.
const outer = 'outer'; let changes = 0;
const f = () => { var i = 7; class C { m() { return eval('i'); } } return new C().m(); };
const g = (x) => ({ m() { return eval('x + outer'); }, get n() { return eval('x') }, set o(v) { eval('changes += v') } });
const h = async (x, y = 1) => { for (let j = 0; j < 2; j++) { const o = { async m() { return eval('[x, y, j]'); } }; if (j) return o.m(); } };
class Top { b = eval('outer'); static s = eval('outer + 1'); #p = () => eval('outer + 2'); get p() { return this.#p() } static { changes += eval('outer.length') } m() { class In { n() { return eval('outer + this.k') } k = 3 } return new In().n() } }
function* k() { const z = 1; yield { *m() { yield eval('z'); } }.m().next().value; { const z = 2; yield new (class { m() { return eval('z') } })().m(); } }
const l = (q) => class { static m() { return eval('q') } };
const n = (a, b = { m() { return eval('a') } }) => b.m();
const told = (run) => { try { return run(); } catch (e) { return e.name; } };
const listed = ['arguments', "eval('arguments')", "{ const f = (a) => { let v = 3; return [eval('arguments.length')]; }; f(1) }", "(() => arguments)()", "(function () { return eval('arguments.length') })(1)"];
class Listing { a = listed.map((text) => told(() => eval(text))); static a = listed.map((text) => told(() => eval(text))); static { this.b = listed.map((text) => told(() => eval(text))); } }
const fields = ['a = arguments', 'static a = arguments', 'static { arguments }', 'a = () => arguments', 'a = function () { return arguments }', 'a() { return arguments }', '[typeof arguments] = 1', 'a = { arguments: 1 }.arguments', 'a = class { [arguments] = 1 }', 'a = class { b() { return arguments } }'];
exports.handler = async () => { const i = 8; class C { m() { return eval('i') } } const o = g('x'); o.o = 2;
 return [new Listing().a, Listing.a, Listing.b, fields.map((text) => told(() => eval(`class E { ${text} }; 1`))), f(), new C().m(), g('x').m(), g('y').n, changes, await h('p'), new Top().b, Top.s, new Top().p, new Top().m(), [...k()], l('Q').m(), n('A'), (() => { let w = 1; eval('class E { m() { return eval("w") } }; w = new E().m() + 1'); return w })(), (0, eval)('class E2 { m() { return eval("typeof E2") } }; 5')]; };
