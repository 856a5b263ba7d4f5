// Node.js streams: Readable, Writable, Duplex, Transform, PassThrough. Pipelines and helpers of
// rarer use are in internal/stream_more.
const EE = require('events');
const { tick } = native('tasks');
const errors = () => require('internal/errors');
const code = (name) => errors().codes[name];
const nextTick = (fn, ...args) => tick(fn, args);
const nop = () => {};
let markBytes = 16384;
let markObjects = 16;

function Stream(options) {
  EE.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EE.prototype);
Object.setPrototypeOf(Stream, EE);
Stream.prototype.pipe = function pipe(dest, options) {
  const onData = (chunk) => {
    if (dest.writable && dest.write(chunk) === false && this.pause) this.pause();
  };
  this.on('data', onData);
  dest.on('drain', () => { if (this.readable && this.resume) this.resume(); });
  if (!dest._isStdio && (!options || options.end !== false)) {
    this.on('end', () => dest.end());
    this.on('close', () => { if (typeof dest.destroy === 'function') dest.destroy(); });
  }
  dest.emit('pipe', this);
  return dest;
};

function markOf(options, name, objectMode, isDuplex) {
  const own = isDuplex ? options[name] : undefined;
  const mark = options.highWaterMark != null ? options.highWaterMark : own;
  if (mark != null) {
    if (!Number.isInteger(mark) || mark < 0) {
      throw new (code('ERR_INVALID_ARG_VALUE'))(options.highWaterMark != null ? 'options.highWaterMark' : `options.${name}`, mark);
    }
    return Math.floor(mark);
  }
  return objectMode ? markObjects : markBytes;
}

function bytesOf(chunk, encoding) {
  const { Buffer } = require('buffer');
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  if (chunk instanceof Buffer) return chunk;
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
const isBytes = (chunk) => chunk instanceof Uint8Array;

// Both sides share `destroy`.
function finish(stream, error, callback) {
  const r = stream._readableState;
  const w = stream._writableState;
  if ((w && w.destroyed) || (r && r.destroyed)) {
    if (callback) callback();
    return stream;
  }
  if (error) {
    error.stack; // eslint-disable-line no-unused-expressions
    if (w && !w.errored) w.errored = error;
    if (r && !r.errored) r.errored = error;
  }
  if (w) w.destroyed = true;
  if (r) r.destroyed = true;
  const constructed = (w || r).constructed;
  if (!constructed) stream.once(destroying, (other) => undo(stream, other || error, callback));
  else undo(stream, error, callback);
  return stream;
}
const destroying = Symbol('kDestroy');

function undo(stream, error, callback) {
  let called = false;
  const done = (failure) => {
    if (called) return;
    called = true;
    const r = stream._readableState;
    const w = stream._writableState;
    if (failure) {
      if (w && !w.errored) w.errored = failure;
      if (r && !r.errored) r.errored = failure;
    }
    if (w) w.closed = true;
    if (r) r.closed = true;
    if (callback) callback(failure);
    nextTick(() => {
      if (failure) emitError(stream, failure);
      if (w) w.closeEmitted = true;
      if (r) r.closeEmitted = true;
      if ((w && w.emitClose) || (r && r.emitClose)) stream.emit('close');
    });
  };
  try {
    stream._destroy(error || null, done);
  } catch (thrown) {
    done(thrown);
  }
}

function emitError(stream, error) {
  const r = stream._readableState;
  const w = stream._writableState;
  if ((w && w.errorEmitted) || (r && r.errorEmitted)) return;
  if (w) w.errorEmitted = true;
  if (r) r.errorEmitted = true;
  stream.emit('error', error);
}

function fail(stream, error, sync) {
  const r = stream._readableState;
  const w = stream._writableState;
  if ((w && w.destroyed) || (r && r.destroyed)) return stream;
  if ((r && r.autoDestroy) || (w && w.autoDestroy)) stream.destroy(error);
  else {
    if (w && !w.errored) w.errored = error;
    if (r && !r.errored) r.errored = error;
    if (sync) nextTick(() => emitError(stream, error));
    else emitError(stream, error);
  }
  return stream;
}

function construct(stream, start) {
  const r = stream._readableState;
  const w = stream._writableState;
  if (typeof stream._construct !== 'function') return start();
  if (r) r.constructed = false;
  if (w) w.constructed = false;
  nextTick(() => {
    let called = false;
    const done = (error) => {
      if (called) {
        fail(stream, error || new (code('ERR_MULTIPLE_CALLBACK'))());
        return;
      }
      called = true;
      if (r) r.constructed = true;
      if (w) w.constructed = true;
      if ((w || r).destroyed) stream.emit(destroying, error);
      else if (error) fail(stream, error, true);
      else nextTick(start);
    };
    try {
      stream._construct(done);
    } catch (error) {
      nextTick(done, error);
    }
  });
  return undefined;
}

function ReadableState(options, isDuplex) {
  this.objectMode = !!(options.objectMode || (isDuplex && options.readableObjectMode));
  this.highWaterMark = markOf(options, 'readableHighWaterMark', this.objectMode, isDuplex);
  Object.assign(this, {
    buffer: [], length: 0, pipes: [], flowing: null, ended: false, endEmitted: false, reading: false, constructed: true, sync: true,
    needReadable: false, emittedReadable: false, readableListening: false, resumeScheduled: false, errorEmitted: false,
    emitClose: options.emitClose !== false, autoDestroy: options.autoDestroy !== false, destroyed: false, errored: null,
    closed: false, closeEmitted: false, defaultEncoding: options.defaultEncoding || 'utf8', awaitDrain: new Set(),
    readingMore: false, dataEmitted: false, decoder: null, encoding: null,
  });
  if (options.encoding) {
    const { StringDecoder } = require('string_decoder');
    this.decoder = new StringDecoder(options.encoding);
    this.encoding = options.encoding;
  }
}

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  const isDuplex = this instanceof Duplex;
  this._readableState = new ReadableState(options || {}, isDuplex);
  if (options) {
    if (typeof options.read === 'function') this._read = options.read;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal && !isDuplex) more().addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  if (!isDuplex) construct(this, () => { if (this._readableState.needReadable) maybeReadMore(this, this._readableState); });
  return undefined;
}
const more = () => require('internal/stream_more');
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

