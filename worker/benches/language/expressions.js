// Regular expressions: texts of 50 n characters, and n calls on short texts.
const flat = (text) => JSON.parse(JSON.stringify(text));
const line = 'x'.repeat(49) + '\n';
const lines = (n) => flat(line.repeat(n));
const wides = (n) => flat(('ж'.repeat(49) + '\n').repeat(n));
const accents = (n) => flat(('é'.repeat(49) + '\n').repeat(n));
const words = (n) => flat('lorem ipsum dolor sit amet, consectetur: 12 3456.\n'.repeat(n));
const times = (n, step) => { for (let at = 0; at < n; at++) step(at); };
const same = (n) => n;

exports.operations = {
  'split(/\\n/)': [lines, (text) => text.split(/\n/)],
  'split(/\\s*,\\s*/)': [words, (text) => text.split(/\s*,\s*/)],
  'split(/(,)/)': [words, (text) => text.split(/(,)/)],
  'split(/\\n/), not Latin-1': [wides, (text) => text.split(/\n/)],
  'split(/\\n/), accents': [accents, (text) => text.split(/\n/)],
  'replace(/\\n/g)': [lines, (text) => text.replace(/\n/g, '<br>')],
  'replace(/\\n/g), not Latin-1': [wides, (text) => text.replace(/\n/g, '<br>')],
  'replace(/\\n/g), accents': [accents, (text) => text.replace(/\n/g, '<br>')],
  'replace(/(\\w+) (\\w+)/g, $2 $1)': [words, (text) => text.replace(/(\w+) (\w+)/g, '$2 $1')],
  'replace(/\\d+/g, function)': [words, (text) => text.replace(/\d+/g, (digits) => digits.length)],
  'replace(/[<>&]/g)': [words, (text) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)],
  'replaceAll(/,/g)': [words, (text) => text.replaceAll(/,/g, ';')],
  'matchAll': [lines, (text) => [...text.matchAll(/x\n/g)].length],
  'match(/\\w+/g)': [words, (text) => text.match(/\w+/g).length],
  'exec loop with g': [words, (text) => { const word = /\d+/g; let count = 0; while (word.exec(text)) count++; return count; }],
  'test loop with g': [words, (text) => { const word = /\d+/g; let count = 0; while (word.test(text)) count++; return count; }],
  'exec loop with y': [words, (text) => { const token = /\s+|\w+|[^\s\w]/y; let count = 0; while (token.exec(text)) count++; return count; }],
  'exec loop with y, accents': [accents, (text) => { const token = /\s|\S/y; let count = 0; while (count < 10000 && token.exec(text)) count++; return count; }],
  'exec loop with named groups': [words, (text) => { const word = /(?<first>\d)(?<rest>\d*)/g; let count = 0; for (let found; (found = word.exec(text));) count += found.groups.rest.length; return count; }],
  'exec loop with d': [words, (text) => { const word = /(\d)(\d*)/dg; let count = 0; for (let found; (found = word.exec(text));) count += found.indices[0][1]; return count; }],
  'exec loop with u': [words, (text) => { const word = /\p{L}+/gu; let count = 0; while (word.exec(text)) count++; return count; }],
  'search': [lines, (text) => text.search(/y/)],
  'search, ignoring case': [lines, (text) => text.search(/y/i)],
  'search for words': [words, (text) => text.search(/amet|missing$/)],
  'test(/^y/)': [lines, (text) => /^y/.test(text)],
  'trim by expression': [lines, (text) => text.replace(/^\s+|\s+$/g, '').length],
  'test short': [same, (n) => { const word = /^[a-z]+$/; times(n, () => word.test('lorem')); }],
  'test short, not matching': [same, (n) => { const word = /^[a-z]+$/; times(n, () => word.test('lorem1')); }],
  'test short of literal': [same, (n) => times(n, () => /^[a-z]+$/.test('lorem'))],
  'test short path': [same, (n) => { const path = /\.(?:css|js|png|jpe?g|gif)$/i; times(n, () => path.test('/static/images/logo.png')); }],
  'exec short with groups': [same, (n) => { const path = /^\/api\/(\w+)\/(\d+)$/; times(n, () => path.exec('/api/users/42')); }],
  'match short': [same, (n) => times(n, () => '/api/users/42'.match(/^\/api\/(\w+)\/(\d+)$/))],
  'replace short': [same, (n) => times(n, () => '/a//b//c'.replace(/\/+/g, '/'))],
  'replace short by function': [same, (n) => times(n, () => 'content-type'.replace(/(^|-)([a-z])/g, (all, dash, letter) => dash + letter.toUpperCase()))],
  'split short': [same, (n) => times(n, () => 'a=1; b=2; c=3'.split(/;\s*/))],
  'search short': [same, (n) => times(n, () => 'lorem ipsum'.search(/i/))],
  'matchAll short': [same, (n) => times(n, () => [...'a1b2'.matchAll(/([a-z])(\d)/g)])],
  'new RegExp': [same, (n) => times(n, (at) => new RegExp(`^/api/${at % 10}$`))],
  'literal': [same, (n) => times(n, () => /^\/api\/(\w+)\/(\d+)$/)],
  'flags and source': [same, (n) => { const word = /^[a-z]+$/gi; times(n, () => word.flags + word.source); }],
};
