const inputs = ['http://a', 'HTTPS://User:Pa%20ss@EXAMPLE.com:443/a/../b?q=1&r=ü#frag', 'mailto:a@b.c', 'http://[::1]:8080/x', 'http://1.2.3', 'file:///c:/x/../y', 'data:text/plain,hi there', 'http://ñandú.com/ñ?ñ#ñ', 'http://a b/', 'http://a:99999/', '//x/y', 'x', '', 'http:', 'http://', '  http://sp.ace/ \n', 'http:\\\\back\\slash', 'javascript:alert(1)', 'blob:https://a.com/uuid', 'ws://h:80/', 'http://%41.com', 'http://a/%zz?%zz', 'foo://bar/baz', 'http://0x7f.1/', 'http://a//b//../c', "http://q/?'\"<>", 'http://a.com./x', 'http://xn--/', 'http://user@/x', 'ftp://h/%2e%2E/a'];
const bases = ['http://base.org/a/b/c?x#y', 'mailto:x', 'file:///a/b', '/rel'];
const names = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

function seen(input, base) {
  try {
    const url = base === undefined ? new URL(input) : new URL(input, base);
    return names.map((name) => url[name]);
  } catch (error) {
    return [error.name, error.code, error.message, error.input, error.base];
  }
}

exports.handler = async () => ({
  alone: inputs.map((input) => seen(input)),
  based: bases.map((base) => ['x', '../y', '/z', '//h/i', '?q', '#f', '', 'http://abs/'].map((input) => seen(input, base))),
  can: inputs.map((input) => [URL.canParse(input), URL.canParse(input, 'http://b')]),
  parsed: [URL.parse('x'), URL.parse('x', 'http://b').href],
  kinds: [Object.prototype.toString.call(new URL('http://a')), `${new URL('http://a')}`, JSON.stringify({ u: new URL('http://a') }), Object.keys(new URL('http://a')), URL.name, URL.length, new URL(new URL('http://a/b')).href],
  names: [Object.getOwnPropertyNames(URL.prototype).sort(), Object.getOwnPropertyNames(URLSearchParams.prototype).sort(), Object.getOwnPropertyNames(URL).sort()],
  sub: (() => {
    class Mine extends URL {
      get shout() {
        return this.hostname.toUpperCase();
      }
    }
    const mine = new Mine('http://abc/');
    return [mine.shout, mine instanceof URL, mine.constructor.name];
  })(),
  errors: [() => new URL(), () => URL('http://a'), () => new URL('http://a', null), () => URL.canParse(), () => URL.prototype.href, () => { new URL('http://a').href = 'y'; }].map((run) => {
    try {
      return run();
    } catch ({ name, code, message }) {
      return [name, code, message];
    }
  }),
});