function add(stream, chunk, encoding, first) {
  const state = stream._readableState;
  let error;
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      encoding = encoding || state.defaultEncoding;
      if (state.encoding !== encoding) {
        if (first && state.encoding) chunk = bytesOf(chunk, encoding).toString(state.encoding);
        else {
          chunk = bytesOf(chunk, encoding);
          encoding = '';
        }
      }
    } else if (isBytes(chunk)) {
      chunk = bytesOf(chunk);
      encoding = '';
    } else if (chunk != null) error = new (code('ERR_INVALID_ARG_TYPE'))('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  }
  if (error) {
    fail(stream, error);
  } else if (chunk === null) {
    state.reading = false;
    endOfData(stream, state);
  } else if (state.objectMode || (chunk && chunk.length > 0)) {
    if (first) {
      if (state.endEmitted) fail(stream, new (code('ERR_STREAM_UNSHIFT_AFTER_END_EVENT'))());
      else if (state.destroyed || state.errored) return false;
      else put(stream, state, chunk, true);
    } else if (state.ended) {
      fail(stream, new (code('ERR_STREAM_PUSH_AFTER_EOF'))());
    } else if (state.destroyed || state.errored) {
      return false;
    } else {
      state.reading = false;
      if (state.decoder && !encoding) {
        chunk = state.decoder.write(chunk);
        if (state.objectMode || chunk.length !== 0) put(stream, state, chunk, false);
        else maybeReadMore(stream, state);
      } else put(stream, state, chunk, false);
    }
  } else if (!first) {
    state.reading = false;
    maybeReadMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function put(stream, state, chunk, first) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount('data') > 0) {
    state.awaitDrain.clear();
    state.dataEmitted = true;
    stream.emit('data', chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (first) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  maybeReadMore(stream, state);
}

Readable.prototype.push = function push(chunk, encoding) { return add(this, chunk, encoding, false); };
Readable.prototype.unshift = function unshift(chunk, encoding) { return add(this, chunk, encoding, true); };
Readable.prototype.isPaused = function isPaused() {
  return this._readableState[paused] === true || this._readableState.flowing === false;
};
const paused = Symbol('kPaused');
Readable.prototype.setEncoding = function setEncoding(encoding) {
  const { StringDecoder } = require('string_decoder');
  const state = this._readableState;
  state.decoder = new StringDecoder(encoding);
  state.encoding = state.decoder.encoding;
  let text = '';
  for (const chunk of state.buffer) text += state.decoder.write(chunk);
  state.buffer = text === '' ? [] : [text];
  state.length = text.length;
  return this;
};

function countOf(n, state) {
  if (n <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(n)) return state.flowing && state.length ? state.buffer[0].length : state.length;
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

Readable.prototype.read = function read(n) {
  n = n === undefined ? NaN : Number.isInteger(n) ? n : Number.parseInt(n, 10);
  const state = this._readableState;
  const asked = n;
  if (n > state.highWaterMark) state.highWaterMark = n > 1073741824 ? 1073741824 : 2 ** Math.ceil(Math.log2(n));
  if (n !== 0) state.emittedReadable = false;
  if (n === 0 && state.needReadable && ((state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0) || state.ended)) {
    if (state.length === 0 && state.ended) endReadable(this);
    else emitReadable(this);
    return null;
  }
  n = countOf(n, state);
  if (n === 0 && state.ended) {
    if (state.length === 0) endReadable(this);
    return null;
  }
  let wanted = state.needReadable;
  if (state.length === 0 || state.length - n < state.highWaterMark) wanted = true;
  if (state.ended || state.reading || state.destroyed || state.errored || !state.constructed) wanted = false;
  else if (wanted) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (error) {
      fail(this, error);
    }
    state.sync = false;
    if (!state.reading) n = countOf(asked, state);
  }
  let chunk = n > 0 ? take(n, state) : null;
  if (chunk === null) {
    state.needReadable = state.length <= state.highWaterMark;
    n = 0;
  } else {
    state.length -= n;
    state.awaitDrain.clear();
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (asked !== n && state.ended) endReadable(this);
  }
  if (chunk !== null && !state.errored && !state.closeEmitted) {
    state.dataEmitted = true;
    this.emit('data', chunk);
  }
  return chunk;
};

function take(n, state) {
  if (state.length === 0) return null;
  if (state.objectMode) return state.buffer.shift();
  const list = state.buffer;
  if (n >= state.length) {
    const all = state.decoder ? list.join('') : list.length === 1 ? list[0] : require('buffer').Buffer.concat(list, state.length);
    state.buffer = [];
    return all;
  }
  if (n < list[0].length) {
    const part = list[0].slice(0, n);
    list[0] = list[0].slice(n);
    return part;
  }
  if (n === list[0].length) return list.shift();
  const parts = [];
  let rest = n;
  while (rest > 0) {
    if (list[0].length <= rest) {
      rest -= list[0].length;
      parts.push(list.shift());
    } else {
      parts.push(list[0].slice(0, rest));
      list[0] = list[0].slice(rest);
      rest = 0;
    }
  }
  return state.decoder ? parts.join('') : require('buffer').Buffer.concat(parts, n);
}

function endOfData(stream, state) {
  if (state.ended) return;
  if (state.decoder) {
    const chunk = state.decoder.end();
    if (chunk && chunk.length) {
      state.buffer.push(chunk);
      state.length += state.objectMode ? 1 : chunk.length;
    }
  }
  state.ended = true;
  if (state.sync) emitReadable(stream);
  else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (!state.emittedReadable) {
    state.emittedReadable = true;
    nextTick(emitReadableNow, stream);
  }
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length || state.ended)) {
    stream.emit('readable');
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

function maybeReadMore(stream, state) {
  if (!state.readingMore && state.constructed) {
    state.readingMore = true;
    nextTick(() => {
      while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
        const { length } = state;
        stream.read(0);
        if (length === state.length) break;
      }
      state.readingMore = false;
    });
  }
}

Readable.prototype._read = function _read() { throw new (code('ERR_METHOD_NOT_IMPLEMENTED'))('_read()'); };

Readable.prototype.pipe = function pipe(dest, options) {
  const src = this;
  const state = this._readableState;
  state.pipes.push(dest);
  const ends = (!options || options.end !== false) && !dest._isStdio;
  const endFn = ends ? () => dest.end() : unpipe;
  if (state.endEmitted) nextTick(endFn);
  else src.once('end', endFn);
  dest.on('unpipe', onUnpipe);
  function onUnpipe(readable, info) {
    if (readable === src && info && info.hasUnpiped === false) {
      info.hasUnpiped = true;
      cleanup();
    }
  }
  let drain;
  let cleaned = false;
  function cleanup() {
    dest.removeListener('close', onClose);
    dest.removeListener('finish', onFinish);
    if (drain) dest.removeListener('drain', drain);
    dest.removeListener('error', onError);
    dest.removeListener('unpipe', onUnpipe);
    src.removeListener('end', endFn);
    src.removeListener('data', onData);
    cleaned = true;
    if (drain && state.awaitDrain.size > 0 && (!dest._writableState || dest._writableState.needDrain)) drain();
  }
  function pause() {
    if (!cleaned) {
      if (state.pipes.includes(dest)) state.awaitDrain.add(dest);
      src.pause();
    }
    if (!drain) {
      drain = () => {
        state.awaitDrain.delete(dest);
        if (state.awaitDrain.size === 0 && src.listenerCount('data') > 0) src.resume();
      };
      dest.on('drain', drain);
    }
  }
  src.on('data', onData);
  function onData(chunk) {
    if (dest.write(chunk) === false) pause();
  }
  function onError(error) {
    unpipe();
    dest.removeListener('error', onError);
    if (dest.listenerCount('error') === 0) {
      const s = dest._writableState || dest._readableState;
      if (s && !s.errorEmitted) fail(dest, error);
      else dest.emit('error', error);
    }
  }
  dest.prependListener('error', onError);
  function onClose() {
    dest.removeListener('finish', onFinish);
    unpipe();
  }
  dest.once('close', onClose);
  function onFinish() {
    dest.removeListener('close', onClose);
    unpipe();
  }
  dest.once('finish', onFinish);
  function unpipe() { src.unpipe(dest); }
  dest.emit('pipe', src);
  if (dest.writableNeedDrain === true) pause();
  else if (!state.flowing) src.resume();
  return dest;
};

Readable.prototype.unpipe = function unpipe(dest) {
  const state = this._readableState;
  if (state.pipes.length === 0) return this;
  if (!dest) {
    const all = state.pipes;
    state.pipes = [];
    this.pause();
    for (const one of all) one.emit('unpipe', this, { hasUnpiped: false });
    return this;
  }
  const at = state.pipes.indexOf(dest);
  if (at === -1) return this;
  state.pipes.splice(at, 1);
  if (state.pipes.length === 0) this.pause();
  dest.emit('unpipe', this, { hasUnpiped: false });
  return this;
};

Readable.prototype.on = function on(name, fn) {
  const result = Stream.prototype.on.call(this, name, fn);
  const state = this._readableState;
  if (name === 'data') {
    state.readableListening = this.listenerCount('readable') > 0;
    if (state.flowing !== false) this.resume();
  } else if (name === 'readable') {
    if (!state.endEmitted && !state.readableListening) {
      state.readableListening = state.needReadable = true;
      state.flowing = false;
      state.emittedReadable = false;
      if (state.length) emitReadable(this);
      else if (!state.reading) nextTick(() => this.read(0));
    }
  }
  return result;
};
Readable.prototype.addListener = Readable.prototype.on;
Readable.prototype.removeListener = function removeListener(name, fn) {
  const result = Stream.prototype.removeListener.call(this, name, fn);
  if (name === 'readable') nextTick(updateListening, this);
  return result;
};
Readable.prototype.off = Readable.prototype.removeListener;
Readable.prototype.removeAllListeners = function removeAllListeners(name) {
  const result = Reflect.apply(Stream.prototype.removeAllListeners, this, arguments);
  if (name === 'readable' || name === undefined) nextTick(updateListening, this);
  return result;
};
function updateListening(self) {
  const state = self._readableState;
  state.readableListening = self.listenerCount('readable') > 0;
  if (state.resumeScheduled && state[paused] === false) state.flowing = true;
  else if (self.listenerCount('data') > 0) self.resume();
  else if (!state.readableListening) state.flowing = null;
}
Readable.prototype.resume = function resume() {
  const state = this._readableState;
  if (!state.flowing) {
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      nextTick(() => {
        if (!state.reading) this.read(0);
        state.resumeScheduled = false;
        this.emit('resume');
        flow(this);
        if (state.flowing && !state.reading) this.read(0);
      });
    }
  }
  state[paused] = false;
  return this;
};
Readable.prototype.pause = function pause() {
  const state = this._readableState;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit('pause');
  }
  state[paused] = true;
  return this;
};
function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

