// An outgoing message: headers first, then a body, whole or in chunks. It writes to its socket, or
// keeps the data until it gets one.
const { codes } = require('internal/errors');
const { Stream, getDefaultHighWaterMark } = require('stream');
const { _checkInvalidHeaderChar: isForbidden } = require('_http_common');
const { kOutHeaders, kUniqueHeaders, validateHeaderName, validateHeaderValue, parseUniqueHeadersOption, Block } = require('internal/http_headers');
const { Buffer } = require('buffer');

const kBytesWritten = Symbol('kBytesWritten');
const kNeedDrain = Symbol('kNeedDrain');
const kCorked = Symbol('corked');
const kErrored = Symbol('errored');
const kHighWaterMark = Symbol('kHighWaterMark');
const kRejectBodies = Symbol('kRejectNonStandardBodyWrites');
const nop = () => {};

function OutgoingMessage(options) {
  Stream.call(this);
  this.outputData = [];
  this.outputSize = 0;
  this.writable = true;
  this.destroyed = false;
  this._last = false;
  this.chunkedEncoding = false;
  this.shouldKeepAlive = true;
  this.maxRequestsOnConnectionReached = false;
  this._defaultKeepAlive = true;
  this.useChunkedEncodingByDefault = true;
  this.sendDate = false;
  this._removedConnection = false;
  this._removedContLen = false;
  this._removedTE = false;
  this.strictContentLength = false;
  this[kBytesWritten] = 0;
  this._contentLength = null;
  this._hasBody = true;
  this._trailer = '';
  this[kNeedDrain] = false;
  this.finished = false;
  this._headerSent = false;
  this[kCorked] = 0;
  this._closed = false;
  this.socket = null;
  this._header = null;
  this[kOutHeaders] = null;
  this._keepAliveTimeout = 0;
  this._onPendingData = nop;
  this[kErrored] = null;
  const mark = options ? options.highWaterMark : undefined;
  this[kHighWaterMark] = mark === undefined || mark === null ? getDefaultHighWaterMark(false) : mark;
  this[kRejectBodies] = !!(options && options.rejectNonStandardBodyWrites);
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);

const { prototype } = OutgoingMessage;
const getter = (name, get, set) => Object.defineProperty(prototype, name, { configurable: true, enumerable: name === 'headersSent', get, set });
getter('errored', function () { return this[kErrored]; });
getter('closed', function () { return this._closed; });
getter('writableFinished', function () { return this.finished && this.outputSize === 0 && (!this.socket || this.socket.writableLength === 0); });
getter('writableObjectMode', () => false);
getter('writableLength', function () { return this.outputSize + (this.socket ? this.socket.writableLength : 0); });
getter('writableHighWaterMark', function () { return this.socket ? this.socket.writableHighWaterMark : this[kHighWaterMark]; });
getter('writableCorked', function () { return this.socket ? this.socket.writableCorked : this[kCorked]; });
getter('_headers', function () { return this.getHeaders(); }, function (headers) {
  this[kOutHeaders] = null;
  if (headers === null || typeof headers !== 'object') return;
  this[kOutHeaders] = Object.create(null);
  for (const name of Object.keys(headers)) this[kOutHeaders][name.toLowerCase()] = [name, headers[name]];
});
getter('connection', function () { return this.socket; }, function (value) { this.socket = value; });
getter('_headerNames', function () {
  const headers = this[kOutHeaders];
  if (headers === null) return null;
  const names = Object.create(null);
  for (const key of Object.keys(headers)) names[key] = headers[key][0];
  return names;
}, function (names) {
  const headers = this[kOutHeaders];
  if (names === null || typeof names !== 'object' || !headers) return;
  for (const key of Object.keys(names)) if (headers[key]) headers[key][0] = names[key];
});
getter('headersSent', function () { return !!this._header; });
getter('writableEnded', function () { return this.finished; });
getter('writableNeedDrain', function () { return !this.destroyed && !this.finished && this[kNeedDrain]; });

