// `source` of regular expressions, and patterns made of it.
const patterns = [/a\/b/, /[/]\/[^\]/]/, new RegExp('a/b'), new RegExp('\\/'), new RegExp('\\\\/'), new RegExp('[/\\]/]/'), new RegExp(''), new RegExp('\n'), /\//g, /x/];

exports.handler = async () => patterns.map((pattern) => {
  const again = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  return [pattern.source, String(pattern), ['a/b', '/', '\\/', '///', '', '\n', 'x'].map((text) => again.test(text)), again.source, new RegExp(pattern).source];
}).concat([Object.getOwnPropertyDescriptor(RegExp.prototype, 'source').get.name, RegExp.prototype.source, Object.keys(/x/)]);