Readable.prototype.wrap = function wrap(stream) {
  let held = false;
  stream.on('data', (chunk) => {
    if (!this.push(chunk) && stream.pause) {
      held = true;
      stream.pause();
    }
  });
  stream.on('end', () => this.push(null));
  stream.on('error', (error) => fail(this, error));
  stream.on('close', () => this.destroy());
  stream.on('destroy', () => this.destroy());
  this._read = () => {
    if (held && stream.resume) {
      held = false;
      stream.resume();
    }
  };
  return this;
};

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  nextTick(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
    state.endEmitted = true;
    stream.emit('end');
    const w = stream._writableState;
    if (stream.writable && stream.allowHalfOpen === false) {
      nextTick(() => { if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end(); });
    } else if (state.autoDestroy && (!w || (w.autoDestroy && (w.finished || w.writable === false)))) stream.destroy();
  });
}

Readable.prototype.destroy = function destroy(error, callback) { return finish(this, error, callback); };
Readable.prototype._undestroy = nop;
Readable.prototype._destroy = function _destroy(error, callback) { callback(error); };
Readable.prototype[EE.captureRejectionSymbol] = function (error) { this.destroy(error); };
Readable.prototype[Symbol.asyncIterator] = function () { return iterate(this); };
Readable.prototype.iterator = function iterator(options) {
  if (options !== undefined) require('internal/validators').validateObject(options, 'options');
  return iterate(this, options);
};

