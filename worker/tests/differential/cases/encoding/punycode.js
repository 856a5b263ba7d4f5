const punycode = require('punycode');

const tried = (run) => {
  try {
    return run();
  } catch ({ name, message }) {
    return [name, message];
  }
};

exports.handler = async () => ({
  round: ['mañana', 'ünïcödé', '测试', 'a-b', '', '☃-⌘', '💩x', 'abc'].map((text) => [punycode.encode(text), punycode.decode(punycode.encode(text))]),
  domains: ['mañana.com', 'джумла@測試。テスト', 'a.b', 'xn--maana-pta.com'].map((text) => [punycode.toASCII(text), punycode.toUnicode(text)]),
  points: [punycode.ucs2.decode('a😀\ud800'), punycode.ucs2.encode([97, 0x1f600])],
  errors: [() => punycode.decode('\x80'), () => punycode.decode('a!'), () => punycode.decode('99999999')].map(tried),
  keys: [Object.keys(punycode), punycode.version],
});
