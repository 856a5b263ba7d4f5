// The module `url`: the older `parse`, `format` and `resolve`, and what it has around `URL`.

const slashed = new Set(['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'].flatMap((name) => [name, `${name}:`]));
const isScript = (protocol) => protocol === 'javascript' || protocol === 'javascript:';
const badType = (...details) => native('coded').invalidType(...details);
const web = (name) => require('internal/web_url')[name];
const text = () => native('text');

function invalidUrl(input) {
  return Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input });
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
  const trimmed = url.replace(/^[\s\uFEFF]+|[\s\uFEFF]+$/g, '');
  const end = trimmed.search(/[?#]/);
  if (end < 0) return trimmed.replace(/\\/g, '/');
  return trimmed.slice(0, end).replace(/\\/g, '/') + trimmed.slice(end);
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
  if (!slashesDenoteHost && !/[#@]/.test(url)) {
    const simple = /^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/.exec(rest);
    if (simple) {
      [this.path, this.href, this.pathname] = [rest, rest, simple[1]];
      this.search = simple[2] || null;
      withQuery(this, parseQuery);
      return this;
    }
  }
  const found = /^[a-z0-9.+-]+:/i.exec(rest);
  const protocol = found ? found[0].toLowerCase() : undefined;
  if (found) {
    this.protocol = protocol;
    rest = rest.slice(protocol.length);
  }
  let slashes = false;
  if (slashesDenoteHost || found || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
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
  const whole = given.search(/[#/?]/);
  const input = (whole < 0 ? given : given.slice(0, whole)).replace(/[\t\n\r]/g, '')
    + (whole < 0 ? '' : given.slice(whole));
  const stop = /[#/?]/.exec(input);
  const end = stop ? stop.index : input.length;
  const at = input.lastIndexOf('@', end - 1);
  const start = end > 0 && at >= 0 ? at + 1 : 0;
  if (start > 0) result.auth = decodeURIComponent(input.slice(0, start - 1));
  const odd = /[ "%';<>\\^`{|}]/.exec(input.slice(start, end));
  const hostEnd = odd ? start + odd.index : end;
  result.host = input.slice(start, hostEnd);
  let rest = stop || odd ? input.slice(hostEnd) : '';
  result.parseHost();
  let hostname = typeof result.hostname === 'string' ? result.hostname : '';
  const bracketed = isBracketed(hostname);
  if (!bracketed) {
    const colon = hostname.search(/[\\/#?:]/);
    if (colon >= 0) {
      rest = `/${hostname.slice(colon)}${rest}`;
      hostname = hostname.slice(0, colon);
    }
  }
  hostname = hostname.length > 255 ? '' : hostname.toLowerCase();
  if (hostname !== '') {
    if (!bracketed) hostname = /[^\0-\x7F]/.test(hostname) ? text().domainToAscii(hostname) : hostname;
    const forbidden = bracketed ? /[\0\t\n\r #%/<>?@\\^|]/ : /[\0\t\n\r #%/:<>?@[\\\]^|]/;
    if (hostname === '' || forbidden.test(hostname)) throw invalidUrl(url);
  }
  result.host = hostname + (result.port ? `:${result.port}` : '');
  result.hostname = bracketed ? hostname.slice(1, -1) : hostname;
  return bracketed && rest[0] !== '/' ? `/${rest}` : rest;
}

Url.prototype.parseHost = function parseHost() {
  let { host } = this;
  const port = /:[0-9]*$/.exec(host);
  if (port) {
    if (port[0] !== ':') this.port = port[0].slice(1);
    host = host.slice(0, -port[0].length);
  }
  if (host) this.hostname = host;
};

const withColon = (protocol) => (protocol && !protocol.endsWith(':') ? `${protocol}:` : protocol);

function writtenAuth(auth) {
  return encodeURIComponent(auth).replace(/%3A/g, ':');
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
  let pathname = (this.pathname || '').replace(/[#?]/g, escaped);
  if (this.slashes || slashed.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol.startsWith('file')) host = '//';
  }
  let search = (this.search || (query && `?${query}`) || '').replace(/#/g, '%23');
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
  const fail = (code, message) => Object.assign(new TypeError(message), { code });
  if (url.protocol !== 'file:') throw fail('ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
  if (url.hostname !== '') throw fail('ERR_INVALID_FILE_URL_HOST', 'File URL host must be "localhost" or empty on linux');
  if (/%2f/i.test(url.pathname)) throw fail('ERR_INVALID_FILE_URL_PATH', 'File URL path must not include encoded / characters');
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
    if (arguments.length < 1) throw Object.assign(new TypeError('The "domain" argument must be specified'), { code: 'ERR_MISSING_ARGS' });
    return text().domainToAscii(`${domain}`);
  },
  domainToUnicode(domain) {
    if (arguments.length < 1) throw Object.assign(new TypeError('The "domain" argument must be specified'), { code: 'ERR_MISSING_ARGS' });
    return text().domainToUnicode(`${domain}`);
  },
  pathToFileURL,
  fileURLToPath,
  urlToHttpOptions,
};
for (const name of ['URL', 'URLSearchParams']) {
  Object.defineProperty(module.exports, name, { configurable: true, enumerable: true, get: () => web(name) });
}
