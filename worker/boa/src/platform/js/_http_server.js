// HTTP servers that are called in process: `emit('request', request, response)` or
// `emit('connection', stream)`. None listens on a port.
const { codes } = require('internal/errors');
const net = require('net');
const { IncomingMessage } = require('_http_incoming');
const { OutgoingMessage } = require('_http_outgoing');
const { kOutHeaders, kUniqueHeaders, parseUniqueHeadersOption } = require('internal/http_headers');
const { _checkInvalidHeaderChar: isForbidden, chunkExpression, kIncomingMessage } = require('_http_common');
const { validateObject, validateInteger, validateBoolean } = require('internal/validators');

const kServerResponse = Symbol('ServerResponse');
const kConnectionsCheckingInterval = Symbol('http.server.connectionsCheckingInterval');
const STATUS_CODES = {};
('100Continue|101Switching Protocols|102Processing|103Early Hints|200OK|201Created|202Accepted|203Non-Authoritative Information|204No Content|205Reset Content|206Partial Content|207Multi-Status|208Already Reported|226IM Used|300Multiple Choices|301Moved Permanently|302Found|303See Other|304Not Modified|305Use Proxy|307Temporary Redirect|308Permanent Redirect|400Bad Request|401Unauthorized|402Payment Required|403Forbidden|404Not Found|405Method Not Allowed|406Not Acceptable|407Proxy Authentication Required|408Request Timeout|409Conflict|410Gone|411Length Required|412Precondition Failed|413Payload Too Large|414URI Too Long|415Unsupported Media Type|416Range Not Satisfiable|417Expectation Failed|418I\'m a Teapot|421Misdirected Request|422Unprocessable Entity|423Locked|424Failed Dependency|425Too Early|426Upgrade Required|428Precondition Required|429Too Many Requests|431Request Header Fields Too Large|451Unavailable For Legal Reasons|500Internal Server Error|501Not Implemented|502Bad Gateway|503Service Unavailable|504Gateway Timeout|505HTTP Version Not Supported|506Variant Also Negotiates|507Insufficient Storage|508Loop Detected|509Bandwidth Limit Exceeded|510Not Extended|511Network Authentication Required')
  .split('|').forEach((line) => { STATUS_CODES[line.slice(0, 3)] = line.slice(3); });

function ServerResponse(req, options) {
  OutgoingMessage.call(this, options);
  if (req.method === 'HEAD') this._hasBody = false;
  this.req = req;
  this.sendDate = true;
  this._sent100 = false;
  this._expect_continue = false;
  if (req.httpVersionMajor < 1 || req.httpVersionMinor < 1) {
    this.useChunkedEncodingByDefault = chunkExpression.test(req.headers.te);
    this.shouldKeepAlive = false;
  }
}
Object.setPrototypeOf(ServerResponse.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ServerResponse, OutgoingMessage);

// The socket of a response closed, whether it was sent whole or not.
function closed(response) {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}
function onSocketClose() {
  if (this._httpMessage) closed(this._httpMessage);
}

function pairs(list) {
  if (list.length % 2 !== 0) throw new codes.ERR_INVALID_ARG_VALUE('headers', list);
  return list.map((name, at) => [name, list[at + 1]]).filter((pair, at) => at % 2 === 0);
}

function writeHead(statusCode, reason, headers) {
  if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('write');
  const given = statusCode;
  statusCode |= 0;
  if (statusCode < 100 || statusCode > 999) throw new codes.ERR_HTTP_INVALID_STATUS_CODE(given);
  if (typeof reason === 'string') this.statusMessage = reason;
  else {
    if (!this.statusMessage) this.statusMessage = STATUS_CODES[statusCode] || 'unknown';
    if (headers === undefined || headers === null) headers = reason;
  }
  this.statusCode = statusCode;
  let lines = headers;
  if (this[kOutHeaders]) {
    // Those that were set before come first.
    for (const [name, value] of Array.isArray(headers) ? pairs(headers) : Object.entries(headers || {})) if (name) this.setHeader(name, value);
    lines = this[kOutHeaders];
  }
  if (isForbidden(this.statusMessage)) throw new codes.ERR_INVALID_CHAR('statusMessage');
  if (statusCode === 204 || statusCode === 304 || statusCode < 200) this._hasBody = false;
  // The client may send the body that it asked about: nothing can follow on this connection.
  if (this._expect_continue && !this._sent100) this.shouldKeepAlive = false;
  this._storeHeader(`HTTP/1.1 ${statusCode} ${this.statusMessage}\r\n`, lines);
  return this;
}