async function* iterate(stream, options) {
  let wake = nop;
  const next = function (resolve) {
    if (this === stream) {
      wake();
      wake = nop;
    } else wake = resolve;
  };
  stream.on('readable', next);
  let error;
  const stop = more().finished(stream, { writable: false }, (failure) => {
    error = failure || null;
    wake();
    wake = nop;
  });
  try {
    while (true) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (error) throw error;
      else if (error === null) return;
      else await new Promise(next);
    }
  } catch (thrown) {
    error = errors().aggregateTwoErrors(error, thrown);
    throw error;
  } finally {
    if ((error || !options || options.destroyOnReturn !== false) && (error === undefined || stream._readableState.autoDestroy)) {
      finish(stream, null);
    } else {
      stream.off('readable', next);
      stop();
    }
  }
}

const getters = (Class, table) => {
  for (const name of Object.keys(table)) {
    const { get, set } = Object.getOwnPropertyDescriptor(table, name);
    Object.defineProperty(Class.prototype, name, { get, set, configurable: true, enumerable: false });
  }
};
getters(Readable, {
  get readable() {
    const r = this._readableState;
    return !!r && r.readable !== false && !r.destroyed && !r.errorEmitted && !r.endEmitted;
  },
  set readable(value) { if (this._readableState) this._readableState.readable = !!value; },
  get readableDidRead() { return this._readableState.dataEmitted; },
  get readableAborted() { const r = this._readableState; return !!(r.readable !== false && (r.destroyed || r.errored) && !r.endEmitted); },
  get readableHighWaterMark() { return this._readableState.highWaterMark; },
  get readableBuffer() { return this._readableState && this._readableState.buffer; },
  get readableFlowing() { return this._readableState.flowing; },
  set readableFlowing(value) { if (this._readableState) this._readableState.flowing = value; },
  get readableLength() { return this._readableState.length; },
  get readableObjectMode() { return this._readableState ? this._readableState.objectMode : false; },
  get readableEncoding() { return this._readableState ? this._readableState.encoding : null; },
  get errored() { return (this._readableState && this._readableState.errored) || (this._writableState && this._writableState.errored) || null; },
  get closed() { return this._readableState ? this._readableState.closed : false; },
  get destroyed() { return this._readableState ? this._readableState.destroyed : false; },
  set destroyed(value) { if (this._readableState) this._readableState.destroyed = value; },
  get readableEnded() { return this._readableState ? this._readableState.endEmitted : false; },
});

