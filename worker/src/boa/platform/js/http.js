// The HTTP client of Node.js on the host's calls. Requests are gathered and sent whole, answers
// come whole. Without servers, sockets of one's own, upgrades and proxies.
const { codes, AbortError } = require('internal/errors');
const { Buffer } = require('buffer');
const EventEmitter = require('events');
const { Stream, Readable } = require('stream');

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const single = new Set('age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since last-modified location max-forwards proxy-authorization referer retry-after server user-agent'.split(' '));
const METHODS = 'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE'.split(' ');
const STATUS_CODES = {};
('100Continue|101Switching Protocols|102Processing|103Early Hints|200OK|201Created|202Accepted|203Non-Authoritative Information|204No Content|205Reset Content|206Partial Content|207Multi-Status|208Already Reported|226IM Used|300Multiple Choices|301Moved Permanently|302Found|303See Other|304Not Modified|305Use Proxy|307Temporary Redirect|308Permanent Redirect|400Bad Request|401Unauthorized|402Payment Required|403Forbidden|404Not Found|405Method Not Allowed|406Not Acceptable|407Proxy Authentication Required|408Request Timeout|409Conflict|410Gone|411Length Required|412Precondition Failed|413Payload Too Large|414URI Too Long|415Unsupported Media Type|416Range Not Satisfiable|417Expectation Failed|418I\'m a Teapot|421Misdirected Request|422Unprocessable Entity|423Locked|424Failed Dependency|425Too Early|426Upgrade Required|428Precondition Required|429Too Many Requests|431Request Header Fields Too Large|451Unavailable For Legal Reasons|500Internal Server Error|501Not Implemented|502Bad Gateway|503Service Unavailable|504Gateway Timeout|505HTTP Version Not Supported|506Variant Also Negotiates|507Insufficient Storage|508Loop Detected|509Bandwidth Limit Exceeded|510Not Extended|511Network Authentication Required')
  .split('|').forEach((line) => { STATUS_CODES[line.slice(0, 3)] = line.slice(3); });

function validateHeaderName(name, label) {
  if (typeof name !== 'string' || !token.test(name)) throw new codes.ERR_INVALID_HTTP_TOKEN(label || 'Header name', name);
}
function validateHeaderValue(name, value) {
  if (value === undefined) throw new codes.ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new codes.ERR_INVALID_CHAR('header content', name);
}
const hangUp = (message = 'socket hang up') => Object.assign(new Error(message), { code: 'ECONNRESET' });
const kHeaders = Symbol('kOutHeaders');

// What libraries look at on a socket.
class Socket extends EventEmitter {
  constructor(secure) {
    super();
    Object.assign(this, { connecting: false, destroyed: false, readable: true, writable: true, encrypted: secure, authorized: secure });
  }
  setTimeout() { return this; }
  setNoDelay() { return this; }
  setKeepAlive() { return this; }
  ref() { return this; }
  unref() { return this; }
  destroy() { this.destroyed = true; return this; }
  end() { return this; }
  address() { return {}; }
}