const headerName = (name) => {
  require('internal/validators').validateString(name, 'name');
  return name.toLowerCase();
};
const lengthOf = (chunk, encoding) => (typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.byteLength);
// Whether the body has to be as long as its header says, and is not.
const isStrict = (message) => message.strictContentLength && message._contentLength > 0 && message._hasBody &&
  !message._removedContLen && !message.chunkedEncoding && !message.hasHeader('transfer-encoding');

function tell(message, error, callback) {
  callback(error);
  if (typeof message.emit === 'function' && !message.destroyed) message.emit('error', error);
}
function fail(message, error, callback) {
  if (!message.destroyed) process.nextTick(tell, message, error, callback);
}
function uncork(socket) { socket.uncork(); }

function write(message, chunk, encoding, callback, isLast) {
  if (typeof callback !== 'function') callback = nop;
  if (chunk === null) throw new codes.ERR_STREAM_NULL_VALUES();
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  if (message.finished || message.destroyed) {
    const error = message.finished ? new codes.ERR_STREAM_WRITE_AFTER_END() : new codes.ERR_STREAM_DESTROYED('write');
    if (message.destroyed) process.nextTick(callback, error);
    else fail(message, error, callback);
    return false;
  }
  const length = lengthOf(chunk, encoding);
  if (message.strictContentLength) {
    const all = message[kBytesWritten] + length;
    if (isStrict(message) && (isLast ? all !== message._contentLength : all > message._contentLength)) {
      throw new codes.ERR_HTTP_CONTENT_LENGTH_MISMATCH(all, message._contentLength);
    }
    message[kBytesWritten] = all;
  }
  if (!message._header) {
    if (isLast) message._contentLength = length;
    message._implicitHeader();
  }
  if (!message._hasBody) {
    if (message[kRejectBodies]) throw new codes.ERR_HTTP_BODY_NOT_ALLOWED();
    process.nextTick(callback);
    return true;
  }
  const { socket } = message;
  if (!isLast && socket && !socket.writableCorked) {
    socket.cork();
    process.nextTick(uncork, socket);
  }
  if (!message.chunkedEncoding || chunk.length === 0) return message._send(chunk, encoding, callback, length);
  message._send(length.toString(16), 'latin1', null);
  message._send('\r\n', 'latin1', null);
  message._send(chunk, encoding, null, length);
  return message._send('\r\n', 'latin1', callback);
}

const refuseSent = (message, action) => {
  if (message._header) throw new codes.ERR_HTTP_HEADERS_SENT(action);
};