function WritableState(options, isDuplex) {
  this.objectMode = !!(options.objectMode || (isDuplex && options.writableObjectMode));
  this.highWaterMark = markOf(options, 'writableHighWaterMark', this.objectMode, isDuplex);
  Object.assign(this, {
    finalCalled: false, needDrain: false, ending: false, ended: false, finished: false, destroyed: false,
    decodeStrings: options.decodeStrings !== false, defaultEncoding: options.defaultEncoding || 'utf8', length: 0, writing: false,
    corked: 0, sync: true, bufferProcessing: false, writecb: null, writelen: 0, afterWriteTickInfo: null, buffered: [],
    pendingcb: 0, constructed: true, prefinished: false, errorEmitted: false, emitClose: options.emitClose !== false,
    autoDestroy: options.autoDestroy !== false, errored: null, closed: false, closeEmitted: false, callbacks: [],
  });
}
WritableState.prototype.getBuffer = function getBuffer() { return this.buffered.slice(); };
Object.defineProperty(WritableState.prototype, 'bufferedRequestCount', { get() { return this.buffered.length; } });

function Writable(options) {
  const isDuplex = this instanceof Duplex;
  if (!isDuplex && !Function.prototype[Symbol.hasInstance].call(Writable, this)) return new Writable(options);
  this._writableState = new WritableState(options || {}, isDuplex);
  if (options) {
    if (typeof options.write === 'function') this._write = options.write;
    if (typeof options.writev === 'function') this._writev = options.writev;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.final === 'function') this._final = options.final;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal) more().addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  construct(this, () => {
    const state = this._writableState;
    if (!state.writing) clearBuffer(this, state);
    finishMaybe(this, state);
    if (this._readableState && this._readableState.needReadable) maybeReadMore(this, this._readableState);
  });
  return undefined;
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && !!object && object._writableState instanceof WritableState;
  },
});
Writable.prototype.pipe = function pipe() { fail(this, new (code('ERR_STREAM_CANNOT_PIPE'))()); };

function write(stream, chunk, encoding, callback) {
  const state = stream._writableState;
  if (typeof encoding === 'function') {
    callback = encoding;
    encoding = state.defaultEncoding;
  } else {
    if (!encoding) encoding = state.defaultEncoding;
    else if (encoding !== 'buffer' && !require('buffer').Buffer.isEncoding(encoding)) throw new (code('ERR_UNKNOWN_ENCODING'))(encoding);
    if (typeof callback !== 'function') callback = nop;
  }
  if (chunk === null) throw new (code('ERR_STREAM_NULL_VALUES'))();
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      if (state.decodeStrings !== false) {
        chunk = bytesOf(chunk, encoding);
        encoding = 'buffer';
      }
    } else if (isBytes(chunk)) {
      chunk = bytesOf(chunk);
      encoding = 'buffer';
    } else throw new (code('ERR_INVALID_ARG_TYPE'))('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  }
  let error;
  if (state.ending) error = new (code('ERR_STREAM_WRITE_AFTER_END'))();
  else if (state.destroyed) error = new (code('ERR_STREAM_DESTROYED'))('write');
  if (error) {
    nextTick(callback, error);
    fail(stream, error, true);
    return error;
  }
  state.pendingcb++;
  const length = state.objectMode ? 1 : chunk.length;
  state.length += length;
  const room = state.length < state.highWaterMark;
  if (!room) state.needDrain = true;
  if (state.writing || state.corked || state.errored || !state.constructed) state.buffered.push({ chunk, encoding, callback });
  else doWrite(stream, state, false, length, chunk, encoding, callback);
  return room && !state.errored && !state.destroyed;
}

