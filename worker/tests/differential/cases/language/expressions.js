// `RegExp` where functions look at it: its source, and what the last match was.
exports.handler = async () => {
  const source = [/\//, /[/]\//, /a\\\/b/, new RegExp('/'), new RegExp('a/b[/]'), new RegExp('\\/'), new RegExp(''), new RegExp('\n'), /[^\]/]\/[\\]/].map((pattern) => [pattern.source, String(pattern)]);
  const again = new RegExp(`^${/\/api\/(\d+)/.source}$`).exec('/api/42')[1];
  const matched = /(\w+)@(\w+)\.(com|org)/.test('write to me@example.org now');
  const last = [matched, RegExp.$1, RegExp.$2, RegExp.$3, RegExp.$4, RegExp.lastMatch, RegExp['$&'], RegExp.leftContext, RegExp["$'"], RegExp.lastParen, RegExp.input];
  let format = 'yyyy-MM-dd';
  for (const [pattern, value] of [[/(y+)/, 2024], [/(M+)/, 7], [/(d+)/, 5]]) {
    if (pattern.test(format)) format = format.replace(RegExp.$1, String(value).padStart(RegExp.$1.length, '0'));
  }
  'ab'.replace(/(b)/, 'x');
  const replaced = RegExp.$1;
  const missed = [/(q)/.test('abc'), RegExp.$1];
  return { source, again, last, format, replaced, missed };
};
