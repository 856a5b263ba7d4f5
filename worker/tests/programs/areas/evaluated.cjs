// `eval`, direct and not, `Function` and its kin, and the texts of functions.

'use strict';

const { List, statement, expression, atom, raw, print } = require('../writer.cjs');
const tree = require('../tree.cjs');

/** Statements of a program of its own, as a text within a text. */
function text(g, kind = 'plain', more = {}) {
  const body = g.within(kind, () => g.block(1 + g.below(2)), { returns: false, ...more });
  return JSON.stringify(tree.print(body)).replace(/\u2028|\u2029/g, ' ');
}

const COMPLETIONS = ['1; 2', 'if (1) { 3 } else { 4 }', '5; var z9 = 6', 'try { 7 } finally { 8 }', 'do { 9; break; } while (0)', 'for (const a of [1, 2]) a', 'x: { 10; break x; }', 'switch (1) { case 1: 11 }', '{}', ';', '({ a: 1 }).a', '"use strict"; 12', 'function f9() {} 13', 'class A9 {}', 'let q9 = 14; q9', 'for (var k9 in { p: 1 }) { k9; continue; }', '15; if (0) 16', '17; try { throw 1 } catch { 18 }', 'while (false);', '// only a comment', 'throw new Error("~in eval")', 'this === undefined', 'typeof arguments', '`a${1}`', 'a b', '(() => 19)()', 'new.target', '/a/g', '1 ** NaN', '({ length: 3 }).length', '(function () { try { throw 1 } catch (e) { throw e } finally { void 0 } })()'];

function completion(g) {
  const form = g.pick(['eval', '(0, eval)', 'globalThis.eval', 'eval?.', '(eval)', 'const_']);
  const code = `'${g.pick(COMPLETIONS).replace(/'/g, "\\'")}'`;
  const call = form === 'const_' ? `((e) => e(${code}))(eval)` : `${form}(${code})`;
  return statement`try { t(${g.label()}, ${call}); } catch (e) { t(${g.label()}, e); }`;
}

function direct(g) {
  const form = g.below(2);
  if (form === 0) return statement`try { t(${g.label()}, eval(${text(g)})); } catch (e) { t(${g.label()}, e); }`;
  const [f, v] = [g.name('f'), g.name('v')];
  const inside = g.pick([
    `eval('${v}')`, `eval('${v} = 5'), ${v}`, `eval('var ${v}n = ${v} + 1; typeof ${v}n'), typeof ${v}n`, `eval('let ${v} = 7; ${v}'), ${v}`, `eval('(() => ${v})')()`, `eval('this') === this`, `eval('arguments.length')`, `eval('new.target')`,
    `eval('function ${v}f() { return ${v}; } ${v}f()')`, `(() => eval('${v} + 1'))()`, `eval('eval("${v}")')`, `eval('"use strict"; var ${v}s = 1; ${v}s'), typeof ${v}s`, `eval(), eval(5), eval({}), eval`, `eval('for (const k in { a: 1 }) ${v} = k'), ${v}`, `eval('delete ${v}.x'), 1`, `eval?.('typeof ${v}')`, `[eval('${v}'), ((e) => e('1'))((x) => [x])]`, `eval('${v}' + ' + 1', t('second'))`, `eval('try { throw ${v} } catch (e) { throw e } finally { 1 }')`, `typeof eval, eval.name, eval.length`, `eval('class K { static v = ${v}; #p = 1; m() { return this.#p; } } new K().m() + K.v')`,
  ]);
  return new List([
    statement`const ${f} = ${g.pick([`function (a)`, `(a) =>`, `async function (a)`]).replace('async ', '')} { let ${v} = 3; return [${inside}]; };`,
    statement`try { t(${g.label()}, ${f}(1)); } catch (e) { t(${g.label()}, e); }`,
  ], '\n');
}

function constructed(g) {
  const kind = g.pick(['Function', 'Function', '(async () => {}).constructor', '(function* () {}).constructor', '(async function* () {}).constructor', '(() => {}).constructor']);
  const args = g.pick([`'a', 'b', 'return a + b'`, `'a, b = 2', 'return [a, b, this === undefined]'`, `'...rest', 'return rest.length'`, `'{ a }', 'return a'`, `'return typeof t'`, `'a', '/* b', 'return a */'`, `'a', 'return a //'`, `''`, `'a = 1', '"use strict"; return a'`, `'return arguments.length'`, `'return new.target'`, `'a', 'try { throw a } catch (e) { throw e } finally { a = 0 }'`, `'o', 'for (const k in o) { throw k }'`, `'}, () => {'`, `'return { a: 1 }.a'`, `'o', 'o.length = 0; return o'`]);
  return statement`try { const f = ${g.chance(0.4) ? 'new ' : ''}${kind === 'Function' ? kind : `(${kind})`}(${args}); t(${g.label()}, f); const v = f([1, 2], 2); t(typeof v.next === 'function' ? typeof v.next().then : v); ${g.chance(0.3) ? 't(f.toString());' : ''} } catch (e) { t(${g.label()}, e); }`;
}

// What a function's text is: as it was written.
function shown(g) {
  const f = g.pick([
    'function plain(a, b) { return a.x + b; }', '(a) => a.b.c', 'async (a) => { await a; }', 'function* gen() { yield 1; }', 'class A { x = 1; static { this.y = 2; } #p = 3; get q() { return this.#p; } }', 'class extends Object { constructor() { super(); } m() { return super.toString; } }',
    'function () { for (const k in this) { k; } }', '(a, { b = a.c } = {}) => `t${a.b}`', 'function f(/* a */ a, ) { /* body */ }', '({ m() { return this.x; } }).m', '({ async *m() {} }).m', "({ ['a' + 1]: () => eval('1') })['a1']", "Object.getOwnPropertyDescriptor({ get x() { return this.y ** 2; } }, 'x').get", 'class { static async m(a) { try { return a.b } finally { a.c } } }.m', 'async function  spaced ( a,b )  { return  a . b }', 'Math.max', '(function () {}).bind(1)', 'Symbol', 'class {}', '() => ({ a: 1 }).a',
  ]);
  return statement`t(${g.label()}, String(${/^(class|function|async function)/.test(f) ? `(${f})` : f}), Function.prototype.toString.call(${/^(class|function|async function)/.test(f) ? `(${f})` : `(${f})`}).length);`;
}

module.exports = {
  name: 'evaluated',
  statements: [[2, completion, { small: true }], [2, direct], [1.5, constructed, { small: true }], [0.8, shown, { small: true }]],
  expressions: [[0.5, (g) => atom`eval(${text(g)})`]],
};