Writable.prototype.write = function (chunk, encoding, callback) { return write(this, chunk, encoding, callback) === true; };
Writable.prototype.cork = function cork() { this._writableState.corked++; };
Writable.prototype.uncork = function uncork() {
  const state = this._writableState;
  if (state.corked) {
    state.corked--;
    if (!state.writing) clearBuffer(this, state);
  }
};
Writable.prototype.setDefaultEncoding = function setDefaultEncoding(encoding) {
  if (typeof encoding === 'string') encoding = encoding.toLowerCase();
  if (!require('buffer').Buffer.isEncoding(encoding)) throw new (code('ERR_UNKNOWN_ENCODING'))(encoding);
  this._writableState.defaultEncoding = encoding;
  return this;
};

function doWrite(stream, state, all, length, chunk, encoding, callback) {
  state.writelen = length;
  state.writecb = callback;
  state.writing = true;
  state.sync = true;
  let called = false;
  const done = (error) => {
    if (called) {
      fail(stream, new (code('ERR_MULTIPLE_CALLBACK'))());
      return;
    }
    called = true;
    written(stream, error);
  };
  if (state.destroyed) done(new (code('ERR_STREAM_DESTROYED'))('write'));
  else if (all) stream._writev(chunk, done);
  else stream._write(chunk, encoding, done);
  state.sync = false;
}

function written(stream, error) {
  const state = stream._writableState;
  const { sync, writecb: callback, writelen } = state;
  state.writing = false;
  state.writecb = null;
  state.length -= writelen;
  state.writelen = 0;
  if (error) {
    error.stack; // eslint-disable-line no-unused-expressions
    if (!state.errored) state.errored = error;
    if (stream._readableState && !stream._readableState.errored) stream._readableState.errored = error;
    const failed = () => {
      state.pendingcb--;
      callback(error);
      errorBuffer(state);
      fail(stream, error);
    };
    if (sync) nextTick(failed);
    else failed();
    return;
  }
  if (state.buffered.length > 0) clearBuffer(stream, state);
  if (!sync) {
    afterWrite(stream, state, 1, callback);
  } else if (state.afterWriteTickInfo !== null && state.afterWriteTickInfo.callback === callback) {
    state.afterWriteTickInfo.count++;
  } else {
    const info = { count: 1, callback };
    state.afterWriteTickInfo = info;
    nextTick(() => {
      if (state.afterWriteTickInfo === info) state.afterWriteTickInfo = null;
      afterWrite(stream, state, info.count, callback);
    });
  }
}

function afterWrite(stream, state, count, callback) {
  if (!state.ending && !state.destroyed && state.length === 0 && state.needDrain) {
    state.needDrain = false;
    stream.emit('drain');
  }
  while (count-- > 0) {
    state.pendingcb--;
    callback(null);
  }
  if (state.destroyed) errorBuffer(state);
  finishMaybe(stream, state);
}

function errorBuffer(state) {
  if (state.writing) return;
  for (const { chunk, callback } of state.buffered.splice(0)) {
    state.length -= state.objectMode ? 1 : chunk.length;
    callback(state.errored || new (code('ERR_STREAM_DESTROYED'))('write'));
  }
  for (const callback of state.callbacks.splice(0)) callback(state.errored || new (code('ERR_STREAM_DESTROYED'))('end'));
}

function clearBuffer(stream, state) {
  if (state.corked || state.bufferProcessing || state.destroyed || !state.constructed || state.buffered.length === 0) return;
  state.bufferProcessing = true;
  if (state.buffered.length > 1 && stream._writev) {
    const all = state.buffered;
    state.buffered = [];
    state.pendingcb -= all.length - 1;
    all.allBuffers = all.every((one) => one.encoding === 'buffer');
    doWrite(stream, state, true, state.length, all, '', (error) => {
      for (const one of all) one.callback(error);
    });
  } else {
    do {
      const { chunk, encoding, callback } = state.buffered.shift();
      doWrite(stream, state, false, state.objectMode ? 1 : chunk.length, chunk, encoding, callback);
    } while (state.buffered.length > 0 && !state.writing);
  }
  state.bufferProcessing = false;
}

Writable.prototype._write = function _write(chunk, encoding, callback) {
  if (!this._writev) throw new (code('ERR_METHOD_NOT_IMPLEMENTED'))('_write()');
  this._writev([{ chunk, encoding }], callback);
};
Writable.prototype._writev = null;

Writable.prototype.end = function end(chunk, encoding, callback) {
  const state = this._writableState;
  if (typeof chunk === 'function') {
    callback = chunk;
    chunk = encoding = null;
  } else if (typeof encoding === 'function') {
    callback = encoding;
    encoding = null;
  }
  let error;
  if (chunk !== null && chunk !== undefined) {
    const result = write(this, chunk, encoding);
    if (result instanceof Error) error = result;
  }
  if (state.corked) {
    state.corked = 1;
    this.uncork();
  }
  if (!error) {
    if (!state.errored && !state.ending) {
      state.ending = true;
      finishMaybe(this, state, true);
      state.ended = true;
    } else if (state.finished) error = new (code('ERR_STREAM_ALREADY_FINISHED'))('end');
    else if (state.destroyed) error = new (code('ERR_STREAM_DESTROYED'))('end');
  }
  if (typeof callback === 'function') {
    if (error) nextTick(callback, error);
    else if (state.finished) nextTick(callback, null);
    else state.callbacks.push(callback);
  }
  return this;
};

