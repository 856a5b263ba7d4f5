// `net.Socket` without a connection: a stream that others write to and read from in process.
const { codes } = require('internal/errors');
const { Duplex } = require('stream');
const { absence } = require('internal/absent');
const kTimeout = Symbol('timeout');
const kBytesRead = Symbol('kBytesRead');
const kBytesWritten = Symbol('kBytesWritten');

function Socket(options) {
  if (!(this instanceof Socket)) return new Socket(options);
  if (typeof options === 'number') options = { fd: options };
  else options = { ...options };
  for (const name of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    if (options[name]) throw new codes.ERR_INVALID_ARG_VALUE(`options.${name}`, options[name], 'is not supported');
  }
  if (options.handle || options.fd !== undefined) throw absence('a net.Socket with a connection');
  this.connecting = false;
  this._hadError = false;
  this._parent = null;
  this._host = null;
  this._closeAfterHandlingError = false;
  this[kTimeout] = null;
  Duplex.call(this, { ...options, allowHalfOpen: !!options.allowHalfOpen, emitClose: false, autoDestroy: true, decodeStrings: false });
  this.on('end', function () { if (!this.allowHalfOpen) this.write = afterEnd; });
  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = '';
  this.server = null;
  this._server = null;
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  return undefined;
}
Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);

function afterEnd(chunk, encoding, callback) {
  if (typeof encoding === 'function') callback = encoding;
  const error = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
  if (typeof callback === 'function') process.nextTick(callback, error);
  this.destroy(error);
  return false;
}

Object.assign(Socket.prototype, {
  _unrefTimer() { if (this[kTimeout]) this[kTimeout].refresh(); },
  _final(callback) { this.once('connect', () => this._final(callback)); },
  setTimeout(msecs, callback) {
    if (this.destroyed) return this;
    require('internal/validators').validateNumber(msecs, 'msecs');
    if (msecs < 0 || !Number.isFinite(msecs)) throw new codes.ERR_OUT_OF_RANGE('msecs', 'a non-negative finite number', msecs);
    this.timeout = msecs;
    clearTimeout(this[kTimeout]);
    if (callback !== undefined) require('internal/validators').validateFunction(callback, 'callback');
    if (msecs === 0) {
      if (callback !== undefined) this.removeListener('timeout', callback);
    } else {
      this[kTimeout] = setTimeout(() => this._onTimeout(), msecs).unref();
      if (callback !== undefined) this.once('timeout', callback);
    }
    return this;
  },
  _onTimeout() { this.emit('timeout'); },
  setNoDelay(enable) { return this; }, // eslint-disable-line no-unused-vars
  setKeepAlive(enable, delay) { return this; }, // eslint-disable-line no-unused-vars
  address() { return {}; },
  _read(n) { this.once('connect', () => this._read(n)); },
  end(data, encoding, callback) {
    Duplex.prototype.end.call(this, data, encoding, callback);
    return this;
  },
  resetAndDestroy() { return this.destroy(new codes.ERR_SOCKET_CLOSED()); },
  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  },
  _destroy(error, callback) {
    this.connecting = false;
    clearTimeout(this[kTimeout]);
    callback(error);
    process.nextTick(() => this.emit('close'));
    if (this._server) {
      this._server._connections--;
      this._server._emitCloseIfDrained();
    }
  },
  _getpeername() { return {}; },
  _getsockname() { return {}; },
  _writeGeneric(writev, data, encoding, callback) { callback(new codes.ERR_SOCKET_CLOSED()); },
  _writev(chunks, callback) { this._writeGeneric(true, chunks, '', callback); },
  _write(data, encoding, callback) { this._writeGeneric(false, data, encoding, callback); },
  connect(...args) {
    if (args.length === 0 || args[0] === undefined || args[0] === null) throw new codes.ERR_MISSING_ARGS(['options', 'port', 'path']);
    throw absence('net.Socket.connect()');
  },
  ref() { return this; },
  unref() { return this; },
});
const getters = {
  get _connecting() { return this.connecting; },
  get pending() { return true; },
  get readyState() {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  },
  get bufferSize() { return undefined; },
  get bytesRead() { return this[kBytesRead]; },
  get remoteAddress() { return this._getpeername().address; },
  get remoteFamily() { return this._getpeername().family; },
  get remotePort() { return this._getpeername().port; },
  get localAddress() { return this._getsockname().address; },
  get localPort() { return this._getsockname().port; },
  get localFamily() { return this._getsockname().family; },
  get _bytesDispatched() { return this[kBytesWritten]; },
  get bytesWritten() { return this[kBytesWritten]; },
  get _handle() { return null; },
  set _handle(value) {},
};
for (const name of Object.keys(getters)) {
  Object.defineProperty(Socket.prototype, name, { ...Object.getOwnPropertyDescriptor(getters, name), enumerable: !/^(_|pending|ready|buffer)/.test(name) });
}

module.exports = Socket;
