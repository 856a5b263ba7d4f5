const { win32 } = require('path');

const paths = ['', '.', 'C:\\', 'C:', 'c:a', 'C:\\a\\..\\b.txt', '\\\\srv\\share\\x', '\\a', 'a/b\\c', 'a\\', '..\\x', '/a/b/', 'C:/x/y.z', '\\\\srv', 'x:y:z'];

exports.handler = async () => ({
  single: paths.map((each) => [win32.normalize(each), win32.dirname(each), win32.basename(each), win32.extname(each), win32.isAbsolute(each), win32.parse(each)]),
  joined: [['C:\\a', '..', 'b'], ['a', 'b'], ['\\\\srv', 'share', 'x'], ['/', 'x']].map((each) => win32.join(...each)),
  resolved: [['C:\\a', 'b'], ['C:\\a', 'D:\\b'], ['C:\\a', '\\b'], ['\\\\s\\h\\', 'x']].map((each) => win32.resolve(...each)),
  relative: [['C:\\a\\b', 'C:\\a\\c'], ['C:\\a', 'D:\\a'], ['C:\\a', 'c:\\A'], ['C:\\', 'C:\\x']].map((each) => win32.relative(...each)),
  formatted: win32.format({ dir: 'C:\\a', base: 'b' }),
});