function OutgoingMessage(options) {
  Stream.call(this);
  Object.assign(this, { outputData: [], writable: true, destroyed: false, finished: false, sendDate: false, socket: null, _header: null, _hasBody: true });
  this[kHeaders] = new Map();
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);
const define = (Class, members) => {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(Class.prototype, name, { ...property, enumerable: false });
  }
};
const lowered = (name) => {
  require('internal/validators').validateString(name, 'name');
  return name.toLowerCase();
};
define(OutgoingMessage, {
  get headersSent() { return this._header !== null; },
  get writableEnded() { return this.finished; },
  get writableFinished() { return this._sent === true; },
  get writableLength() { return 0; },
  get writableHighWaterMark() { return 16384; },
  get writableCorked() { return 0; },
  get writableObjectMode() { return false; },
  get writableNeedDrain() { return false; },
  get errored() { return this._errored || null; },
  get closed() { return this._closed === true; },
  get connection() { return this.socket; },
  setHeader(name, value) {
    if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('set');
    validateHeaderName(name);
    (Array.isArray(value) ? value : [value]).forEach((one) => validateHeaderValue(name, one));
    if (Array.isArray(value) && value.length === 0) validateHeaderValue(name, '');
    this[kHeaders].set(name.toLowerCase(), [name, value]);
    return this;
  },
  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  },
  appendHeader(name, value) {
    if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('append');
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const found = this[kHeaders].get(name.toLowerCase());
    this[kHeaders].set(name.toLowerCase(), found ? [found[0], [].concat(found[1], value)] : [name, value]);
    return this;
  },
  getHeader(name) {
    const found = this[kHeaders].get(lowered(name));
    return found === undefined ? undefined : found[1];
  },
  getHeaders() {
    const headers = Object.create(null);
    for (const [lower, [, value]] of this[kHeaders]) headers[lower] = value;
    return headers;
  },
  getHeaderNames() { return [...this[kHeaders].keys()]; },
  getRawHeaderNames() { return [...this[kHeaders].values()].map(([name]) => name); },
  hasHeader(name) { return this[kHeaders].has(lowered(name)); },
  removeHeader(name) {
    name = lowered(name);
    if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('remove');
    this[kHeaders].delete(name);
  },
  addTrailers() {},
  cork() {},
  uncork() {},
  flushHeaders() {},
});

// The options that a URL stands for, as url.urlToHttpOptions has them.
function fromUrl(url) {
  const { hostname } = url;
  const options = {
    ...url, protocol: url.protocol, hash: url.hash, search: url.search, pathname: url.pathname,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, path: `${url.pathname || ''}${url.search || ''}`, href: url.href,
  };
  if (url.port !== '') options.port = Number(url.port);
  if (url.username || url.password) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return options;
}

function hostOf(host, name) {
  if (host !== null && host !== undefined && typeof host !== 'string') {
    throw new codes.ERR_INVALID_ARG_TYPE(`options.${name}`, ['string', 'undefined', 'null'], host);
  }
  return host;
}

function ClientRequest(input, options, callback) {
  OutgoingMessage.call(this);
  if (typeof input === 'string') input = fromUrl(new URL(input));
  else if (input instanceof URL) input = fromUrl(input);
  else {
    callback = options;
    options = input;
    input = null;
  }
  if (typeof options === 'function') {
    callback = options;
    options = input || {};
  } else options = Object.assign(input || {}, options);
  let { agent } = options;
  const defaultAgent = options._defaultAgent || module.exports.globalAgent;
  if (agent === false) agent = new defaultAgent.constructor();
  else if (agent === null || agent === undefined) agent = defaultAgent;
  else if (typeof agent.addRequest !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('options.agent', ['Agent-like Object', 'undefined', 'false'], agent);
  }
  this.agent = agent;
  const protocol = options.protocol || defaultAgent.protocol;
  const expected = this.agent.protocol || defaultAgent.protocol;
  if (options.path && /[^\u0021-\u00ff]/.test(String(options.path))) throw new codes.ERR_UNESCAPED_CHARACTERS('Request path');
  if (protocol !== expected) throw new codes.ERR_INVALID_PROTOCOL(protocol, expected);
  const defaultPort = options.defaultPort || this.agent.defaultPort;
  const port = options.port || defaultPort || 80;
  const host = hostOf(options.hostname, 'hostname') || hostOf(options.host, 'host') || 'localhost';
  const method = options.method;
  if (method !== undefined && method !== null && typeof method !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('options.method', 'string', method);
  this.method = method ? method.toUpperCase() : 'GET';
  if (method && !token.test(method)) throw new codes.ERR_INVALID_HTTP_TOKEN('Method', method);
  Object.assign(this, { path: options.path || '/', host, protocol, aborted: false, reusedSocket: false, res: null, maxHeadersCount: null, timeoutCb: null, shouldKeepAlive: this.agent.keepAlive !== false, useChunkedEncodingByDefault: !/^(GET|HEAD|DELETE|OPTIONS|TRACE|CONNECT)$/.test(this.method) });
  if (options.timeout !== undefined) this.timeout = checkTimeout(options.timeout, 'timeout');
  if (options.insecureHTTPParser !== undefined) require('internal/validators').validateBoolean(options.insecureHTTPParser, 'options.insecureHTTPParser');
  if (callback) this.once('response', callback);
  const { headers } = options;
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : headers.map((name, at) => [name, headers[at + 1]]).filter((pair, at) => at % 2 === 0);
    for (const [name, value] of pairs) this.appendHeader(name, value);
  } else if (headers) for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (host && !this.hasHeader('host') && options.setHost !== false) {
    this.setHeader('Host', port && +port !== defaultPort ? `${bracketed}:${port}` : bracketed);
  }
  if (options.auth && !this.hasHeader('authorization')) {
    this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
  }
  this._origin = `${protocol}//${bracketed}:${port}`;
  this._chunks = [];
  this._call = null;
  this._onAbort = null;
  if (options.signal) {
    const { signal } = options;
    require('internal/validators').validateAbortSignal(signal, 'options.signal');
    this._onAbort = () => this.destroy(new AbortError(undefined, { cause: signal.reason }));
    this._signal = signal;
    if (signal.aborted) process.nextTick(this._onAbort);
    else signal.addEventListener('abort', this._onAbort, { once: true });
  }
  process.nextTick(() => {
    if (this.destroyed) return;
    this.socket = new Socket(protocol === 'https:');
    this.emit('socket', this.socket);
    this.socket.emit('connect');
    if (protocol === 'https:') this.socket.emit('secureConnect');
    if (this.timeout && !this._timer) startTimer(this);
  });
}
Object.setPrototypeOf(ClientRequest.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ClientRequest, OutgoingMessage);

