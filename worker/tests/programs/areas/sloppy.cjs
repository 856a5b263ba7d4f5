// What only code without `'use strict'` may do, and names of globals that come and go.

'use strict';

const { List, statement, expression, raw } = require('../writer.cjs');

const guarded = (g, body) => statement`try { ${body} } catch (e) { t(${g.label()}, e); }`;

const CORNERS = [
  "with ({ x: 1, get y() { return t('y'); } }) { t(x, y); x = 2; var fromWith = x; } t(fromWith);",
  "with ({ a: 1, [Symbol.unscopables]: { b: true }, b: 2 }) { t(a, typeof b); a = 2; t(a, typeof undeclared9, (() => a)()); }",
  'with ([1, 2]) { t(length, typeof map); length = 1; t(length); }',
  '(function (a, b) { arguments[0] = 9; b = 8; t(a, arguments[1], arguments.length, typeof arguments.callee); })(1, 2);',
  '(function (a) { a = 5; delete arguments[0]; arguments[0] = 6; t(a, [...arguments]); })(1);',
  '(function (a, a) { t(a, arguments[0]); })(1, 2);',
  '(function (a = 1) { arguments[0] = 9; t(a); })(3);',
  "t(typeof inBlock9); { function inBlock9() { return 1; } } t(typeof inBlock9);",
  "t(typeof chosen9); if (true) { function chosen9() { return 'if'; } } else { function chosen9() { return 'else'; } } t(chosen9());",
  "switch (1) { case 0: function inCase9() { return 'c'; } default: t(inCase9()); } t(typeof inCase9);",
  "{ function twice9() { return 1; } function twice9() { return 2; } t(twice9()); }",
  "{ t(typeof up9); function up9() {} up9 = 5; t(typeof up9); } t(typeof up9);",
  'implicit9 = 1; t(implicit9, delete globalThis.implicit9, typeof implicit9);',
  'var deletable9 = 1; t(delete deletable9, typeof deletable9);',
  't((function () { return typeof this; }).call(5), (function () { return this === globalThis; })(), (function () { return typeof this; }).call("s"));',
  't(010, 08, "\\101", 0o17);',
  'var let_ = 1, yield = 2, static = 3, of = 4, async = 5, await_ = 6; t(yield, static, of, async);',
  "var async = (x) => ['called', x]; t(async(1), async (2)); for (async of => {}; false;) {}",
  'for (var initial9 = 3 in {}) {} t(initial9);',
  'undefined = 1; NaN = 2; Infinity = 3; t(undefined, NaN);',
  't(delete Object.freeze([1])[0], (Object.freeze({ a: 1 }).a = 2), ("str".length = 5), delete [].length);',
  't((function () { "s".x = 1; return "s".x; })());',
  'x9: for (var i9 = 0; i9 < 2; i9++) { y9: for (;;) { continue x9; } } t(i9);',
  'label9: function labelled9() { return 1; } t(labelled9());',
  'if (1) function only9() { return 3; } t(only9());',
  'try { throw 1; } catch (e) { var e = 2; t(e); } t(typeof e);',
  'try { throw [1, 2]; } catch ([a9, b9]) { t(a9, b9); }',
  'for (var e9 of [1]) { try { throw 5; } catch (e9) { var e9x = e9; } } t(e9, e9x);',
  't((function f9() { f9 = 1; return typeof f9; })());',
  't((function () { return eval("var made9 = 1; made9"), typeof made9, delete made9, typeof made9; })());',
  't((function (a) { eval("var a = 2"); return a; })(1), (function (a, b = eval("var a9 = 3; a9")) { return [typeof a9, b]; })());',
  '<!-- an old comment\nt("after");\n--> another\n',
  'var get = 1, set = 2, target = 3, from = 4; t({ get, set, target, from }, { get() { return 1; } }.get());',
  't(((a, b) => { return typeof arguments; })(), (function () { return (() => arguments.length)(); })(1, 2));',
  'var f9 = function () { return f9.caller === undefined; }; t(typeof f9.hasOwnProperty("caller"));',
  't(void 0 === undefined, typeof null, typeof undeclared9, typeof (() => undeclared9));',
  'do t("once"); while (false) t("and");',
  'var a9 = 1\n;[a9] = [2]\nt(a9)\nvar b9 = a9\n++a9\nt(a9, b9)',
  't(((x) => { return\n x; })(1));',
  'var \\u0061bc9 = 1; t(abc9, { \\u0061: 1 }.a);',
];