const ready = (state) => state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored &&
  state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;

function finishMaybe(stream, state, sync) {
  if (!ready(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb++;
    nextTick(() => {
      if (ready(state)) end(stream, state);
      else state.pendingcb--;
    });
  } else if (ready(state)) {
    state.pendingcb++;
    end(stream, state);
  }
}

function prefinish(stream, state) {
  if (state.prefinished || state.finalCalled) return;
  if (typeof stream._final !== 'function' || state.destroyed) {
    state.prefinished = true;
    stream.emit('prefinish');
    return;
  }
  state.finalCalled = true;
  state.sync = true;
  state.pendingcb++;
  let called = false;
  const done = (error) => {
    if (called) {
      fail(stream, error || new (code('ERR_MULTIPLE_CALLBACK'))());
      return;
    }
    called = true;
    state.pendingcb--;
    if (error) {
      for (const callback of state.callbacks.splice(0)) callback(error);
      fail(stream, error, state.sync);
    } else if (ready(state)) {
      state.prefinished = true;
      stream.emit('prefinish');
      state.pendingcb++;
      nextTick(end, stream, state);
    }
  };
  try {
    stream._final(done);
  } catch (error) {
    done(error);
  }
  state.sync = false;
}

function end(stream, state) {
  state.pendingcb--;
  state.finished = true;
  for (const callback of state.callbacks.splice(0)) callback(null);
  stream.emit('finish');
  if (state.autoDestroy) {
    const r = stream._readableState;
    if (!r || (r.autoDestroy && (r.endEmitted || r.readable === false))) stream.destroy();
  }
}

getters(Writable, {
  get closed() { return this._writableState ? this._writableState.closed : false; },
  get destroyed() { return this._writableState ? this._writableState.destroyed : false; },
  set destroyed(value) { if (this._writableState) this._writableState.destroyed = value; },
  get writable() {
    const w = this._writableState;
    return !!w && w.writable !== false && !w.destroyed && !w.errored && !w.ending && !w.ended;
  },
  set writable(value) { if (this._writableState) this._writableState.writable = !!value; },
  get writableFinished() { return this._writableState ? this._writableState.finished : false; },
  get writableObjectMode() { return this._writableState ? this._writableState.objectMode : false; },
  get writableBuffer() { return this._writableState && this._writableState.getBuffer(); },
  get writableEnded() { return this._writableState ? this._writableState.ending : false; },
  get writableNeedDrain() { const w = this._writableState; return !!w && !w.destroyed && !w.ending && w.needDrain; },
  get writableHighWaterMark() { return this._writableState && this._writableState.highWaterMark; },
  get writableCorked() { return this._writableState ? this._writableState.corked : 0; },
  get writableLength() { return this._writableState && this._writableState.length; },
  get errored() { return this._writableState ? this._writableState.errored : null; },
  get writableAborted() { const w = this._writableState; return !!(w.writable !== false && (w.destroyed || w.errored) && !w.finished); },
});
Writable.prototype.destroy = function destroy(error, callback) {
  const state = this._writableState;
  if (!state.destroyed && (state.buffered.length > 0 || state.callbacks.length > 0)) nextTick(errorBuffer, state);
  return finish(this, error, callback);
};
Writable.prototype._undestroy = nop;
Writable.prototype._destroy = function _destroy(error, callback) { callback(error); };
Writable.prototype[EE.captureRejectionSymbol] = function (error) { this.destroy(error); };

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  Readable.call(this, options);
  Writable.call(this, options);
  if (options) {
    this.allowHalfOpen = options.allowHalfOpen !== false;
    if (options.readable === false) Object.assign(this._readableState, { readable: false, ended: true, endEmitted: true });
    if (options.writable === false) Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
  } else this.allowHalfOpen = true;
  return undefined;
}
Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
for (const name of Object.keys(Writable.prototype)) if (!Duplex.prototype[name] || name === 'destroy') Duplex.prototype[name] = Writable.prototype[name];
for (const name of ['writable', 'writableHighWaterMark', 'writableObjectMode', 'writableBuffer', 'writableLength', 'writableFinished', 'writableCorked',
  'writableEnded', 'writableNeedDrain', 'writableAborted']) Object.defineProperty(Duplex.prototype, name, Object.getOwnPropertyDescriptor(Writable.prototype, name));
Object.defineProperty(Duplex.prototype, 'destroyed', {
  configurable: true,
  get() { return !!(this._readableState && this._writableState && this._readableState.destroyed && this._writableState.destroyed); },
  set(value) {
    if (this._readableState && this._writableState) this._readableState.destroyed = this._writableState.destroyed = value;
  },
});

