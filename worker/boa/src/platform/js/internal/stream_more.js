// The other parts of streams: finished, pipeline, from, compose, operators, and the ways
// to and from web streams.
const Stream = require('stream');
const { codes, AbortError, aggregateTwoErrors } = require('internal/errors');
const { validateAbortSignal, validateFunction, validateInteger, validateObject } = require('internal/validators');
const { tick } = native('tasks');
const nextTick = (fn, ...args) => tick(fn, args);
const nop = () => {};

const isNodeStream = (value) => !!value && (value._readableState || value._writableState ||
  (typeof value.write === 'function' && typeof value.on === 'function') || (typeof value.pipe === 'function' && typeof value.on === 'function'));
const isWebReadable = (value) => !!value && typeof value.getReader === 'function' && typeof value.pipeTo === 'function';
const isWebWritable = (value) => !!value && typeof value.getWriter === 'function';
const isIterable = (value) => value != null && (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function');
const isRequest = (stream) => stream.setHeader && typeof stream.abort === 'function';

const isDestroyed = (stream) => (isNodeStream(stream) ? !!(stream.destroyed || (stream._writableState || stream._readableState || {}).destroyed) : null);
const isReadable = (stream) => (stream && stream.readable != null ? stream.readable && !isDestroyed(stream) : null);
const isWritable = (stream) => (stream && stream.writable != null ? stream.writable && !isDestroyed(stream) : null);
const isDisturbed = (stream) => !!(stream && (stream.readableDidRead || stream.readableAborted || stream._disturbed));
const isErrored = (stream) => !!(stream && (stream.errored || (stream._readableState && stream._readableState.errored) || (stream._writableState && stream._writableState.errored)));

function finished(stream, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  } else if (options == null) options = {};
  else validateObject(options, 'options');
  validateFunction(callback, 'callback');
  validateAbortSignal(options.signal, 'options.signal');
  let called = false;
  const inner = callback;
  callback = function (...args) {
    if (called) return;
    called = true;
    Reflect.apply(inner, stream, args);
  };
  if (isWebReadable(stream) || isWebWritable(stream)) {
    const settled = stream[Symbol.for('brink.closed')];
    settled.then(() => nextTick(callback), (error) => nextTick(callback, error));
    return nop;
  }
  if (!isNodeStream(stream)) throw new codes.ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  const r = stream._readableState;
  const w = stream._writableState;
  const hasReadable = r ? r.readable !== false : typeof stream.read === 'function' || stream.readable;
  const hasWritable = w ? w.writable !== false : typeof stream.write === 'function';
  const readable = options.readable === undefined ? hasReadable : options.readable;
  const writable = options.writable === undefined ? hasWritable : options.writable;
  const willClose = !isRequest(stream) && !!((w && w.autoDestroy && w.emitClose && !w.closed) || (r && r.autoDestroy && r.emitClose && !r.closed)) &&
    readable === hasReadable && writable === hasWritable;
  let writableDone = !!(stream.writableFinished || (w && w.finished));
  let readableDone = !!(stream.readableEnded || (r && r.endEmitted));
  const failure = () => {
    const error = (w && w.errored) || (r && r.errored);
    return typeof error === 'boolean' ? undefined : error;
  };
  const onFinish = () => {
    writableDone = true;
    if (stream.destroyed && willClose && !(readable && !readableDone)) return;
    if (willClose && (!stream.readable || readable)) return;
    if (!readable || readableDone) callback();
  };
  const onEnd = () => {
    readableDone = true;
    if (willClose && (!stream.writable || writable)) return;
    if (!writable || writableDone) callback();
  };
  const onError = (error) => callback(error);
  const onClose = () => {
    const error = failure();
    if (error) callback(error);
    else if (readable && !readableDone && hasReadable && !(r ? r.endEmitted : true)) callback(new codes.ERR_STREAM_PREMATURE_CLOSE());
    else if (writable && !writableDone && hasWritable && !(w ? w.finished : true)) callback(new codes.ERR_STREAM_PREMATURE_CLOSE());
    else callback();
  };
  const onRequest = () => stream.req.on('finish', onFinish);
  if (isRequest(stream)) {
    stream.on('complete', onFinish);
    if (!willClose) stream.on('abort', onClose);
    if (stream.req) onRequest();
    else stream.on('request', onRequest);
  } else if (writable && !w) {
    stream.on('end', onFinish);
    stream.on('close', onFinish);
  }
  if (!willClose && typeof stream.aborted === 'boolean') stream.on('aborted', onClose);
  stream.on('end', onEnd);
  stream.on('finish', onFinish);
  if (options.error !== false) stream.on('error', onError);
  stream.on('close', onClose);
  const closed = (w && w.closed) || (r && r.closed) || (!w && !r && stream.closed);
  if (closed) nextTick(onClose);
  else if ((w && w.errorEmitted) || (r && r.errorEmitted)) { if (!willClose) nextTick(onClose); }
  else if (!readable && (!willClose || stream.readable) && (writableDone || stream.writable === false) && hasWritable) nextTick(onClose);
  else if (!writable && (!willClose || stream.writable) && (readableDone || stream.readable === false) && hasReadable && (w || readableDone)) nextTick(onClose);
  const stop = () => {
    callback = nop;
    for (const [name, fn] of [['aborted', onClose], ['complete', onFinish], ['abort', onClose], ['request', onRequest], ['end', onFinish],
      ['close', onFinish], ['finish', onFinish], ['end', onEnd], ['error', onError], ['close', onClose]]) stream.removeListener(name, fn);
  };
  const { signal } = options;
  if (signal && !closed) {
    const abort = () => {
      const end = callback;
      stop();
      end.call(stream, new AbortError(undefined, { cause: signal.reason }));
    };
    if (signal.aborted) nextTick(abort);
    else {
      signal.addEventListener('abort', abort, { once: true });
      const before = callback;
      callback = (...args) => {
        signal.removeEventListener('abort', abort);
        before(...args);
      };
    }
  }
  return stop;
}