function checkTimeout(timeout, name) {
  require('internal/validators').validateNumber(timeout, name);
  if (timeout < 0 || !Number.isFinite(timeout)) throw new codes.ERR_OUT_OF_RANGE(name, 'a non-negative finite number', timeout);
  return timeout;
}
function startTimer(request) {
  clearTimeout(request._timer);
  if (request._closed || request.destroyed) return;
  request._timer = setTimeout(() => {
    if (request._call) sent(request);
    request.emit('timeout');
    if (request.socket) request.socket.emit('timeout');
  }, request.timeout);
}

function close(request) {
  clearTimeout(request._timer);
  if (request._signal) request._signal.removeEventListener('abort', request._onAbort);
  if (request._closed) return;
  request._closed = true;
  request.emit('close');
}

function bytesOf(chunk, encoding) {
  if (chunk === null) throw new codes.ERR_STREAM_NULL_VALUES();
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding || 'utf8');
  if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
}

define(ClientRequest, {
  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
    const bytes = bytesOf(chunk, encoding);
    if (this.finished) {
      const error = new codes.ERR_STREAM_WRITE_AFTER_END();
      process.nextTick(() => {
        if (callback) callback(error);
        this.emit('error', error);
      });
      return false;
    }
    if (this.destroyed) return false;
    this._chunks.push(bytes);
    this._streamed = true;
    if (callback) process.nextTick(callback);
    return true;
  },
  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') [chunk, encoding, callback] = [null, null, chunk];
    else if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
    if (chunk !== null && chunk !== undefined) {
      if (this.finished) {
        const error = new codes.ERR_STREAM_WRITE_AFTER_END();
        process.nextTick(() => this.emit('error', error));
        return this;
      }
      this._chunks.push(bytesOf(chunk, encoding));
    }
    if (this.finished) return this;
    if (callback) this.once('finish', callback);
    this.finished = true;
    this._header = `${this.method} ${this.path} HTTP/1.1\r\n`;
    process.nextTick(send, this);
    return this;
  },
  abort() {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(() => this.emit('abort'));
    this.destroy();
  },
  destroy(error) {
    if (this.destroyed) return this;
    if (this._call && !error?.syscall) sent(this);
    this.destroyed = true;
    if (this.socket) this.socket.destroyed = true;
    clearTimeout(this._timer);
    clearTimeout(this._sending);
    if (this._call) native('calls').cancel(this._call);
    const { res } = this;
    if (res && !res.complete) {
      res.aborted = true;
      process.nextTick(() => {
        res.emit('aborted');
        res.destroy(error || hangUp('aborted'));
        close(this);
      });
      return this;
    }
    this._errored = error || (res ? null : hangUp());
    process.nextTick(() => {
      if (this._errored && !res) this.emit('error', this._errored);
      close(this);
    });
    return this;
  },
  setTimeout(timeout, callback) {
    this.timeout = checkTimeout(timeout, 'msecs');
    if (callback !== undefined) {
      require('internal/validators').validateFunction(callback, 'callback');
      this.once('timeout', callback);
    }
    if (timeout === 0) clearTimeout(this._timer);
    else startTimer(this);
    return this;
  },
  clearTimeout(callback) { return this.setTimeout(0, callback); },
  setNoDelay() {},
  setSocketKeepAlive() {},
  onSocket() {},
});

