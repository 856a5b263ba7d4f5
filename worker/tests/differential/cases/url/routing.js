const { URL, parse, format } = require('node:url');
const path = require('node:path');

exports.handler = async ({ uris }) => uris.map((uri) => {
  const url = new URL(uri, 'https://example.com');
  const extension = path.extname(url.pathname);
  if (!extension) url.pathname = path.posix.join(url.pathname, 'index.html');
  url.searchParams.set('v', '1');
  const old = parse(uri, true);
  old.query.v = 1;
  delete old.search;
  return [url.href, `${url.pathname}${url.search}`, path.basename(url.pathname), format(old), decodeURIComponent(url.pathname)];
});