function destroy(stream, error) {
  if (!stream || isDestroyed(stream)) return stream;
  if (!error && !(stream.readableEnded || stream.writableFinished)) error = new AbortError();
  if (isRequest(stream)) stream.abort();
  else if (typeof stream.destroy === 'function') stream.destroy(error);
  else if (typeof stream.close === 'function') stream.close();
  return stream;
}

function addAbortSignal(signal, stream) {
  if (typeof signal !== 'object' || !signal || !('aborted' in signal)) throw new codes.ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  if (!isNodeStream(stream) && !isWebReadable(stream) && !isWebWritable(stream)) {
    throw new codes.ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  }
  const abort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) abort();
  else {
    signal.addEventListener('abort', abort, { once: true });
    finished(stream, () => signal.removeEventListener('abort', abort));
  }
  return stream;
}

// Writes what an iterable gives.
async function pump(iterable, writable, done, end) {
  let error;
  let wake = null;
  const resume = (failure) => {
    if (failure) error = failure;
    if (wake) {
      const call = wake;
      wake = null;
      call();
    }
  };
  const wait = () => new Promise((resolve, reject) => {
    if (error) reject(error);
    else wake = () => (error ? reject(error) : resolve());
  });
  writable.on('drain', resume);
  const stop = finished(writable, { readable: false }, resume);
  try {
    if (writable.writableNeedDrain) await wait();
    for await (const chunk of iterable) if (!writable.write(chunk)) await wait();
    if (end) {
      writable.end();
      await wait();
    }
    done();
  } catch (thrown) {
    done(error !== thrown ? aggregateTwoErrors(error, thrown) : thrown);
  } finally {
    stop();
    writable.off('drain', resume);
  }
}

function pipeline(...streams) {
  const callback = streams.pop();
  validateFunction(callback, 'streams[stream.length - 1]');
  return join(streams, callback);
}