Object.assign(prototype, {
  _renderHeaders() {
    refuseSent(this, 'render');
    const all = this[kOutHeaders];
    const headers = {};
    if (all !== null) for (const key of Object.keys(all)) headers[all[key][0]] = all[key][1];
    return headers;
  },
  cork() {
    if (this.socket) this.socket.cork();
    else this[kCorked]++;
  },
  uncork() {
    if (this.socket) this.socket.uncork();
    else if (this[kCorked]) this[kCorked]--;
  },
  setTimeout(msecs, callback) {
    if (callback) this.on('timeout', callback);
    if (this.socket) this.socket.setTimeout(msecs);
    else this.once('socket', (socket) => socket.setTimeout(msecs));
    return this;
  },
  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    this[kErrored] = error;
    if (this.socket) this.socket.destroy(error);
    else this.once('socket', (socket) => socket.destroy(error));
    return this;
  },
  // The header block goes out with the first text of the body, in one piece.
  _send(data, encoding, callback, byteLength) {
    if (!this._headerSent && this._header !== null) {
      const isText = typeof data === 'string' && (!encoding || encoding === 'utf8' || encoding === 'latin1');
      if (isText) data = this._header + data;
      else {
        this.outputData.unshift({ data: this._header, encoding: 'latin1', callback: null });
        this.outputSize += this._header.length;
        this._onPendingData(this._header.length);
      }
      this._headerSent = true;
    }
    return this._writeRaw(data, encoding, callback, byteLength);
  },
  _writeRaw(data, encoding, callback, size) { // eslint-disable-line no-unused-vars
    const { socket } = this;
    if (socket && socket.destroyed) return false;
    if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
    if (socket && socket._httpMessage === this && socket.writable) {
      if (this.outputData.length > 0) this._flushOutput(socket);
      return socket.write(data, encoding, callback);
    }
    this.outputData.push({ data, encoding, callback });
    this.outputSize += data.length;
    this._onPendingData(data.length);
    return this.outputSize < this[kHighWaterMark];
  },
  _storeHeader(firstLine, headers) {
    const block = new Block(this, firstLine);
    if (headers) block.addAll(headers);
    if (this.sendDate && !block.has.date) block.text += `Date: ${new Date().toUTCString()}\r\n`;
    if (this.chunkedEncoding && (this.statusCode === 204 || this.statusCode === 304)) {
      this.chunkedEncoding = false;
      this.shouldKeepAlive = false;
    }
    block.addConnection();
    block.addFraming();
    if (block.has.trailer && this.chunkedEncoding !== true) throw new codes.ERR_HTTP_TRAILER_INVALID();
    this._header = `${block.text}\r\n`;
    this._headerSent = false;
    if (block.has.expect) this._send('');
  },
  setHeader(name, value) {
    refuseSent(this, 'set');
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (this[kOutHeaders] === null) this[kOutHeaders] = Object.create(null);
    this[kOutHeaders][name.toLowerCase()] = [name, value];
    return this;
  },
  setHeaders(headers) {
    refuseSent(this, 'set');
    if (!headers || Array.isArray(headers) || typeof headers.keys !== 'function' || typeof headers.get !== 'function') {
      throw new codes.ERR_INVALID_ARG_TYPE('headers', ['Headers', 'Map'], headers);
    }
    const cookies = [];
    for (const [name, value] of headers) {
      if (name === 'set-cookie') cookies.push(...(Array.isArray(value) ? value : [value]));
      else this.setHeader(name, value);
    }
    if (cookies.length > 0) this.setHeader('set-cookie', cookies);
    return this;
  },
  appendHeader(name, value) {
    refuseSent(this, 'append');
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const found = this[kOutHeaders] === null ? undefined : this[kOutHeaders][name.toLowerCase()];
    if (found === undefined) return this.setHeader(name, value);
    if (!Array.isArray(found[1])) found[1] = [found[1]];
    found[1].push(...[].concat(value));
    return this;
  },
  getHeader(name) {
    name = headerName(name);
    const found = this[kOutHeaders] === null ? undefined : this[kOutHeaders][name];
    return found && found[1];
  },
  getHeaderNames() { return this[kOutHeaders] === null ? [] : Object.keys(this[kOutHeaders]); },
  getRawHeaderNames() { return this[kOutHeaders] === null ? [] : Object.values(this[kOutHeaders]).map(([name]) => name); },
  getHeaders() {
    const headers = Object.create(null);
    const all = this[kOutHeaders];
    if (all !== null) for (const key of Object.keys(all)) headers[key] = all[key][1];
    return headers;
  },
  hasHeader(name) {
    name = headerName(name);
    return this[kOutHeaders] !== null && !!this[kOutHeaders][name];
  },
  removeHeader(name) {
    name = headerName(name);
    refuseSent(this, 'remove');
    if (name === 'connection') this._removedConnection = true;
    else if (name === 'content-length') this._removedContLen = true;
    else if (name === 'transfer-encoding') this._removedTE = true;
    else if (name === 'date') this.sendDate = false;
    if (this[kOutHeaders] !== null) delete this[kOutHeaders][name];
  },
  _implicitHeader() { throw new codes.ERR_METHOD_NOT_IMPLEMENTED('_implicitHeader()'); },
  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
    const goesOn = write(this, chunk, encoding, callback, false);
    if (!goesOn) this[kNeedDrain] = true;
    return goesOn;
  },
  addTrailers(headers) {
    this._trailer = '';
    const unique = this[kUniqueHeaders];
    for (const key of Object.keys(headers)) {
      const [name, value] = Array.isArray(headers) ? headers[key] : [key, headers[key]];
      validateHeaderName(name, 'Trailer name');
      const isSplit = Array.isArray(value) && value.length > 1 && !(unique && unique.has(name.toLowerCase()));
      for (const one of isSplit ? value : [Array.isArray(value) ? value.join('; ') : value]) {
        if (isForbidden(one)) throw new codes.ERR_INVALID_CHAR('trailer content', name);
        this._trailer += `${name}: ${one}\r\n`;
      }
    }
  },
  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') [chunk, encoding, callback] = [null, null, chunk];
    else if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
    const calls = typeof callback === 'function';
    const { socket } = this;
    if (this.finished) {
      if (chunk) fail(this, new codes.ERR_STREAM_WRITE_AFTER_END(), calls ? callback : nop);
      else if (calls && this.writableFinished) callback(new codes.ERR_STREAM_ALREADY_FINISHED('end'));
      else if (calls) this.on('finish', callback);
      return this;
    }
    if (chunk) {
      if (socket) socket.cork();
      write(this, chunk, encoding, null, true);
    } else if (!this._header) {
      if (socket) socket.cork();
      this._contentLength = 0;
      this._implicitHeader();
    }
    if (calls) this.once('finish', callback);
    if (isStrict(this) && this[kBytesWritten] !== this._contentLength) {
      throw new codes.ERR_HTTP_CONTENT_LENGTH_MISMATCH(this[kBytesWritten], this._contentLength);
    }
    const finish = () => { if (!this.socket || !this.socket._hadError) this.emit('finish'); };
    if (this._hasBody && this.chunkedEncoding) this._send(`0\r\n${this._trailer}\r\n`, 'latin1', finish);
    else if (!this._headerSent || this.writableLength || chunk) this._send('', 'latin1', finish);
    else process.nextTick(finish);
    if (this.socket) {
      this.socket._writableState.corked = 1;
      this.socket.uncork();
    }
    this[kCorked] = 0;
    this.finished = true;
    if (this.outputData.length === 0 && this.socket && this.socket._httpMessage === this) this._finish();
    return this;
  },
  _finish() {
    require('assert')(this.socket);
    this.emit('prefinish');
  },
  // The socket takes something again.
  _flush() {
    const { socket } = this;
    if (!socket || !socket.writable) return;
    const goesOn = this._flushOutput(socket);
    if (this.finished) this._finish();
    else if (goesOn && this[kNeedDrain]) {
      this[kNeedDrain] = false;
      this.emit('drain');
    }
  },
  _flushOutput(socket) {
    for (; this[kCorked] > 0; this[kCorked]--) socket.cork();
    if (this.outputData.length === 0) return undefined;
    socket.cork();
    let goesOn;
    for (const { data, encoding, callback } of this.outputData) goesOn = socket.write(data, encoding, callback);
    socket.uncork();
    this.outputData = [];
    this._onPendingData(-this.outputSize);
    this.outputSize = 0;
    return goesOn;
  },
  flushHeaders() {
    if (!this._header) this._implicitHeader();
    this._send('');
  },
  pipe() { this.emit('error', new codes.ERR_STREAM_CANNOT_PIPE()); },
  [Symbol.for('nodejs.rejection')](error, event) { this.destroy(error); }, // eslint-disable-line no-unused-vars
});

module.exports = { kHighWaterMark, kUniqueHeaders, parseUniqueHeadersOption, validateHeaderName, validateHeaderValue, OutgoingMessage };
