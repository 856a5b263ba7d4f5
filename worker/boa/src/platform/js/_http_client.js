// The HTTP client, over the host's calls. Requests are gathered and sent whole, and answers come whole.
// There are no own sockets, no upgrades and no proxies.
const { codes, AbortError } = require('internal/errors');
const { Buffer } = require('buffer');
const EventEmitter = require('events');
const { OutgoingMessage } = require('_http_outgoing');
const { IncomingMessage } = require('_http_incoming');
const { kOutHeaders, kUniqueHeaders, parseUniqueHeadersOption } = require('internal/http_headers');
const { _checkIsHttpToken: isToken } = require('_http_common');

const hangUp = (message = 'socket hang up') => Object.assign(new Error(message), { code: 'ECONNRESET' });

// What libraries look at on a socket.
class Socket extends EventEmitter {
  constructor(secure) {
    super();
    Object.assign(this, { connecting: false, destroyed: false, readable: true, writableLength: 0, writableHighWaterMark: 16384, writable: true, encrypted: secure, authorized: secure });
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
  const defaultAgent = options._defaultAgent || require('_http_agent').globalAgent;
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
  if (method && !isToken(method)) throw new codes.ERR_INVALID_HTTP_TOKEN('Method', method);
  Object.assign(this, { path: options.path || '/', host, protocol, aborted: false, reusedSocket: false, res: null, maxHeadersCount: null, timeoutCb: null, joinDuplicateHeaders: options.joinDuplicateHeaders });
  this.useChunkedEncodingByDefault = !/^(GET|HEAD|DELETE|OPTIONS|TRACE|CONNECT)$/.test(this.method);
  this.shouldKeepAlive = this.agent.keepAlive !== false || Number.isFinite(this.agent.maxSockets);
  if (options.timeout !== undefined) this.timeout = checkTimeout(options.timeout, 'timeout');
  if (options.insecureHTTPParser !== undefined) require('internal/validators').validateBoolean(options.insecureHTTPParser, 'options.insecureHTTPParser');
  if (callback) this.once('response', callback);
  const { headers } = options;
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!Array.isArray(headers)) {
    if (headers) for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
    if (host && !this.hasHeader('host') && options.setHost !== false) {
      this.setHeader('Host', port && +port !== defaultPort ? `${bracketed}:${port}` : bracketed);
    }
    if (options.auth && !this.hasHeader('authorization')) {
      this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    }
    if (this.getHeader('expect')) this._implicitHeader();
  } else this._storeHeader(firstLine(this), headers);
  this[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
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

for (const [name, get] of [['writableFinished', (request) => request._sent === true], ['errored', (request) => request._errored || null]]) {
  Object.defineProperty(ClientRequest.prototype, name, { configurable: true, get() { return get(this); } });
}

const firstLine = ({ method, path }) => `${method} ${path} HTTP/1.1\r\n`;
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

Object.assign(ClientRequest.prototype, {
  _implicitHeader() {
    if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('render');
    this._storeHeader(firstLine(this), this[kOutHeaders]);
  },
  // Nothing goes out before all is there.
  _send() { return true; },
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
    if (!this._header) this._implicitHeader();
    this._chunks.push(bytes);
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
    if (!this._header) {
      this._contentLength = this._chunks.length === 0 ? 0 : this._chunks[0].length;
      this._implicitHeader();
    }
    this.finished = true;
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
  for (const line of request._header.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':');
    headers.push(line.slice(0, colon), line.slice(colon + 2));
  }
  const body = Buffer.concat(request._chunks);
  request._chunks = [];
  const path = request.path.startsWith('/') ? request.path : `/${request.path}`;
  const [answer, call] = native('calls').call(request.method, request._origin + path, headers, body, 'manual', path);
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
  const lines = raw.map((text, at) => (at % 2 === 0 ? text.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()) : text));
  res.joinDuplicateHeaders = request.joinDuplicateHeaders;
  res._addHeaderLines(lines, lines.length);
  Object.assign(res, { statusCode: status, statusMessage: reason, req: request, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, complete: true, upgrade: false });
  res._destroy = drop;
  res._read = give(none ? [] : [Buffer.from(bytes.buffer)]);
  res.setTimeout = (timeout, callback) => {
    request.setTimeout(timeout, callback);
    return res;
  };
  res.on('close', () => {
    request.destroyed = true;
    close(request);
  });
  clearTimeout(request._timer);
  if (!request.emit('response', res)) res.resume();
}


// `_destroy` of an answer, whose connection is the host's.
function drop(error, callback) {
  if (!this.readableEnded && !this.complete) this.aborted = true;
  process.nextTick(callback, error);
}

// `_read` of an answer, which is there as a whole.
function give(body) {
  return function _read() {
    while (body.length > 0) {
      const [bytes] = body;
      if (bytes.length > 65536) body[0] = bytes.subarray(65536);
      else body.shift();
      if (bytes.length > 0 && !this.push(bytes.subarray(0, 65536))) return;
    }
    this.push(null);
  };
}

module.exports = { ClientRequest };