function join(streams, callback, options = {}) {
  if (streams.length === 1 && Array.isArray(streams[0])) [streams] = streams;
  if (streams.length < 2) throw new codes.ERR_MISSING_ARGS('streams');
  const control = new AbortController();
  const { signal } = control;
  const outer = options.signal;
  validateAbortSignal(outer, 'options.signal');
  const lastListeners = [];
  let error;
  let value;
  let left = 0;
  const destroys = [];
  const abort = () => finish(new AbortError(undefined, { cause: outer && outer.reason }));
  if (outer) outer.addEventListener('abort', abort, { once: true });
  const done = (failure) => finish(failure, --left === 0);
  function finish(failure, final) {
    if (failure && (!error || error.code === 'ERR_STREAM_PREMATURE_CLOSE')) error = failure;
    if (!error && !final) return;
    while (destroys.length) destroys.shift()(error);
    if (outer) outer.removeEventListener('abort', abort);
    control.abort();
    if (final) {
      if (!error) for (const stop of lastListeners) stop();
      nextTick(callback, error, value);
    }
  }
  const watch = (stream, reading, writing) => {
    let over = false;
    stream.on('close', () => { over = true; });
    const stop = finished(stream, { readable: reading, writable: writing }, (failure) => { over = !failure; });
    destroys.push((failure) => {
      if (over) return;
      over = true;
      if (isRequest(stream)) stream.abort();
      else if (typeof stream.destroy === 'function') stream.destroy(failure || new codes.ERR_STREAM_DESTROYED('pipe'));
    });
    return stop;
  };
  let result;
  streams.forEach((stream, at) => {
    const reading = at < streams.length - 1;
    const writing = at > 0;
    const end = reading || options.end !== false;
    const last = at === streams.length - 1;
    if (isNodeStream(stream)) {
      if (end) {
        const stop = watch(stream, reading, writing);
        if (isReadable(stream) && last) lastListeners.push(stop);
      }
      const silent = (failure) => { if (failure && failure.name !== 'AbortError' && failure.code !== 'ERR_STREAM_PREMATURE_CLOSE') finish(failure); };
      stream.on('error', silent);
      if (isReadable(stream) && last) lastListeners.push(() => stream.removeListener('error', silent));
    }
    if (at === 0) {
      if (typeof stream === 'function') {
        result = stream({ signal });
        if (!isIterable(result)) throw new codes.ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or Stream', 'source', result);
      } else if (isIterable(stream) || isNodeStream(stream)) result = stream;
      else throw new codes.ERR_INVALID_ARG_TYPE('source', ['Stream', 'Iterable', 'AsyncIterable'], stream);
    } else if (typeof stream === 'function') {
      result = stream(isIterable(result) ? result : Stream.Readable.from(result), { signal });
      if (reading) {
        if (!isIterable(result)) throw new codes.ERR_INVALID_RETURN_VALUE('AsyncIterable', `transform[${at - 1}]`, result);
      } else {
        const through = new Stream.PassThrough({ objectMode: true });
        if (result != null && typeof result.then === 'function') {
          left++;
          result.then((got) => {
            value = got;
            if (got != null) through.write(got);
            if (end) through.end();
            nextTick(done);
          }, (failure) => {
            through.destroy(failure);
            nextTick(done, failure);
          });
        } else if (isIterable(result)) {
          left++;
          pump(result, through, done, end);
        } else throw new codes.ERR_INVALID_RETURN_VALUE('AsyncIterable or Promise', 'destination', result);
        result = through;
        watch(result, false, true);
      }
    } else if (isNodeStream(stream)) {
      if (isNodeStream(result) && typeof result.pipe === 'function') {
        left += 2;
        link(result, stream, done, end);
        if (isReadable(stream) && last) lastListeners.push(nop);
      } else if (isIterable(result)) {
        left++;
        pump(result, stream, done, end);
      } else throw new codes.ERR_INVALID_ARG_TYPE('val', ['Readable', 'Iterable', 'AsyncIterable', 'ReadableStream', 'TransformStream'], result);
      result = stream;
    } else if (isWebWritable(stream)) {
      left++;
      pump(isIterable(result) ? result : Stream.Readable.from(result), writableFromWeb(stream), done, end);
      result = stream;
    } else throw new codes.ERR_INVALID_ARG_TYPE(`streams[${at}]`, ['Stream', 'Function'], stream);
  });
  if ((signal && signal.aborted) || (outer && outer.aborted)) nextTick(abort);
  return result;
}

