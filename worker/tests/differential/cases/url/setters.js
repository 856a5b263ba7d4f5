const changes = {
  protocol: ['https', 'https:', 'ftp:x', 'foo', '', '1a'], username: ['me', '', 'a b:', 'ü'], password: ['pw', '', '@'],
  host: ['x.org', 'x.org:8080', 'y:', '', 'a/b', '[::2]:1'], hostname: ['x.org', 'x.org:8080', '', 'a?b', 'ü.de'],
  port: ['8080', '', '80', '99999', 'abc', '12x', 65535], pathname: ['x', '/a/../b', '', 'a?b#c', 'ü', '\\x'],
  search: ['a=b', '?a=b', '', '?', 'a#b', "'ü"], hash: ['x', '#x', '', '#', 'a b`'], href: ['http://new/', 'HTTP://Q?z'],
};
const urls = ['http://u:p@h.com:81/p/q?a=1#f', 'mailto:x@y', 'file:///a/b', 'foo://h/p'];

exports.handler = async () => {
  const out = {};
  for (const [name, values] of Object.entries(changes)) {
    out[name] = urls.map((start) => values.map((value) => {
      const url = new URL(start);
      url[name] = value;
      return url.href;
    }));
  }
  const url = new URL('http://h/?a=1&b=2');
  const params = url.searchParams;
  const log = [params === url.searchParams];
  params.append('c', 'x y&z');
  log.push(url.href);
  url.search = '?n=1&n=2';
  log.push([...params], params.getAll('n'));
  params.delete('n');
  log.push(url.href, url.search);
  url.href = 'http://k/?z=9';
  log.push(params.get('z'), params.size);
  params.set('ü', '+ %');
  params.sort();
  log.push(url.href);
  url.hash = 'h';
  params.append('q', '');
  log.push(url.href);
  return { out, log };
};
