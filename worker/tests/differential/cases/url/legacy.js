const url = require('url');

const inputs = ['http://user:pass@host.com:8080/p/a/t/h?query=string#hash', '/a/b?c=d#e', '//host/path', 'mailto:a@b.com', 'javascript:alert("x y")', 'HTTP://EXAMPLE.com', 'http://a b/c', 'file:///etc/x', 'x:y', 'http://[::1]:80/z', '?a=1', '#h', '', 'http://h?q=a b', 'http:/x', 'http://ñ.com/ü', 'a@b/c', 'http://h/\\x\\y?\\z', 'https://h:443', 'http://u@p@h/', ' http://trim/ '];
const tried = (run) => {
  try {
    return run();
  } catch ({ name, code, message, input }) {
    return [name, code, message, input];
  }
};

exports.handler = async () => ({
  parsed: inputs.map((input) => url.parse(input)),
  queries: inputs.map((input) => url.parse(input, true, true).query),
  formatted: inputs.map((input) => url.format(input)),
  objects: [{ host: 'a.com', pathname: 'b', protocol: 'http' }, { hostname: '::1', port: 80, query: { a: [1, 2], b: 'c' } }, { pathname: '/a?b#c', search: 'q#' }, { protocol: 'mailto', auth: 'me:x@y', host: 'h' }, {}].map((value) => url.format(value)),
  resolved: [['/one/two/three', 'four'], ['http://e.com/', '/one'], ['http://e.com/one', '../two'], ['http://a/b/c/d?q', '?r'], ['http://a/b', '//c/d'], ['http://a/b', 'https:x'], ['a/b/c', '../../../d'], ['http://u:p@a/b', 'c'], ['mailto:a@b', 'c@d'], ['http://a/b/', '.'], ['/x', 'http://h']].map(([from, to]) => url.resolve(from, to)),
  web: [url.format(new URL('http://u:p@xn--g6w251d/p?q#h'), { auth: false, fragment: false, search: false, unicode: true }), url.format(new URL('http://u:p@h/p?q#h'))],
  options: { ...url.urlToHttpOptions(new URL('https://a:b@xn--g6w251d:80/p?q#h')) },
  domains: [url.domainToASCII('español.com'), url.domainToUnicode('xn--espaol-zwa.com'), url.domainToASCII('xn--iñvalid.com')],
  files: [url.pathToFileURL('/a b#?%\n[~]').href, url.fileURLToPath('file:///a%20b'), url.fileURLToPath(new URL('file:///x/y'))],
  errors: [() => url.parse(5), () => url.parse('http://\u0000a/'), () => url.format(5), () => url.fileURLToPath('http://a'), () => url.fileURLToPath('file://host/a'), () => url.fileURLToPath('file:///a%2fb'), () => url.fileURLToPath(5)].map(tried),
  keys: Object.keys(url).sort(),
  same: [url.URL === URL, url.URLSearchParams === URLSearchParams, url.parse('http://a') instanceof url.Url],
});