function link(src, dst, done, end) {
  let ended = false;
  dst.on('close', () => { if (!ended) done(new codes.ERR_STREAM_PREMATURE_CLOSE()); });
  src.pipe(dst, { end: false });
  if (end) {
    const close = () => {
      ended = true;
      dst.end();
    };
    if (src.readableEnded) nextTick(close);
    else src.once('end', close);
  } else done();
  finished(src, { readable: true, writable: false }, (error) => {
    const r = src._readableState;
    if (error && error.code === 'ERR_STREAM_PREMATURE_CLOSE' && r && r.ended && !r.errored && !r.errorEmitted) src.once('end', done).once('error', done);
    else done(error);
  });
  finished(dst, { readable: false, writable: true }, done);
}

function from(Readable, iterable, options) {
  if (typeof iterable === 'string' || iterable instanceof Uint8Array) {
    return new Readable({
      objectMode: true,
      ...options,
      read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  let iterator;
  if (iterable && iterable[Symbol.asyncIterator]) iterator = iterable[Symbol.asyncIterator]();
  else if (iterable && iterable[Symbol.iterator]) iterator = iterable[Symbol.iterator]();
  else throw new codes.ERR_INVALID_ARG_TYPE('iterable', ['Iterable'], iterable);
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let reading = false;
  readable._read = function () {
    if (!reading) {
      reading = true;
      next();
    }
  };
  readable._destroy = function (error, callback) {
    Promise.resolve(error && typeof iterator.throw === 'function' ? iterator.throw(error) : undefined)
      .then((step) => (step && step.done) || typeof iterator.return !== 'function' ? undefined : iterator.return())
      .then(() => nextTick(callback, error), (failure) => nextTick(callback, failure || error));
  };
  async function next() {
    while (true) {
      try {
        const { value, done } = await iterator.next();
        if (done) readable.push(null);
        else {
          const got = value && typeof value.then === 'function' ? await value : value;
          if (got === null) {
            reading = false;
            throw new codes.ERR_STREAM_NULL_VALUES();
          } else if (readable.push(got)) continue;
          else reading = false;
        }
      } catch (error) {
        readable.destroy(error);
      }
      break;
    }
  }
  return readable;
}

function duplexFrom(body) {
  const { Duplex, Readable, Writable } = Stream;
  if (body instanceof Duplex) return body;
  if (isWebReadable(body)) return duplexFrom({ readable: Readable.fromWeb(body) });
  if (typeof body === 'function') {
    const input = new Stream.PassThrough({ objectMode: true });
    const result = body(input);
    if (isIterable(result)) return duplexFrom({ writable: input, readable: Readable.from(result) });
    if (result && typeof result.then === 'function') return duplexFrom({ writable: input });
    throw new codes.ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or AsyncFunction', 'body', result);
  }
  if (body instanceof Readable) return duplexFrom({ readable: body });
  if (body instanceof Writable) return duplexFrom({ writable: body });
  if (isIterable(body)) return Readable.from(body);
  if (body && typeof body.then === 'function') return Readable.from((async function* () { yield await body; })());
  const { readable, writable } = body;
  const duplex = new Duplex({
    objectMode: true,
    readable: !!readable,
    writable: !!writable,
    read() { if (readable) readable.resume(); },
    write(chunk, encoding, callback) {
      if (writable.write(chunk, encoding)) callback();
      else writable.once('drain', callback);
    },
    final(callback) { writable.end(callback); },
    destroy(error, callback) {
      for (const one of [readable, writable]) if (one) one.destroy(error);
      callback(error);
    },
  });
  if (readable) {
    readable.on('data', (chunk) => { if (!duplex.push(chunk)) readable.pause(); });
    readable.on('end', () => duplex.push(null));
  }
  for (const one of [readable, writable]) if (one) one.on('error', (error) => duplex.destroy(error));
  return duplex;
}

function duplexPair(options) {
  const make = () => {
    const side = new Stream.Duplex({
      ...options,
      read() {
        if (side.waiting) {
          const call = side.waiting;
          side.waiting = null;
          call();
        }
      },
      write(chunk, encoding, callback) {
        if (chunk.length === 0) nextTick(callback);
        else {
          side.other.push(chunk);
          side.other.waiting = callback;
        }
      },
      final(callback) {
        side.other.on('end', callback);
        side.other.push(null);
      },
    });
    return side;
  };
  const [a, b] = [make(), make()];
  a.other = b;
  b.other = a;
  return [a, b];
}

function compose(...streams) {
  if (streams.length === 0) throw new codes.ERR_MISSING_ARGS('streams');
  if (streams.length === 1) return duplexFrom(streams[0]);
  const all = streams.map((stream) => (typeof stream === 'function' || !isNodeStream(stream) ? duplexFrom(stream) : stream));
  const head = all[0];
  const tail = all[all.length - 1];
  const result = duplexFrom({ writable: isWritable(head) ? head : undefined, readable: isReadable(tail) ? tail : undefined });
  pipeline(...all, (error) => { if (error) result.destroy(error); });
  return result;
}

// Operators.
function checked(fn, options) {
  validateFunction(fn, 'fn');
  if (options != null) validateObject(options, 'options');
  if (options && options.signal != null) validateAbortSignal(options.signal, 'options.signal');
}
const aborts = (options) => {
  if (options && options.signal && options.signal.aborted) throw new AbortError(undefined, { cause: options.signal.reason });
};
function mapped(stream, fn, options) {
  checked(fn, options);
  const concurrency = options && options.concurrency != null ? Math.floor(options.concurrency) : 1;
  validateInteger(concurrency, 'options.concurrency', 1);
  return (async function* () {
    const signal = (options && options.signal) || new AbortController().signal;
    const queue = [];
    for await (const value of stream) {
      aborts(options);
      queue.push(Promise.resolve(fn(value, { signal })));
      if (queue.length >= concurrency) yield await queue.shift();
    }
    while (queue.length > 0) yield await queue.shift();
  })();
}
function limit(number) {
  number = Number(number);
  if (Number.isNaN(number)) return 0;
  if (number < 0) throw new codes.ERR_OUT_OF_RANGE('number', '>= 0', number);
  return number;
}
const wrapped = (generator) => Stream.Readable.from(generator);
const operators = {
  map(fn, options) { return wrapped(mapped(this, fn, options)); },
  filter(fn, options) {
    checked(fn, options);
    const all = mapped(this, async (value, given) => [value, await fn(value, given)], options);
    return wrapped((async function* () { for await (const [value, keep] of all) if (keep) yield value; })());
  },
  flatMap(fn, options) {
    const all = mapped(this, fn, options);
    return wrapped((async function* () { for await (const value of all) yield* value; })());
  },
  take(number, options) {
    number = limit(number);
    const source = this;
    return wrapped((async function* () {
      aborts(options);
      if (number === 0) return;
      for await (const value of source) {
        if (number-- > 0) yield value;
        if (number <= 0) return;
      }
    })());
  },
  drop(number, options) {
    number = limit(number);
    const source = this;
    return wrapped((async function* () {
      aborts(options);
      for await (const value of source) if (number-- <= 0) yield value;
    })());
  },
  asIndexedPairs() {
    const source = this;
    return wrapped((async function* () {
      let at = 0;
      for await (const value of source) yield [at++, value];
    })());
  },
  compose(stream, options) { return compose(this, stream, options); },
  async forEach(fn, options) { for await (const value of mapped(this, fn, options)) void value; },
  async toArray(options) {
    const list = [];
    for await (const value of this) {
      aborts(options);
      list.push(value);
    }
    return list;
  },
  async some(fn, options) {
    for await (const value of operators.filter.call(this, fn, options)) {
      void value;
      return true;
    }
    return false;
  },
  async every(fn, options) {
    validateFunction(fn, 'fn');
    return !(await operators.some.call(this, async (...args) => !(await fn(...args)), options));
  },
  async find(fn, options) {
    for await (const value of operators.filter.call(this, fn, options)) return value;
    return undefined;
  },
  async reduce(fn, initial, options) {
    checked(fn, options);
    let has = arguments.length > 1;
    for await (const value of this) {
      aborts(options);
      if (!has) {
        has = true;
        initial = value;
      } else initial = await fn(initial, value, { signal: new AbortController().signal });
    }
    if (!has) throw Object.assign(new TypeError('Reduce of an empty stream requires an initial value'), { code: 'ERR_MISSING_ARGS' });
    return initial;
  },
};

// Web streams.
function fromWeb(web, options = {}) {
  if (!isWebReadable(web)) throw new codes.ERR_INVALID_ARG_TYPE('readableStream', 'ReadableStream', web);
  const reader = web.getReader();
  return new Stream.Readable({
    ...options,
    read() {
      reader.read().then(({ value, done }) => this.push(done ? null : value), (error) => this.destroy(error));
    },
    destroy(error, callback) {
      reader.cancel(error).then(() => callback(error), () => callback(error));
    },
  });
}
function toWeb(stream) {
  const { ReadableStream, CountQueuingStrategy, ByteLengthQueuingStrategy } = require('stream/web');
  const { readableObjectMode, readableHighWaterMark: highWaterMark } = stream;
  const Strategy = readableObjectMode ? CountQueuingStrategy : ByteLengthQueuingStrategy;
  let over = false;
  return new ReadableStream({
    start(controller) {
      stream.pause();
      finished(stream, { writable: false }, (error) => {
        if (over) return;
        over = true;
        if (error) controller.error(error);
        else controller.close();
      });
      stream.on('data', (chunk) => {
        controller.enqueue(chunk instanceof Uint8Array && !readableObjectMode ? new Uint8Array(chunk) : chunk);
        if (controller.desiredSize <= 0) stream.pause();
      });
      stream.pause();
    },
    pull() { stream.resume(); },
    cancel(reason) {
      over = true;
      stream.destroy(reason);
    },
  }, new Strategy({ highWaterMark }));
}
function writableFromWeb(web, options = {}) {
  if (!isWebWritable(web)) throw new codes.ERR_INVALID_ARG_TYPE('writableStream', 'WritableStream', web);
  const writer = web.getWriter();
  return new Stream.Writable({
    ...options,
    write(chunk, encoding, callback) { writer.ready.then(() => writer.write(chunk)).then(() => callback(), callback); },
    final(callback) { writer.close().then(() => callback(), callback); },
    destroy(error, callback) {
      if (error) writer.abort(error).then(() => callback(error), () => callback(error));
      else callback();
    },
  });
}
function writableToWeb(stream) {
  const { WritableStream } = require('stream/web');
  return new WritableStream({
    write: (chunk) => new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve, reject) => {
      finished(stream, { readable: false }, (error) => (error ? reject(error) : resolve()));
      stream.end();
    }),
    abort(reason) { stream.destroy(reason); },
  }, { highWaterMark: stream.writableHighWaterMark, size: (chunk) => (chunk && chunk.length) || 1 });
}
const duplexFromWeb = ({ readable, writable }, options) => duplexFrom({ readable: fromWeb(readable, options), writable: writableFromWeb(writable, options) });

module.exports = {
  isDestroyed, isReadable, isWritable, isDisturbed, isErrored, finished, destroy, addAbortSignal, pipeline, join, from, duplexFrom,
  duplexPair, compose, operators, fromWeb, toWeb, writableFromWeb, writableToWeb, duplexFromWeb,
};