Object.assign(ServerResponse.prototype, {
  _finish() { OutgoingMessage.prototype._finish.call(this); },
  statusCode: 200,
  statusMessage: undefined,
  assignSocket(socket) {
    if (socket._httpMessage) throw new codes.ERR_HTTP_SOCKET_ASSIGNED();
    socket._httpMessage = this;
    socket.on('close', onSocketClose);
    this.socket = socket;
    this.emit('socket', socket);
    this._flush();
  },
  detachSocket(socket) {
    require('assert')(socket._httpMessage === this);
    socket.removeListener('close', onSocketClose);
    socket._httpMessage = null;
    this.socket = null;
  },
  writeContinue(callback) {
    this._writeRaw('HTTP/1.1 100 Continue\r\n\r\n', 'ascii', callback);
    this._sent100 = true;
  },
  writeProcessing(callback) { this._writeRaw('HTTP/1.1 102 Processing\r\n\r\n', 'ascii', callback); },
  writeEarlyHints(hints, callback) {
    validateObject(hints, 'hints');
    if (hints.link === null || hints.link === undefined) return;
    const link = linkOf(hints.link);
    if (link.length === 0) return;
    const others = Object.keys(hints).filter((name) => name !== 'link').map((name) => `${name}: ${hints[name]}\r\n`);
    this._writeRaw(`HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n${others.join('')}\r\n`, 'ascii', callback);
  },
  _implicitHeader() { this.writeHead(this.statusCode); },
  writeHead,
  writeHeader: writeHead,
});

const linkFormat = /^(?:<[^>]*>)(?:\s*;\s*[^;"\s]+(?:=(")?[^;"\s]*\1)?)*$/;
function linkOf(value) {
  const links = Array.isArray(value) ? value : [value];
  for (const link of links) {
    if (typeof link !== 'string' || !linkFormat.test(link)) {
      throw new codes.ERR_INVALID_ARG_VALUE('hints', link, 'must be an array or string of format "</styles.css>; rel=preload; as=style"');
    }
  }
  return links.join(', ');
}

function storeHTTPOptions(options) {
  const integer = (name, fallback) => {
    const value = options[name];
    if (value !== undefined) validateInteger(value, name, 0);
    this[name] = value === undefined ? fallback : value;
  };
  const flag = (name, fallback) => {
    const value = options[name];
    if (value !== undefined) validateBoolean(value, `options.${name}`);
    this[name] = value === undefined ? fallback : value;
  };
  this[kIncomingMessage] = options.IncomingMessage || IncomingMessage;
  this[kServerResponse] = options.ServerResponse || ServerResponse;
  integer('maxHeaderSize', undefined);
  flag('insecureHTTPParser', undefined);
  integer('requestTimeout', 300000);
  integer('headersTimeout', Math.min(60000, this.requestTimeout));
  if (this.requestTimeout > 0 && this.headersTimeout > 0 && this.headersTimeout > this.requestTimeout) {
    throw new codes.ERR_OUT_OF_RANGE('headersTimeout', '<= requestTimeout', options.headersTimeout);
  }
  integer('keepAliveTimeout', 5000);
  integer('connectionsCheckingInterval', 30000);
  flag('requireHostHeader', true);
  flag('joinDuplicateHeaders', undefined);
  flag('rejectNonStandardBodyWrites', false);
}

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') [options, listener] = [{}, options];
  else if (options === undefined || options === null) options = {};
  else validateObject(options, 'options');
  storeHTTPOptions.call(this, options);
  const { noDelay, keepAlive, keepAliveInitialDelay, highWaterMark } = options;
  net.Server.call(this, { allowHalfOpen: true, noDelay: noDelay === undefined || noDelay === null ? true : noDelay, keepAlive, keepAliveInitialDelay, highWaterMark });
  beginServer(this, options, listener);
  return undefined;
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);

// What the servers of `http` and `https` begin with.
function beginServer(server, options, listener) {
  if (listener) server.on('request', listener);
  server.httpAllowHalfOpen = false;
  server.on('connection', _connectionListener);
  server.on('listening', setupConnectionsTracking);
  server.timeout = 0;
  server.maxHeadersCount = null;
  server.maxRequestsPerSocket = 0;
  server[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
}

const connections = Symbol('http.server.connections');
function setupConnectionsTracking() {}
function httpServerPreClose(server) { server.closeIdleConnections(); }
function _connectionListener(socket) {
  const server = this;
  const open = server[connections] = server[connections] || new Set();
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  require('internal/http_connection').serve(server, socket, { IncomingMessage: server[kIncomingMessage], ServerResponse: server[kServerResponse], closed });
}

const methods = {
  close(...args) {
    httpServerPreClose(this);
    net.Server.prototype.close.apply(this, args);
    return this;
  },
  closeAllConnections() { for (const socket of this[connections] || []) socket.destroy(); },
  closeIdleConnections() { for (const socket of this[connections] || []) if (!socket._httpMessage) socket.destroy(); },
  setTimeout(msecs, callback) {
    this.timeout = msecs;
    if (callback) this.on('timeout', callback);
    return this;
  },
  async [Symbol.asyncDispose || Symbol.for('nodejs.asyncDispose')]() {},
};
Object.assign(Server.prototype, methods, {
  // The promise of an async listener was rejected.
  [Symbol.for('nodejs.rejection')](error, event, ...args) {
    const [, response] = args;
    if (event !== 'request') net.Server.prototype[Symbol.for('nodejs.rejection')].call(this, error, event, ...args);
    else if (response.headersSent || response.writableEnded) response.destroy();
    else {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.statusCode = 500;
      response.end(STATUS_CODES[500]);
    }
  },
});

module.exports = {
  STATUS_CODES, Server, ServerResponse, setupConnectionsTracking, storeHTTPOptions, _connectionListener, kServerResponse,
  httpServerPreClose, kConnectionsCheckingInterval,
};
Object.defineProperty(module.exports, 'forHttps', { value: { beginServer, methods } });
