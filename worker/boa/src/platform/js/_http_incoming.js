// An incoming message: the request of a server, or the answer to a client.
const { Readable, finished } = require('stream');

// Headers of which the first counts when there are several.
const single = new Set('age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since last-modified location max-forwards proxy-authorization referer retry-after server user-agent'.split(' '));
const kHeaders = Symbol('kHeaders');
const kHeadersDistinct = Symbol('kHeadersDistinct');
const kHeadersCount = Symbol('kHeadersCount');
const kTrailers = Symbol('kTrailers');
const kTrailersDistinct = Symbol('kTrailersDistinct');
const kTrailersCount = Symbol('kTrailersCount');

function readStart(socket) {
  if (socket && !socket._paused && socket.readable) socket.resume();
}
function readStop(socket) {
  if (socket) socket.pause();
}

function IncomingMessage(socket) {
  Readable.call(this, socket ? { highWaterMark: socket.readableHighWaterMark } : undefined);
  this._readableState.readingMore = true;
  this.socket = socket;
  this.httpVersionMajor = null;
  this.httpVersionMinor = null;
  this.httpVersion = null;
  this.complete = false;
  this[kHeaders] = null;
  this[kHeadersCount] = 0;
  this.rawHeaders = [];
  this[kTrailers] = null;
  this[kTrailersCount] = 0;
  this.rawTrailers = [];
  this.joinDuplicateHeaders = false;
  this.aborted = false;
  this.upgrade = null;
  this.url = '';
  this.method = null;
  this.statusCode = null;
  this.statusMessage = null;
  this.client = socket;
  this._consuming = false;
  this._dumped = false;
}
Object.setPrototypeOf(IncomingMessage.prototype, Readable.prototype);
Object.setPrototypeOf(IncomingMessage, Readable);

// An object that is made from the raw lines when it is first asked for, and can be set.
function gathered(name, kept, raw, count, add) {
  Object.defineProperty(IncomingMessage.prototype, name, {
    configurable: true,
    enumerable: false,
    get() {
      if (!this[kept]) {
        const all = this[kept] = {};
        const lines = this[raw];
        for (let at = 0; at < this[count]; at += 2) this[add](lines[at], lines[at + 1], all);
      }
      return this[kept];
    },
    set(value) { this[kept] = value; },
  });
}
Object.defineProperty(IncomingMessage.prototype, 'connection', {
  configurable: true, enumerable: false, get() { return this.socket; }, set(value) { this.socket = value; },
});
gathered('headers', kHeaders, 'rawHeaders', kHeadersCount, '_addHeaderLine');
gathered('headersDistinct', kHeadersDistinct, 'rawHeaders', kHeadersCount, '_addHeaderLineDistinct');
gathered('trailers', kTrailers, 'rawTrailers', kTrailersCount, '_addHeaderLine');
gathered('trailersDistinct', kTrailersDistinct, 'rawTrailers', kTrailersCount, '_addHeaderLineDistinct');

function failed(message, error, callback) {
  callback(message.listenerCount('error') === 0 ? undefined : error);
}

Object.assign(IncomingMessage.prototype, {
  setTimeout(msecs, callback) {
    if (callback) this.on('timeout', callback);
    this.socket.setTimeout(msecs);
    return this;
  },
  _read(n) { // eslint-disable-line no-unused-vars
    if (!this._consuming) {
      this._readableState.readingMore = false;
      this._consuming = true;
    }
    if (this.socket.readable) readStart(this.socket);
  },
  _destroy(error, callback) {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit('aborted');
    }
    const { socket } = this;
    if (socket && !socket.destroyed && this.aborted) {
      socket.destroy(error);
      const stop = finished(socket, (failure) => {
        if (failure && failure.code === 'ERR_STREAM_PREMATURE_CLOSE') failure = null;
        stop();
        process.nextTick(failed, this, error || failure, callback);
      });
    } else process.nextTick(failed, this, error, callback);
  },
  _addHeaderLines(lines, count) {
    if (!lines || !lines.length) return;
    const trailers = this.complete;
    const made = this[trailers ? kTrailers : kHeaders];
    this[trailers ? 'rawTrailers' : 'rawHeaders'] = lines;
    this[trailers ? kTrailersCount : kHeadersCount] = count;
    if (made) for (let at = 0; at < count; at += 2) this._addHeaderLine(lines[at], lines[at + 1], made);
  },
  _addHeaderLine(field, value, headers) {
    const name = field.toLowerCase();
    const before = headers[name];
    if (name === 'set-cookie') {
      if (before === undefined) headers[name] = [value];
      else before.push(value);
    } else if (typeof before !== 'string') {
      if (before === undefined || single.has(name)) headers[name] = value;
    } else if (name === 'cookie') headers[name] = `${before}; ${value}`;
    else if (!single.has(name) || this.joinDuplicateHeaders) headers[name] = `${before}, ${value}`;
  },
  _addHeaderLineDistinct(field, value, headers) {
    const name = field.toLowerCase();
    if (headers[name]) headers[name].push(value);
    else headers[name] = [value];
  },
  // Lets go of a body that nobody wants.
  _dump() {
    if (this._dumped) return;
    this._dumped = true;
    this.removeAllListeners('data');
    this.resume();
  },
});

module.exports = { IncomingMessage, readStart, readStop };