// Whether there is a connection at all the host does not say: a request counts as sent when
// something else than its failure comes of it, or if nothing comes for a while.
function sent(request) {
  clearTimeout(request._sending);
  if (request._sent || request.destroyed) return;
  request._sent = true;
  request.emit('prefinish');
  request.emit('finish');
}

function send(request) {
  if (request.destroyed) return;
  request._sending = setTimeout(sent, 50, request);
  const headers = [];
  for (const [name, value] of request[kHeaders].values()) {
    if (Array.isArray(value) && name.toLowerCase() === 'cookie') headers.push(name, value.join('; '));
    else for (const one of Array.isArray(value) ? value : [value]) headers.push(name, String(one));
  }
  if (!request.hasHeader('connection')) headers.push('Connection', request.shouldKeepAlive ? 'keep-alive' : 'close');
  const body = Buffer.concat(request._chunks);
  request._chunks = [];
  if (request._streamed && request.useChunkedEncodingByDefault && !request.hasHeader('content-length')) headers.push('Transfer-Encoding', 'chunked');
  const path = request.path.startsWith('/') ? request.path : `/${request.path}`;
  const [answer, call] = native('calls').call(request.method, request._origin + path, headers, body, 'manual');
  request._call = call;
  answer.then(
    (answer) => process.nextTick(answered, request, answer),
    (error) => process.nextTick(() => request.destroy(error)));
}

function answered(request, [status, reason, , , raw, bytes]) {
  sent(request);
  if (request.destroyed) return;
  const none = request.method === 'HEAD' || status === 204 || status === 304;
  const res = request.res = new IncomingMessage(request.socket);
  Object.assign(res, { statusCode: status, statusMessage: reason, req: request, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, complete: true });
  res._body = none ? [] : [Buffer.from(bytes.buffer)];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    res.rawHeaders.push(name, raw[at + 1]);
  }
  res.on('close', () => {
    request.destroyed = true;
    close(request);
  });
  clearTimeout(request._timer);
  if (!request.emit('response', res)) res.resume();
}

