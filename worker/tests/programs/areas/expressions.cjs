// Regular expressions: their state, named groups, replacing, splitting, odd syntax.

'use strict';

const { List, statement, expression, atom } = require('../writer.cjs');

const PATTERNS = ['a+', '(a)(b)?', '(?<year>\\d{4})-(?<month>\\d\\d)', '^\\s*', '\\b\\w', '[^a-c]', '(?:x|y)*z', '(?=a)', '(?<!a)b', '(?<=\\$)\\d+', 'a{2,3}?', '.', '[\\s\\S]', '(\\w)\\1', '(?<c>.)\\k<c>', 'a|ab', '(a*)*', '(z)?|a', '', '\\u0061', '[a-z]+$', '\\d+', '(\\d+),?', ',\\s*', '\\/', '[/]', '\\cJ', '[\\b]', '\\p{L}', '\\u{1f600}', '(?!)', '$', '^', 'ſ', 'k', '(?:)', '(b)|(a)', '((a)|b)+'];
const FLAGS = ['', 'g', 'y', 'i', 'gi', 'gy', 'm', 's', 'u', 'gu', 'd', 'dg', 'iu', 'gm', 'v'];
const TEXTS = ["'aab2024-05-06'", "'abab'", "'x1, y2,z3'", "'\\u{1f600}a'", "'aXbA'", "'line\\nab\\nb'", "''", "'$12 and $5'", "'aaaa'", "'1,22,333'", "'zzz'", "'K\\u212a'"];

function pattern(g) {
  const flags = g.pick(FLAGS);
  let source = g.pick(PATTERNS);
  if (/\\p|\\u\{/.test(source) && !/[uv]/.test(flags)) return `/${source}/${flags}u`;
  if (/\[\/\]|\\b\]/.test(source) && flags === 'v') return '/a/v';
  if (source === '') source = '(?:)';
  return `/${source}/${flags}`;
}

function use(g, r, s) {
  return g.random.weighted([
    [3, `${r}.exec(${s})`], [2, `${r}.test(${s})`], [2, `${s}.match(${r})`], [1, `[...${s}.matchAll(${r})]`],
    [2, `${s}.replace(${r}, ${g.pick(["'<$&>'", "'$1-$2'", "'$<year>'", '"[$`]"', `(...all) => t(${g.label()}, all.length, all[0])`, `(m) => { if (m === 'b') boom(${g.label()}); return m.length; }`, "'$$'", "'$10$01'"])})`],
    [1, `${s}.replaceAll(${r}, '_')`], [2, `${s}.split(${r}${g.chance(0.3) ? ', 2' : ''})`], [1, `${s}.search(${r})`],
    [1, `(${r}.lastIndex = ${g.pick(['1', '0', '9', '-1', "'2'"])})`], [1, `${r}.lastIndex`],
    [0.5, `[${r}.source, ${r}.flags, String(${r}), ${r}.global, ${r}.sticky, ${r}.hasIndices]`],
    [0.5, `${r}.exec(${s})?.groups?.year`], [0.5, `${r}.exec(${s})?.indices`],
    [0.4, `Object.entries(${r}.exec(${s}) ?? {})`], [0.4, `new RegExp(${r}, 'g').exec(${s})?.index`],
    [0.3, `Object.defineProperty(${r}, 'lastIndex', { writable: false })`],
    [0.3, `(${r}.exec = () => t(${g.label()}, null))`],
    [0.3, `RegExp.prototype[Symbol.replace].call(${r}, ${s}, 'R')`],
  ]);
}

function stateful(g) {
  const r = g.name('r');
  const s = g.pick(TEXTS);
  if (g.chance(0.4)) g.hoist(statement`const ${r} = ${pattern(g)};`);
  const made = g.top.length > 0 && g.top[g.top.length - 1].parts[1] === r ? [] : [statement`const ${r} = ${pattern(g)};`];
  const steps = g.times(2 + g.below(4), () => statement`try { t(${g.label()}, ${use(g, r, g.chance(0.7) ? s : g.pick(TEXTS))}); } catch (e) { t(${g.label()}, e); }`);
  return new List([...made, ...steps, statement`t(${r});`], '\n');
}

function scanning(g) {
  const [r, m] = [g.name('r'), g.name('m')];
  return new List([
    statement`const ${r} = /${g.pick(['(\\w)(\\d)?', '[a-z]', '\\d+', '(?<k>\\w)=?'])}/${g.pick(['g', 'y', 'gu'])}; let ${m}, n${m} = 0;`,
    statement`while ((${m} = ${r}.exec(${g.pick(TEXTS)})) !== null && n${m}++ < 5) { t(${g.label()}, ${m}, ${m}.index, ${r}.lastIndex); ${g.pick(['', `if (n${m} === 2) ${r}.lastIndex = 0;`, `if (${m}[0] === '') ${r}.lastIndex += 1;`, `if (n${m} === 1) continue;`])} }`,
  ], '\n');
}

function made(g) {
  const flags = g.pick(['', 'g', 'gg', 'x', 'u']);
  const source = g.pick(['a', '(', '[', 'a/b', '\\\\d', '(?<a>.)(?<a>.)', '\\n', '*', 'a{2', '\\\\k<a>', '(?<=a)b', '[]', '[^]', '{']);
  return statement`try { const r = new RegExp('${source}', '${flags}'); t(${g.label()}, r, r.test('ab2'), r.source); } catch (e) { t(${g.label()}, e); }`;
}

module.exports = {
  name: 'regular expressions',
  statements: [[3, stateful], [1.5, scanning], [1, made, { small: true }]],
  expressions: [[0.5, (g) => atom`${use(g, pattern(g), g.pick(TEXTS))}`]],
};
