// The module `url`: the older `parse`, `format` and `resolve`, and functions around `URL`.

const slashed = new Set(['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'].flatMap((name) => [name, `${name}:`]));
const isScript = (protocol) => protocol === 'javascript' || protocol === 'javascript:';
const coded = (code, message) => native('coded').coded('TypeError', code, message);
const badType = (...details) => native('coded').invalidType(...details);
const web = (name) => require('internal/web_url')[name];
const text = () => native('text');

// Apart from their use: the engine compiles a literal whenever it comes by.
const SIMPLE_PATH = /^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/;
const BLANK_ENDS = /^[\s\uFEFF]+|[\s\uFEFF]+$/g;
const FORBIDDEN_HOST = /[\0\t\n\r #%/:<>?@[\\\]^|]/;
const FORBIDDEN_IPV6 = /[\0\t\n\r #%/<>?@\\^|]/;
const WITH_AUTH = /^\/\/[^@/]+@[^@/]+/;
const NEVER_IN_HOST = /[ "%';<>\\^`{|}]/;
const PROTOCOL = /^[a-z0-9.+-]+:/i;
const NOT_ASCII = /[^\0-\x7F]/;
const LINE_BREAKS = /[\t\n\r]/g;
const HOST_BREAK = /[\\/#?:]/;
const PORT = /:[0-9]*$/;
const HOST_END = /[#/?]/;
const HASHES_AND_MARKS = /[#?]/g;
const QUERY_OR_HASH = /[?#]/;
const HASH_OR_AT = /[#@]/;
const COLONS = /%3A/g;
const BACKSLASHES = /\\/g;
const HASHES = /#/g;

function invalidUrl(input) {
  return Object.assign(coded('ERR_INVALID_URL', 'Invalid URL'), { input });
}

const FIELDS = ['protocol', 'slashes', 'auth', 'host', 'port', 'hostname', 'hash', 'search', 'query', 'pathname', 'path', 'href'];

function Url() {
  for (const field of FIELDS) this[field] = null;
}

const ESCAPES = /[\t\n\r "'<>\\^`{|}]/g;
const escaped = (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
const isBracketed = (host) => host.charCodeAt(0) === 91 && host.charCodeAt(host.length - 1) === 93;

// Backslashes before the query count as slashes.
function straightened(url) {
  const trimmed = url.replace(BLANK_ENDS, '');
  const end = trimmed.search(QUERY_OR_HASH);
  if (end < 0) return trimmed.replace(BACKSLASHES, '/');
  return trimmed.slice(0, end).replace(BACKSLASHES, '/') + trimmed.slice(end);
}

function withQuery(url, parseQuery) {
  if (parseQuery) url.query = url.search ? require('querystring').parse(url.search.slice(1)) : Object.create(null);
  else if (url.search) url.query = url.search.slice(1);
}

function withPath(url) {
  if (url.pathname || url.search) url.path = `${url.pathname || ''}${url.search || ''}`;
}

Url.prototype.parse = function parse(url, parseQuery, slashesDenoteHost) {
  if (typeof url !== 'string') throw badType('url', 'of type string', url);
  let rest = straightened(url);
  if (!slashesDenoteHost && !HASH_OR_AT.test(url)) {
    const simple = SIMPLE_PATH.exec(rest);
    if (simple) {
      [this.path, this.href, this.pathname] = [rest, rest, simple[1]];
      this.search = simple[2] || null;
      withQuery(this, parseQuery);
      return this;
    }
  }
  const found = PROTOCOL.exec(rest);
  const protocol = found ? found[0].toLowerCase() : undefined;
  if (found) {
    this.protocol = protocol;
    rest = rest.slice(protocol.length);
  }
  let slashes = false;
  if (slashesDenoteHost || found || WITH_AUTH.test(rest)) {
    slashes = rest.startsWith('//');
    if (slashes && !isScript(protocol)) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }
  if (!isScript(protocol) && (slashes || (found && !slashed.has(found[0])))) {
    rest = readAuthority(this, rest, url);
  }
  if (!isScript(protocol)) rest = rest.replace(ESCAPES, escaped);
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    this.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const query = rest.indexOf('?');
  if (query >= 0) {
    this.search = rest.slice(query);
    this.query = rest.slice(query + 1);
    rest = rest.slice(0, query);
  }
  if (parseQuery) this.query = query >= 0 ? require('querystring').parse(this.query) : Object.create(null);
  if (rest.length > 0) this.pathname = rest;
  if (slashed.has(protocol) && this.hostname && !this.pathname) this.pathname = '/';
  withPath(this);
  this.href = this.format();
  return this;
};

// Takes `auth`, `host` and `port` from the start; gives what comes after them.
function readAuthority(result, given, url) {
  const whole = given.search(HOST_END);
  const input = (whole < 0 ? given : given.slice(0, whole)).replace(LINE_BREAKS, '')
    + (whole < 0 ? '' : given.slice(whole));
  const stop = HOST_END.exec(input);
  const end = stop ? stop.index : input.length;
  const at = input.lastIndexOf('@', end - 1);
  const start = end > 0 && at >= 0 ? at + 1 : 0;
  if (start > 0) result.auth = decodeURIComponent(input.slice(0, start - 1));
  const odd = NEVER_IN_HOST.exec(input.slice(start, end));
  const hostEnd = odd ? start + odd.index : end;
  result.host = input.slice(start, hostEnd);
  let rest = stop || odd ? input.slice(hostEnd) : '';
  result.parseHost();
  let hostname = typeof result.hostname === 'string' ? result.hostname : '';
  const bracketed = isBracketed(hostname);
  if (!bracketed) {
    const colon = hostname.search(HOST_BREAK);
    if (colon >= 0) {
      rest = `/${hostname.slice(colon)}${rest}`;
      hostname = hostname.slice(0, colon);
    }
  }
  hostname = hostname.length > 255 ? '' : hostname.toLowerCase();
  if (hostname !== '') {
    if (!bracketed) hostname = NOT_ASCII.test(hostname) ? text().domainToAscii(hostname) : hostname;
    const forbidden = bracketed ? FORBIDDEN_IPV6 : FORBIDDEN_HOST;
    if (hostname === '' || forbidden.test(hostname)) throw invalidUrl(url);
  }
  result.host = hostname + (result.port ? `:${result.port}` : '');
  result.hostname = bracketed ? hostname.slice(1, -1) : hostname;
  return bracketed && rest[0] !== '/' ? `/${rest}` : rest;
}

Url.prototype.parseHost = function parseHost() {
  let { host } = this;
  const port = PORT.exec(host);
  if (port) {
    if (port[0] !== ':') this.port = port[0].slice(1);
    host = host.slice(0, -port[0].length);
  }
  if (host) this.hostname = host;
};

const withColon = (protocol) => (protocol && !protocol.endsWith(':') ? `${protocol}:` : protocol);

function writtenAuth(auth) {
  return encodeURIComponent(auth).replace(COLONS, ':');
}

Url.prototype.format = function format() {
  const auth = this.auth ? `${writtenAuth(this.auth)}@` : '';
  let host = '';
  if (this.host) host = auth + this.host;
  else if (this.hostname) {
    const name = this.hostname;
    host = `${auth}${name.includes(':') && !isBracketed(name) ? `[${name}]` : name}${this.port ? `:${this.port}` : ''}`;
  }
  let query = '';
  if (this.query !== null && typeof this.query === 'object') query = require('querystring').stringify(this.query);
  const protocol = withColon(this.protocol || '');
  let pathname = (this.pathname || '').replace(HASHES_AND_MARKS, escaped);
  if (this.slashes || slashed.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol.startsWith('file')) host = '//';
  }
  let search = (this.search || (query && `?${query}`) || '').replace(HASHES, '%23');
  let hash = this.hash || '';
  if (hash && hash[0] !== '#') hash = `#${hash}`;
  if (search && search[0] !== '?') search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

function urlParse(url, parseQuery, slashesDenoteHost) {
  return url instanceof Url ? url : new Url().parse(url, parseQuery, slashesDenoteHost);
}

function urlFormat(url, options) {
  if (typeof url === 'string') return urlParse(url).format();
  if (typeof url !== 'object' || url === null) throw badType('urlObject', 'one of type object or string', url);
  if (!(url instanceof web('URL'))) return Url.prototype.format.call(url);
  const wants = { auth: true, fragment: true, search: true, unicode: false };
  if (options) {
    if (typeof options !== 'object') throw badType('options', 'of type object', options);
    for (const name of Object.keys(wants)) {
      if (options[name] !== undefined && options[name] !== null) wants[name] = Boolean(options[name]);
    }
  }
  const copy = new (web('URL'))(url.href);
  if (!wants.auth) [copy.username, copy.password] = ['', ''];
  if (!wants.fragment) copy.hash = '';
  if (!wants.search) copy.search = '';
  if (!wants.unicode || !copy.hostname) return copy.href;
  return copy.href.replace(copy.hostname, text().domainToUnicode(copy.hostname));
}

const urlResolve = (source, relative) => urlParse(source, false, true).resolve(relative);
const urlResolveObject = (source, relative) => (
  source ? urlParse(source, false, true).resolveObject(relative) : relative);

Url.prototype.resolve = function resolve(relative) {
  return this.resolveObject(urlParse(relative, false, true)).format();
};

Url.prototype.resolveObject = function resolveObject(relative) {
  const other = typeof relative === 'string' ? new Url().parse(relative, false, true) : relative;
  return require('internal/url_resolve')(Object.assign(new Url(), this), other, slashed, isScript);
};

function pathToFileURL(path) {
  if (typeof path !== 'string') throw badType('path', 'of type string', path);
  let resolved = require('path').resolve(path);
  if (path.endsWith('/') && !resolved.endsWith('/')) resolved += '/';
  const written = resolved.replace(/[\0- "#%<>?[\\\]^`{|}~]/g, escaped);
  return new (web('URL'))(`file://${written}`);
}

function fileURLToPath(path) {
  const url = typeof path === 'string' ? new (web('URL'))(path) : path;
  if (!(url instanceof web('URL'))) throw badType('path', 'of type string or an instance of URL', path);
  if (url.protocol !== 'file:') throw coded('ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
  if (url.hostname !== '') throw coded('ERR_INVALID_FILE_URL_HOST', 'File URL host must be "localhost" or empty on linux');
  if (/%2f/i.test(url.pathname)) throw coded('ERR_INVALID_FILE_URL_PATH', 'File URL path must not include encoded / characters');
  return decodeURIComponent(url.pathname);
}

function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname && hostname[0] === '[' ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ''}${search || ''}`,
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

module.exports = {
  Url,
  parse: urlParse,
  resolve: urlResolve,
  resolveObject: urlResolveObject,
  format: urlFormat,
  URL: null,
  URLSearchParams: null,
  domainToASCII(domain) {
    if (arguments.length < 1) throw coded('ERR_MISSING_ARGS', 'The "domain" argument must be specified');
    return text().domainToAscii(`${domain}`);
  },
  domainToUnicode(domain) {
    if (arguments.length < 1) throw coded('ERR_MISSING_ARGS', 'The "domain" argument must be specified');
    return text().domainToUnicode(`${domain}`);
  },
  pathToFileURL,
  fileURLToPath,
  urlToHttpOptions,
};
for (const name of ['URL', 'URLSearchParams']) {
  Object.defineProperty(module.exports, name, { configurable: true, enumerable: true, get: () => web(name) });
}
