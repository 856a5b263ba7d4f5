// Names of groups, also within lookbehinds, and characters beyond ASCII that may be missing.
exports.handler = async () => [
  { .../(?<=(?<year>\d{4})-(?<month>\d\d))$/.exec('2024-07').groups },
  { .../(?<=(?<a>x)?(y)(?<b>z))w/d.exec('yzw').indices.groups },
  'ab-cd'.replace(/(?<=(?<one>\w)(?<two>\w))-/, '[$<two>$<one>]'),
  /b\u{1F600}*/u.exec('=ab'),
  /\u{1F600}?c/u.test('abc'),
  /bж*$/.test('=ab'),
  'abc'.replace(/[жa]|ш*c/g, '-'),
  /^\S+\u2028*$/.test('abc'),
];
