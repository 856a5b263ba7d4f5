// Expressions without `u` that write characters beyond U+FFFF as two escapes.
const texts = ['a\uD83D\uDE00b', '\uD83D\uDE00a', '\uD83D\uDE00', 'x\uD83D\uDE00\uD83D\uDE00', '\uD83D', '\uDE00', 'ab', '\\uD83D\\uDE00'];
const expressions = [
  /\uD83D\uDE00/, /\uD83D\uDE00/g, /(?:\uD83D\uDE00)/m, /(\uD83D\uDE00)/, /[\uD83D\uDE00]/, /[^\uD83D\uDE00]/, /\uD83D[\uDE00-\uDE4F]/, /(?:a\uD83D\uDE00)/, /(?:\uD83D\uDE00b)/, /(?:\uD83D\uDE00)+/, /\uD83D\uDE00+/,
  /\uDE00/, /\uD83D/, /(?:\uD83D\uDE00|x)/, /(?:x|\uD83D\uDE00)/i, /^(?:\uD83D\uDE00)/m, /(?=\uD83D\uDE00)/, /(?<=\uD83D\uDE00)b/, /(?<!\uD83D\uDE00)b/, /(?<=a)\uD83D\uDE00/, /\uD83D\uDE00/i, /(?<smile>\uD83D\uDE00)\k<smile>?/,
  /(?:\uD83D\uDE00)/u, /\u{1F600}/u, /[\uD83D\uDE00]/u, /[^\uD83D\uDE00]/u, /😀/, /[😀]/, /[^😀]/, /😀?b/, /(?:😀)?b/, /a.b/, /a..b/, /a.b/u, /[\uD800-\uDBFF][\uDC00-\uDFFF]/g, /[\uD800-\uDBFF\uDC00-\uDFFF]/g, /\\uD83D\\uDE00/, /\\\uD83D\uDE00|b/, /\uD83Du/, /\ud83d\ude00|\ud83d[\ude01-\ude4f]/gi,
  new RegExp('\uD83D\uDE00'), new RegExp('(?:\\uD83D\\uDE00)'), new RegExp('[\\uD83D\\uDE00]', 'g'), RegExp('\\uD83D\\uDE00', 'y'),
];
const tried = (run) => { try { return run(); } catch (error) { return error.name; } };
const seen = (value) => JSON.stringify(value);
exports.handler = async () => expressions.map((expression) => [
  String(expression), expression.source,
  texts.map((text) => [
    tried(() => { expression.lastIndex = 0; const found = expression.exec(text); return found && [found.index, ...found].map(seen); }),
    seen(text.split(expression)), seen(text.replace(expression, '-')), text.search(expression), seen(text.match(expression)), expression.flags.includes('g') ? seen([...text.matchAll(expression)]) : null, (expression.lastIndex = 0, expression.test(text)),
  ]),
]);