function corner(g) {
  let text = g.pick(CORNERS);
  g.count += 1;
  text = text.replace(/9/g, (digit, at, all) => (/[a-z_]/.test(all[at - 1] ?? '') ? `${g.count}` : digit));
  return guarded(g, raw`${text}`);
}

// A global name is a property of the global object, and an engine may remember where it was.
function globals(g) {
  const [name, read] = [g.name('glob'), g.name('read')];
  g.hoist(statement`const ${read} = ${g.pick([`() => ${name}`, `() => typeof ${name}`, `() => [typeof ${name}, ${name}]`, `() => (${name} = t('assigned'))`, `() => ${name}++`, `() => ${name}.x`, `() => ${name}?.()`, `() => (${name} ||= 3)`, `() => \`\${${name}}\``, `() => ({ ${name} })`, `() => [${name}] = [4]`])};`);
  const changes = g.times(3 + g.below(4), () => g.pick([
    `globalThis.${name} = ${g.label()};`, `delete globalThis.${name};`, `Object.defineProperty(globalThis, '${name}', { get() { return t(${g.label()}); }, configurable: true });`, `Object.defineProperty(globalThis, '${name}', { set(v) { t(${g.label()}, v); }, configurable: true });`, `Object.defineProperty(globalThis, '${name}', { value: ${g.label()}, configurable: true, writable: false });`,
    `globalThis.${name} = { x: ${g.label()} };`, `globalThis.${name} = () => t(${g.label()});`, `globalThis.other${name} = 1;`, `Object.setPrototypeOf(globalThis, Object.setPrototypeOf({ ${name}: 'inherited' }, Object.prototype)), Object.setPrototypeOf(globalThis, Object.prototype);`, `(0, eval)('var ${name} = ${g.below(9)}');`, `(0, eval)('${name} = 5');`,
  ]));
  const steps = [];
  for (const change of changes) {
    steps.push(statement`try { ${change} } catch (e) { t(${g.label()}, e); }`);
    steps.push(statement`for (let i = 0; i < ${1 + g.below(2)}; i += 1) { try { t(${g.label()}, ${read}()); } catch (e) { t(${g.label()}, e); } }`);
  }
  steps.push(statement`delete globalThis.${name}; delete globalThis.other${name};`);
  return new List(steps, '\n');
}

// Prototypes of the language, changed and put back.
function builtins(g) {
  const [target, key] = g.pick([['Array.prototype', 'role'], ['Object.prototype', 'role'], ['Function.prototype', 'role'], ['String.prototype', 'role'], ['Number.prototype', 'role'], ['Array.prototype', '5']]);
  const site = g.name('site');
  g.hoist(statement`const ${site} = (o) => ${key === '5' ? 'o[5]' : 'o.role'};`);
  const use = () => statement`t(${g.label()}, ${g.pick(['[1]', '{}', '() => 1', "'text'", '5', 'Object.create(null)', '{ role: 1 }', 'new Map()']).replace(/^.*$/, (v) => `${site}(${v})`)});`;
  return statement`try { ${use()} Object.defineProperty(${target}, '${key}', { ${g.pick(["value: 'added', writable: true", "get() { return t('got', typeof this); }", "set(v) { t('set', v); }"])}, configurable: true, enumerable: ${g.pick(['true', 'false'])} }); ${use()} ${use()} ${g.pick(['', "const keys = []; for (const k in { own: 1 }) keys.push(k); t(keys);", "const o = {}; o.role = 2; t(o);", 'const a = [1]; a[5] = 2; t(a);', 't({ ...{ q: 1 } }, Object.assign({}, { role: 3 }));'])} } catch (e) { t(e); } finally { delete ${target}['${key}']; } ${use()}`;
}

module.exports = {
  name: 'sloppy',
  statements: [[4, corner, { sloppy: true, small: true }], [2.5, globals], [1, builtins]],
  expressions: [],
};