function IncomingMessage(socket) {
  Readable.call(this, { autoDestroy: true });
  Object.assign(this, { httpVersionMajor: null, httpVersionMinor: null, httpVersion: null, complete: false, rawHeaders: [], rawTrailers: [], aborted: false, upgrade: false, url: '', method: null, statusCode: null, statusMessage: null, client: socket, socket });
  this._body = [];
}
Object.setPrototypeOf(IncomingMessage.prototype, Readable.prototype);
Object.setPrototypeOf(IncomingMessage, Readable);
function merged(raw, distinct) {
  const headers = distinct ? Object.create(null) : {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    const value = raw[at + 1];
    const known = Object.hasOwn(headers, name);
    if (distinct) known ? headers[name].push(value) : headers[name] = [value];
    else if (name === 'set-cookie') known ? headers[name].push(value) : headers[name] = [value];
    else if (!known) headers[name] = value;
    else if (name === 'cookie') headers[name] += `; ${value}`;
    else if (!single.has(name)) headers[name] += `, ${value}`;
  }
  return headers;
}
// The accessor stays: the engine's inline caches mistake one that replaces itself while it is read.
const lazily = (name, make) => {
  const made = Symbol(name);
  const keep = (object, value) => Object.defineProperty(object, made, { value, writable: true, configurable: true });
  return {
    [name]: {
      get() { return (made in this ? this : keep(this, make(this)))[made]; },
      set(value) { keep(this, value); },
      configurable: true,
    },
  };
};
Object.defineProperties(IncomingMessage.prototype, {
  ...lazily('headers', (res) => merged(res.rawHeaders)),
  ...lazily('headersDistinct', (res) => merged(res.rawHeaders, true)),
  ...lazily('trailers', () => ({})),
  ...lazily('trailersDistinct', () => Object.create(null)),
});
define(IncomingMessage, {
  get connection() { return this.socket; },
  setTimeout(timeout, callback) {
    if (this.req) this.req.setTimeout(timeout, callback);
    return this;
  },
  _read() {
    while (this._body.length > 0) {
      const [bytes] = this._body;
      if (bytes.length > 65536) this._body[0] = bytes.subarray(65536);
      else this._body.shift();
      if (bytes.length > 0 && !this.push(bytes.subarray(0, 65536))) return;
    }
    this.push(null);
  },
  _destroy(error, callback) {
    if (!this.readableEnded && !this.complete) this.aborted = true;
    process.nextTick(callback, error);
  },
});

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  const own = this.options = Object.assign(Object.create(null), { path: null }, options);
  Object.assign(this, {
    defaultPort: 80, protocol: 'http:', requests: Object.create(null), sockets: Object.create(null), freeSockets: Object.create(null),
    keepAliveMsecs: own.keepAliveMsecs || 1000, keepAlive: own.keepAlive || false, maxSockets: own.maxSockets || Infinity,
    maxFreeSockets: own.maxFreeSockets || 256, scheduling: own.scheduling || 'lifo', maxTotalSockets: own.maxTotalSockets || Infinity, totalSocketCount: 0,
  });
}
Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Agent, EventEmitter);
Agent.defaultMaxSockets = Infinity;
const unavailable = (name) => { throw new codes.ERR_BRINK_UNAVAILABLE(name); };
define(Agent, {
  createConnection() { unavailable('http.Agent.createConnection'); },
  getName(options = {}) {
    let name = `${options.host || 'localhost'}:${options.port || ''}:${options.localAddress || ''}`;
    if (options.family === 4 || options.family === 6) name += `:${options.family}`;
    return options.socketPath ? `${name}:${options.socketPath}` : name;
  },
  addRequest() {},
  keepSocketAlive() { return true; },
  reuseSocket() {},
  removeSocket() {},
  destroy() {},
});

function request(url, options, callback) { return new ClientRequest(url, options, callback); }
function get(url, options, callback) {
  const made = request(url, options, callback);
  made.end();
  return made;
}
function Server() { unavailable('http.Server'); }
function ServerResponse() { unavailable('http.ServerResponse'); }

Object.assign(module.exports, {
  _connectionListener() {}, METHODS, STATUS_CODES, Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server, ServerResponse,
  createServer() { unavailable('http.createServer'); }, validateHeaderName, validateHeaderValue, get, request, setMaxIdleHTTPParsers() {},
});
let globalAgent;
Object.defineProperties(module.exports, {
  maxHeaderSize: { value: 16384, enumerable: true },
  globalAgent: {
    get() { return (globalAgent = globalAgent || new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, noDelay: true })); },
    set(value) { globalAgent = value; }, enumerable: true, configurable: true,
  },
});