const held = Symbol('kCallback');
function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  const mark = options ? markOf(options, 'readableHighWaterMark', options.readableObjectMode || options.objectMode, true) : null;
  if (mark === 0) {
    options = { ...options, highWaterMark: null, readableHighWaterMark: mark, writableHighWaterMark: options.writableHighWaterMark || 0 };
  }
  Duplex.call(this, options);
  this._readableState.sync = false;
  this[held] = null;
  if (options) {
    if (typeof options.transform === 'function') this._transform = options.transform;
    if (typeof options.flush === 'function') this._flush = options.flush;
  }
  this.on('prefinish', function () { if (this._final !== flush) flush.call(this); });
  return undefined;
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);
function flush(callback) {
  const done = (error, data) => {
    if (error) {
      if (callback) callback(error);
      else this.destroy(error);
      return;
    }
    if (data != null) this.push(data);
    this.push(null);
    if (callback) callback();
  };
  if (typeof this._flush === 'function' && !this.destroyed) this._flush(done);
  else done();
}
Transform.prototype._final = flush;
Transform.prototype._transform = function _transform() { throw new (code('ERR_METHOD_NOT_IMPLEMENTED'))('_transform()'); };
Transform.prototype._write = function (chunk, encoding, callback) {
  const r = this._readableState;
  const w = this._writableState;
  const { length } = r;
  this._transform(chunk, encoding, (error, value) => {
    if (error) {
      callback(error);
      return;
    }
    if (value != null) this.push(value);
    if (w.ended || length === r.length || r.length < r.highWaterMark) callback();
    else this[held] = callback;
  });
};
Transform.prototype._read = function () {
  if (this[held]) {
    const callback = this[held];
    this[held] = null;
    callback();
  }
};

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
  return undefined;
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);
PassThrough.prototype._transform = (chunk, encoding, callback) => { callback(null, chunk); };

// What is in internal/stream_more, loaded when it is called.
const lazily = (target, names) => {
  for (const name of names) {
    const call = function (...args) { return Reflect.apply(more()[name], this, args); };
    Object.defineProperty(call, 'name', { value: name });
    Object.defineProperty(target, name, { value: call, writable: true, configurable: true, enumerable: true });
  }
};
Readable.ReadableState = ReadableState;
Readable._fromList = (n, state) => take(n === undefined || n === 0 ? state.length : n, state);
Writable.WritableState = WritableState;
Readable.from = function from(iterable, options) { return more().from(Readable, iterable, options); };
Readable.fromWeb = (web, options) => more().fromWeb(web, options);
Readable.toWeb = (stream, options) => more().toWeb(stream, options);
Writable.fromWeb = (web, options) => more().writableFromWeb(web, options);
Writable.toWeb = (stream) => more().writableToWeb(stream);
Duplex.fromWeb = (pair, options) => more().duplexFromWeb(pair, options);
Duplex.toWeb = (duplex) => ({ readable: Readable.toWeb(duplex), writable: Writable.toWeb(duplex) });
Duplex.from = (body) => more().duplexFrom(body);
Readable.wrap = (source, options) => new Readable({ objectMode: true, ...options, destroy(error, callback) { callback(error); } }).wrap(source);
for (const name of ['asIndexedPairs', 'drop', 'filter', 'flatMap', 'map', 'take', 'compose', 'every', 'forEach', 'reduce', 'toArray', 'some', 'find']) {
  const call = function (...args) { return Reflect.apply(more().operators[name], this, args); };
  Object.defineProperty(call, 'name', { value: name });
  Object.defineProperty(Readable.prototype, name, { value: call, writable: true, configurable: true });
}

module.exports = Stream;
lazily(Stream, ['isDestroyed', 'isDisturbed', 'isErrored', 'isReadable', 'isWritable']);
Object.assign(Stream, { Readable, Writable, Duplex, Transform, PassThrough });
lazily(Stream, ['duplexPair', 'pipeline', 'addAbortSignal', 'finished', 'destroy', 'compose']);
Stream.setDefaultHighWaterMark = (objectMode, value) => {
  require('internal/validators').validateInteger(value, 'value', 0);
  if (objectMode) markObjects = value;
  else markBytes = value;
};
Stream.getDefaultHighWaterMark = (objectMode) => (objectMode ? markObjects : markBytes);
Object.defineProperty(Stream, 'promises', { configurable: true, enumerable: true, get: () => require('stream/promises') });
Object.defineProperty(Stream.pipeline, Symbol.for('nodejs.util.promisify.custom'), { enumerable: true, get: () => require('stream/promises').pipeline });
Object.defineProperty(Stream.finished, Symbol.for('nodejs.util.promisify.custom'), { enumerable: true, get: () => require('stream/promises').finished });
Stream.Stream = Stream;
Stream._isArrayBufferView = ArrayBuffer.isView;
Stream._isUint8Array = isBytes;
Stream._uint8ArrayToBuffer = (chunk) => bytesOf(chunk);
