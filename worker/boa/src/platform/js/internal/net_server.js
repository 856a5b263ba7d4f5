// `net.Server` without a port: connections come from `emit('connection', socket)`, if at all.
const { codes } = require('internal/errors');
const EventEmitter = require('events');
const { absence } = require('internal/absent');

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  EventEmitter.call(this);
  if (typeof options === 'function') [options, listener] = [{}, options];
  else if (options === undefined || options === null) options = {};
  else if (typeof options !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
  if (typeof listener === 'function') this.on('connection', listener);
  this._connections = 0;
  this._handle = null;
  this._usingWorkers = false;
  this._workers = [];
  this._unref = false;
  this._listeningId = 1;
  this.allowHalfOpen = options.allowHalfOpen || false;
  this.pauseOnConnect = !!options.pauseOnConnect;
  this.noDelay = Boolean(options.noDelay);
  this.keepAlive = Boolean(options.keepAlive);
  this.keepAliveInitialDelay = ~~(options.keepAliveInitialDelay / 1000);
  this.highWaterMark = options.highWaterMark || require('stream').getDefaultHighWaterMark(false);
  return undefined;
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);

Object.assign(Server.prototype, {
  listen() {
    throw absence('server.listen()', 'nothing can connect to a function. Give the app to an adapter that calls it in process, as ' +
      '`serverless-http` and `@vendia/serverless-express` do, and export the handler that it makes');
  },
  address() { return null; },
  getConnections(callback) {
    process.nextTick(callback, null, this._connections);
    return this;
  },
  close(callback) {
    if (typeof callback === 'function') this.once('close', () => callback(new codes.ERR_SERVER_NOT_RUNNING()));
    this._emitCloseIfDrained();
    return this;
  },
  _emitCloseIfDrained() {
    if (this._connections === 0) process.nextTick(() => this.emit('close'));
  },
  _setupWorker() {},
  ref() {
    this._unref = false;
    return this;
  },
  unref() {
    this._unref = true;
    return this;
  },
  async [Symbol.asyncDispose || Symbol.for('nodejs.asyncDispose')]() {},
  [Symbol.for('nodejs.rejection')](error, event, socket) {
    if (event === 'connection') socket.destroy(error);
    else this.emit('error', error);
  },
});
Object.defineProperty(Server.prototype, 'listening', { configurable: true, enumerable: true, get() { return !!this._handle; } });

module.exports = Server;
