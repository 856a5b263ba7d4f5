const path = require('path');

const paths = ['', '.', '..', '/', '//', '///a', 'a', 'a/', '/a/b.txt', './a/../b', '../../x', '/..', 'a//b///c.tar.gz', '.profile', 'x.', '..a', '...', '/a/.b/', 'a b/c d', 'ü/€.é', '/var/task/index.js', 'C:\\a\\b', '/a/b/.', '/a/b/..'];
const tried = (run) => {
  try {
    return run();
  } catch ({ name, code, message }) {
    return [name, code, message];
  }
};

exports.handler = async () => ({
  single: paths.map((each) => [path.normalize(each), path.dirname(each), path.basename(each), path.extname(each), path.isAbsolute(each), path.resolve('/r', each), path.parse(each), path.toNamespacedPath(each)]),
  joined: [[], [''], ['a', '', 'b'], ['/a', '..', '..', 'b'], ['a', '/b'], ['..', 'x'], ['a/', './b/']].map((each) => path.join(...each)),
  resolved: [['/a', 'b', '../c'], ['/a', '/b', ''], ['/', 'x/']].map((each) => path.resolve(...each)),
  suffixes: [['a.html', '.html'], ['a.html', 'a.html'], ['/x/a.html', 'a.html'], ['a.html/', '.html'], ['a', ''], ['aaa', 'a'], ['a.b', '.c']].map((each) => path.basename(...each)),
  relative: [['/a/b/c', '/a/d'], ['/a', '/a'], ['/a', '/a/b'], ['/a/b', '/'], ['/', '/x'], ['/ab', '/a']].map((each) => path.relative(...each)),
  formatted: [{ dir: '/a', base: 'b' }, { root: '/', name: 'x', ext: 'y' }, { root: '/', dir: '/', base: 'z' }, { name: 'n', ext: '.e' }, {}, { base: 'b', ext: 'no', dir: 'd' }].map((each) => path.format(each)),
  errors: [() => path.join(5), () => path.format(5), () => path.parse(null), () => path.basename('a', 5), () => path.resolve('', 5), () => path.relative('a'), () => path.extname({})].map(tried),
  module: [path === path.posix, path.sep, path.delimiter, path.win32.sep, path.win32.win32 === path.win32, path.win32.posix === path, require('path/posix') === path, require('node:path/win32') === path.win32],
});
