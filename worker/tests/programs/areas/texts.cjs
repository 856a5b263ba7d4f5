// Texts: methods with odd arguments, code units and points, templates and tagged templates.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');

const TEXTS = ["'hello world'", "'aXbXc'", "''", "'\\u{1f600}z\\u0301'", "'\\ud800a'", "'  pad\\t\\n'", "'a,b,,c'", "'ÄßſK'", "'x'.repeat(5)", "'line1\\nline2\\r\\nline3'", "'$1$&'", "'aaa'", "'1,2;3'"];
const text = (g) => (g.chance(0.6) ? g.pick(TEXTS) : g.reference('text') ?? "'abc'");
const number = (g) => g.pick(['0', '1', '2', '-1', '5', 'NaN', 'Infinity', 'undefined', "'1'", '1.9']);
const small = (g) => g.pick(["'a'", "'X'", "''", "','", "'l'", "'aa'", "'\\n'", 'undefined', 'null', '1']);

function method(g) {
  const s = text(g);
  return g.random.weighted([
    [2, `${s}.${g.pick(['slice', 'substring', 'substr', 'at', 'charAt', 'charCodeAt', 'codePointAt'])}(${number(g)}, ${number(g)})`],
    [2, `${s}.${g.pick(['indexOf', 'lastIndexOf', 'includes', 'startsWith', 'endsWith'])}(${small(g)}, ${number(g)})`],
    [2, `${s}.split(${small(g)}${g.chance(0.4) ? `, ${number(g)}` : ''})`],
    [1, `${s}.${g.pick(['trim', 'trimStart', 'trimEnd', 'toUpperCase', 'toLowerCase', 'normalize', 'isWellFormed', 'toWellFormed'])}()`],
    [1, `${s}.${g.pick(['padStart', 'padEnd'])}(${g.pick(['0', '8', '12'])}, ${small(g)})`],
    [2, `${s}.${g.pick(['replace', 'replaceAll'])}(${small(g)}, ${g.pick(["'[$&]'", "'$$'", '"$`|$\'"', `(m, at, all) => t(${g.label()}, m, at)`, "'$1'", '() => undefined', "''"])})`],
    [1, `[...${s}].${g.pick(['length', 'reverse()', 'sort()'])}`],
    [0.6, `${s}.localeCompare(${text(g)})`],
    [0.6, `${s}.concat(${small(g)}, ${number(g)})`],
    [0.6, `${s}[${number(g)}]`],
    [0.6, `Object.getOwnPropertyNames(${s})`],
    [0.5, `String.raw({ raw: [1, 2, 3] }, ${small(g)}, ${small(g)})`],
    [0.5, `String.from${g.pick(['CharCode', 'CodePoint'])}(65, ${g.pick(['0x1f600', '65536', '55296', '-0'])})`],
    [0.5, `${s} < ${text(g)}`],
    [0.5, `${g.pick(['encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'escape', 'unescape', 'btoa'])}(${s})`],
    [0.4, `${s}.repeat(${g.pick(['0', '2', '-1', '1.5'])})`],
    [0.4, `[${s}.localeCompare('b'), ${s}.anchor?.('x')]`],
  ]);
}

const guarded = (g) => statement`try { t(${g.label()}, ${method(g)}); } catch (e) { t(${g.label()}, e); }`;

// In which order a template's values are asked for, and made texts.
function template(g) {
  const part = () => g.choose(
    [2, () => atom`told_object(${g.label()}, ${g.literal()})`],
    [2, () => atom`t(${g.label()}, ${g.expression()})`],
    [1, () => raw`(t(${g.label()}), { toString() { return t(${g.label()}); } })`],
    [1, (h) => h.expression()],
    [0.5, () => atom`{ [Symbol.toPrimitive](hint) { return t(${g.label()}, hint); } }`],
    [0.2, () => atom`${g.pick(["Symbol('s')", 'Object.create(null)', '{ toString: null }', '{ toString() { return {}; }, valueOf() { return 7; } }', '1n', '[1, [2]]', 'null'])}`],
  );
  const node = raw`\`${g.pick(['', 'a', '\\n'])}\${${part()}}${g.pick(['', '-', '\\u0041'])}\${${part()}}${g.chance(0.5) ? raw`\${${part()}}` : ''}\``;
  return node;
}

function tagged(g) {
  const [tag, f] = [g.name('tag'), g.name('site')];
  return new List([
    statement`const ${tag} = (texts, ...values) => { t(${g.label()}, texts, texts.raw, values); return texts; };`,
    statement`const ${f} = (v) => ${tag}\`a\${v}\\n${g.pick(['', '\\u{41}', '\\unicode'])}\${t(${g.label()}, v)}\`;`,
    statement`t(${g.label()}, ${f}(1) === ${f}(2), ${f}(1) === ${tag}\`a\${1}\\n\${2}\`, Object.isFrozen(${f}(3)), (() => { const o = { n: 1, tag() { return this.n; } }; return o.tag\`\`; })(), new (function F() { return { tag: 1 }; })\`\`.tag);`,
  ], '\n');
}

module.exports = {
  name: 'texts',
  statements: [[3, guarded, { small: true }], [1, tagged], [1.5, (g) => statement`try { t(${g.label()}, ${template(g)}); } catch (e) { t(${g.label()}, e); }`]],
  expressions: [[1, (g) => template(g)], [0.7, (g) => atom`${method(g)}`]],
  typed: { text: [[1, template], [1, (g) => atom`${g.pick(TEXTS)}`]] },
};
