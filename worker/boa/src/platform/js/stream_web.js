// Web streams, as far as bodies of fetch need them: default controllers, readers, writers, tee,
// pipes and strategies. Byte streams read like default ones.
const { codes } = require('internal/errors');
const custom = Symbol.for('nodejs.util.inspect.custom');
const nop = () => {};
const invalid = (text) => Object.assign(new TypeError(`Invalid state: ${text}`), { code: 'ERR_INVALID_STATE' });
const state = Symbol('kState');

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  made.promise.catch(nop);
  return made;
}
function shown(object, describe) {
  object.prototype[custom] = function (depth, options, inspect) {
    return depth < 0 ? this.constructor.name : `${this.constructor.name} ${inspect(describe(this), options)}`;
  };
  Object.defineProperty(object.prototype, custom, { enumerable: false });
  Object.defineProperty(object.prototype, Symbol.toStringTag, { value: object.name, configurable: true });
}
const markOf = (strategy, otherwise) => {
  const mark = strategy && strategy.highWaterMark !== undefined ? Number(strategy.highWaterMark) : otherwise;
  if (Number.isNaN(mark) || mark < 0) throw new codes.ERR_INVALID_ARG_VALUE('strategy.highWaterMark', strategy.highWaterMark);
  return mark;
};

class ReadableStreamDefaultController {
  constructor(stream) { this[state] = stream; }
  get desiredSize() {
    const s = this[state][state];
    if (s.status === 'errored') return null;
    return s.status === 'closed' ? 0 : s.mark - s.size;
  }
  get byobRequest() { return null; }
  close() {
    const s = this[state][state];
    if (s.closing || s.status !== 'readable') throw invalid('Controller is already closed');
    s.closing = true;
    if (s.queue.length === 0) closeReadable(s);
  }
  enqueue(chunk) {
    const s = this[state][state];
    if (s.closing || s.status !== 'readable') throw invalid('Controller is already closed');
    if (s.requests.length > 0) s.requests.shift().resolve({ done: false, value: chunk });
    else {
      let size;
      try {
        size = s.measure(chunk);
        if (!(size >= 0 && size < Infinity)) throw new codes.ERR_INVALID_ARG_VALUE.HostBase('The argument \'size\' is invalid.');
      } catch (error) {
        failReadable(s, error);
        throw error;
      }
      s.queue.push({ chunk, size });
      s.size += size;
    }
    pull(s);
  }
  error(reason) { failReadable(this[state][state], reason); }
}
class ReadableByteStreamController extends ReadableStreamDefaultController {}

function closeReadable(s) {
  s.status = 'closed';
  for (const request of s.requests.splice(0)) request.resolve({ done: true, value: undefined });
  if (s.reader) s.reader[state].closed.resolve();
}
function failReadable(s, reason) {
  if (s.status !== 'readable') return;
  s.status = 'errored';
  s.reason = reason;
  s.queue = [];
  s.size = 0;
  for (const request of s.requests.splice(0)) request.reject(reason);
  if (s.reader) s.reader[state].closed.reject(reason);
}
function pull(s) {
  if (!s.started || s.closing || s.status !== 'readable' || !(s.requests.length > 0 || s.mark - s.size > 0)) return;
  if (s.pulling) {
    s.again = true;
    return;
  }
  s.pulling = true;
  let pulled;
  try {
    pulled = Promise.resolve(s.source.pull ? s.source.pull(s.controller) : undefined);
  } catch (error) {
    pulled = Promise.reject(error);
  }
  pulled.then(() => {
    s.pulling = false;
    if (s.again) {
      s.again = false;
      pull(s);
    }
  }, (error) => failReadable(s, error));
}
function cancel(s, reason) {
  s.disturbed = true;
  if (s.status === 'closed') return Promise.resolve();
  if (s.status === 'errored') return Promise.reject(s.reason);
  s.queue = [];
  closeReadable(s);
  try {
    return Promise.resolve(s.source.cancel ? s.source.cancel(reason) : undefined).then(nop);
  } catch (error) {
    return Promise.reject(error);
  }
}

class ReadableStream {
  constructor(source = {}, strategy = {}) {
    if (source === null || (typeof source !== 'object' && typeof source !== 'function')) throw new codes.ERR_INVALID_ARG_TYPE('source', 'Object', source);
    const bytes = `${source.type}` === 'bytes';
    if (source.type !== undefined && !bytes) throw new codes.ERR_INVALID_ARG_VALUE('source.type', source.type);
    const s = {
      status: 'readable', reason: undefined, reader: null, disturbed: false, queue: [], size: 0, requests: [], closing: false, started: false,
      pulling: false, again: false, source, mark: markOf(strategy, bytes ? 0 : 1), measure: (strategy && strategy.size) || (() => 1),
    };
    Object.defineProperty(this, state, { value: s });
    s.controller = new (bytes ? ReadableByteStreamController : ReadableStreamDefaultController)(this);
    const begun = source.start ? source.start(s.controller) : undefined;
    Promise.resolve(begun).then(() => {
      s.started = true;
      pull(s);
    }, (error) => failReadable(s, error));
  }
  get locked() { return this[state].reader !== null; }
  get _disturbed() { return this[state].disturbed; }
  get [Symbol.for('brink.closed')]() {
    return new Promise((resolve, reject) => {
      const s = this[state];
      if (s.reader) s.reader.closed.then(resolve, reject);
      else if (s.status === 'errored') reject(s.reason);
      else if (s.status === 'closed') resolve();
    });
  }
  cancel(reason) {
    if (this.locked) return Promise.reject(invalid('ReadableStream is locked'));
    return cancel(this[state], reason);
  }
  getReader(options) {
    if (options && options.mode !== undefined && options.mode !== 'byob') throw new codes.ERR_INVALID_ARG_VALUE('options.mode', options.mode);
    return options && options.mode === 'byob' ? new ReadableStreamBYOBReader(this) : new ReadableStreamDefaultReader(this);
  }
  pipeThrough(pair, options) {
    if (this.locked || pair.writable.locked) throw invalid('The ReadableStream is locked');
    this.pipeTo(pair.writable, options).catch(nop);
    return pair.readable;
  }
  async pipeTo(target, options = {}) {
    if (!(target instanceof WritableStream)) throw new codes.ERR_INVALID_ARG_TYPE('destination', 'WritableStream', target);
    if (this.locked) throw invalid('The ReadableStream is locked');
    if (target.locked) throw invalid('The WritableStream is locked');
    const reader = this.getReader();
    const writer = target.getWriter();
    const { signal } = options;
    let stop;
    const aborted = signal && new Promise((_, reject) => {
      stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    if (aborted) aborted.catch(nop);
    const race = (promise) => (aborted ? Promise.race([aborted, promise]) : promise);
    let writing = false;
    try {
      while (true) {
        writing = true;
        await race(writer.ready);
        writing = false;
        const { value, done } = await race(Promise.race([reader.read(), writer.closed.then(() => { throw invalid('Destination is closed'); }, (error) => {
          writing = true;
          throw error;
        })]));
        if (done) break;
        writer.write(value).catch(nop);
      }
      writing = true;
      if (!options.preventClose) await race(writer.close());
    } catch (error) {
      const all = [];
      const stopped = signal && signal.aborted;
      if ((!writing || stopped) && !options.preventAbort) all.push(writer.abort(error).catch(nop));
      if ((writing || stopped) && !options.preventCancel) all.push(reader.cancel(error).catch(nop));
      await Promise.all(all);
      throw error;
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
      reader.releaseLock();
      writer.releaseLock();
    }
  }
  tee() {
    const reader = this.getReader();
    const canceled = [];
    const both = deferred();
    const controllers = [];
    let reading = false;
    const next = () => {
      if (reading) return undefined;
      reading = true;
      return reader.read().then(({ value, done }) => {
        reading = false;
        controllers.forEach((controller, at) => {
          if (canceled[at]) return;
          if (done) controller.close();
          else controller.enqueue(value);
        });
        if (done) both.resolve();
      });
    };
    const branch = (at) => new ReadableStream({
      start(controller) { controllers[at] = controller; },
      pull: next,
      cancel(reason) {
        canceled[at] = { reason };
        if (canceled[0] && canceled[1]) both.resolve(reader.cancel([canceled[0].reason, canceled[1].reason]));
        return both.promise;
      },
    }, { highWaterMark: 0 });
    const pair = [branch(0), branch(1)];
    reader.closed.catch((error) => controllers.forEach((controller) => controller.error(error)));
    return pair;
  }
  values({ preventCancel = false } = {}) {
    const reader = this.getReader();
    let over = false;
    return Object.setPrototypeOf({
      async next() {
        if (over) return { done: true, value: undefined };
        try {
          const step = await reader.read();
          if (step.done) {
            over = true;
            reader.releaseLock();
          }
          return step;
        } catch (error) {
          over = true;
          reader.releaseLock();
          throw error;
        }
      },
      async return(value) {
        if (!over) {
          over = true;
          if (!preventCancel) await reader.cancel(value);
          reader.releaseLock();
        }
        return { done: true, value };
      },
    }, Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype));
  }
  [Symbol.asyncIterator](options) { return this.values(options); }
  static from(iterable) {
    const make = iterable[Symbol.asyncIterator] || iterable[Symbol.iterator];
    if (typeof make !== 'function') throw new codes.ERR_ARG_NOT_ITERABLE(iterable);
    const iterator = make.call(iterable);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason) { if (iterator.return) await iterator.return(reason); },
    }, { highWaterMark: 0 });
  }
}

class ReadableStreamDefaultReader {
  constructor(stream) {
    if (!(stream instanceof ReadableStream)) throw new codes.ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
    if (stream.locked) throw invalid('ReadableStream is locked');
    const closed = deferred();
    Object.defineProperty(this, state, { value: { stream, closed } });
    const s = stream[state];
    s.reader = this;
    if (s.status === 'closed') closed.resolve();
    else if (s.status === 'errored') closed.reject(s.reason);
  }
  get closed() { return this[state].closed.promise; }
  read() {
    const { stream } = this[state];
    if (!stream) return Promise.reject(invalid('The reader is not attached to a stream'));
    const s = stream[state];
    s.disturbed = true;
    if (s.queue.length > 0) {
      const { chunk, size } = s.queue.shift();
      s.size -= size;
      if (s.closing && s.queue.length === 0) closeReadable(s);
      else pull(s);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (s.status === 'closed') return Promise.resolve({ done: true, value: undefined });
    if (s.status === 'errored') return Promise.reject(s.reason);
    const request = deferred();
    s.requests.push(request);
    pull(s);
    return request.promise;
  }
  cancel(reason) {
    const { stream } = this[state];
    return stream ? cancel(stream[state], reason) : Promise.reject(invalid('The reader is not attached to a stream'));
  }
  releaseLock() {
    const own = this[state];
    if (!own.stream) return;
    const s = own.stream[state];
    s.reader = null;
    own.stream = undefined;
    const error = Object.assign(new TypeError('Invalid state: Reader released'), { code: 'ERR_INVALID_STATE' });
    for (const request of s.requests.splice(0)) request.reject(error);
    if (s.status !== 'readable') {
      own.closed = deferred();
    }
    own.closed.reject(error);
  }
}
class ReadableStreamBYOBReader extends ReadableStreamDefaultReader {
  async read(view) {
    const step = await super.read();
    if (step.done) return { done: true, value: new view.constructor(view.buffer, view.byteOffset, 0) };
    const target = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const bytes = step.value.subarray(0, target.length);
    target.set(bytes);
    const s = this[state].stream && this[state].stream[state];
    if (s && step.value.length > bytes.length) {
      const rest = step.value.subarray(bytes.length);
      s.queue.unshift({ chunk: rest, size: rest.length });
      s.size += rest.length;
    }
    return { done: false, value: target.subarray(0, bytes.length) };
  }
}
class ReadableStreamBYOBRequest {}

class WritableStreamDefaultController {
  #abort = new AbortController();
  constructor(stream) { this[state] = stream; }
  get signal() { return this.#abort.signal; }
  error(reason) { failWritable(this[state][state], reason); }
  [Symbol.for('brink.abort')](reason) { this.#abort.abort(reason); }
}

function failWritable(s, reason) {
  if (s.status !== 'writable') return;
  s.status = 'errored';
  s.reason = reason;
  for (const one of s.queue.splice(0)) one.done.reject(reason);
  s.size = 0;
  s.ready.reject(reason);
  s.closed.reject(reason);
}
function advance(s) {
  if (!s.started || s.busy || s.status !== 'writable' || s.queue.length === 0) return;
  const one = s.queue[0];
  s.busy = true;
  let work;
  try {
    const { sink, controller } = s;
    if (one.close) work = Promise.resolve(sink.close ? sink.close() : undefined);
    else work = Promise.resolve(sink.write ? sink.write(one.chunk, controller) : undefined);
  } catch (error) {
    work = Promise.reject(error);
  }
  work.then(() => {
    s.busy = false;
    if (s.queue[0] === one) s.queue.shift();
    one.done.resolve();
    if (s.status !== 'writable') return;
    if (one.close) {
      s.status = 'closed';
      s.ready.resolve();
      s.closed.resolve();
      return;
    }
    s.size -= one.size;
    if (s.mark - s.size > 0) s.ready.resolve();
    advance(s);
  }, (error) => {
    s.busy = false;
    if (s.queue[0] === one) s.queue.shift();
    one.done.reject(error);
    failWritable(s, error);
  });
}
function closeWritable(s) {
  if (s.closing || s.status === 'closed') return Promise.reject(invalid('WritableStream is closed'));
  if (s.status === 'errored') return Promise.reject(s.reason);
  s.closing = true;
  const done = deferred();
  s.queue.push({ close: true, size: 0, done });
  s.ready.resolve();
  advance(s);
  return done.promise;
}
async function abortWritable(s, reason) {
  if (s.status !== 'writable') return;
  s.controller[Symbol.for('brink.abort')](reason);
  failWritable(s, reason);
  if (s.sink.abort) await s.sink.abort(reason);
}

class WritableStream {
  constructor(sink = {}, strategy = {}) {
    if (sink === null) sink = {};
    if (sink.type !== undefined) throw require('internal/errors').coded(RangeError, 'ERR_INVALID_ARG_VALUE', `The property 'type' is invalid. Received ${require('internal/inspect').inspect(sink.type)}`);
    const s = {
      status: 'writable', reason: undefined, writer: null, queue: [], size: 0, busy: false, started: false, closing: false, sink,
      mark: markOf(strategy, 1), measure: (strategy && strategy.size) || (() => 1), ready: deferred(), closed: deferred(),
    };
    Object.defineProperty(this, state, { value: s });
    s.controller = new WritableStreamDefaultController(this);
    if (s.mark > 0) s.ready.resolve();
    const begun = sink.start ? sink.start(s.controller) : undefined;
    Promise.resolve(begun).then(() => {
      s.started = true;
      advance(s);
    }, (error) => failWritable(s, error));
  }
  get locked() { return this[state].writer !== null; }
  get [Symbol.for('brink.closed')]() { return this[state].closed.promise; }
  abort(reason) { return this.locked ? Promise.reject(invalid('WritableStream is locked')) : abortWritable(this[state], reason); }
  close() { return this.locked ? Promise.reject(invalid('WritableStream is locked')) : closeWritable(this[state]); }
  getWriter() { return new WritableStreamDefaultWriter(this); }
}

class WritableStreamDefaultWriter {
  constructor(stream) {
    if (!(stream instanceof WritableStream)) throw new codes.ERR_INVALID_ARG_TYPE('stream', 'WritableStream', stream);
    if (stream.locked) throw invalid('WritableStream is locked');
    Object.defineProperty(this, state, { value: { stream } });
    stream[state].writer = this;
  }
  get closed() { return this[state].stream ? this[state].stream[state].closed.promise : Promise.reject(invalid('Writer has been released')); }
  get ready() { return this[state].stream ? this[state].stream[state].ready.promise : Promise.reject(invalid('Writer has been released')); }
  get desiredSize() {
    if (!this[state].stream) throw invalid('Writer is not bound to a WritableStream');
    const s = this[state].stream[state];
    if (s.status === 'errored') return null;
    return s.status === 'closed' ? 0 : s.mark - s.size;
  }
  write(chunk) {
    if (!this[state].stream) return Promise.reject(invalid('Writer is not bound to a WritableStream'));
    const s = this[state].stream[state];
    if (s.status === 'errored') return Promise.reject(s.reason);
    if (s.closing || s.status === 'closed') return Promise.reject(invalid('WritableStream is closed'));
    let size;
    try {
      size = s.measure(chunk);
    } catch (error) {
      failWritable(s, error);
      return Promise.reject(error);
    }
    const done = deferred();
    s.queue.push({ chunk, size, done });
    s.size += size;
    if (s.mark - s.size <= 0) s.ready = deferred();
    advance(s);
    return done.promise;
  }
  close() { return this[state].stream ? closeWritable(this[state].stream[state]) : Promise.reject(invalid('Writer is not bound to a WritableStream')); }
  abort(reason) { return this[state].stream ? abortWritable(this[state].stream[state], reason) : Promise.reject(invalid('Writer is not bound to a WritableStream')); }
  releaseLock() {
    if (!this[state].stream) return;
    this[state].stream[state].writer = null;
    this[state].stream = undefined;
  }
}

class TransformStreamDefaultController {
  constructor(stream) { this[state] = stream; }
  get desiredSize() { return this[state].out.desiredSize; }
  enqueue(chunk) { this[state].out.enqueue(chunk); }
  error(reason) { this[state].fail(reason); }
  terminate() {
    this[state].out.close();
    this[state].input.error(invalid('TransformStream has been terminated'));
  }
}

class TransformStream {
  constructor(transformer = {}, writableStrategy = {}, readableStrategy = {}) {
    if (transformer === null) transformer = {};
    const own = {};
    let room = deferred();
    const controller = new TransformStreamDefaultController(own);
    own.fail = (reason) => {
      own.out.error(reason);
      own.input.error(reason);
      room.resolve();
    };
    own.readable = new ReadableStream({
      start(out) { own.out = out; },
      pull() { room.resolve(); },
      cancel(reason) {
        own.input.error(reason);
        room.resolve();
      },
    }, { highWaterMark: markOf(readableStrategy, 0), size: readableStrategy.size });
    const guarded = async (work) => {
      try {
        await work();
      } catch (error) {
        own.fail(error);
        throw error;
      }
    };
    own.writable = new WritableStream({
      start(input) {
        own.input = input;
        return transformer.start ? transformer.start(controller) : undefined;
      },
      write: (chunk) => guarded(async () => {
        if (own.out.desiredSize <= 0) {
          room = deferred();
          if (own.readable[state].requests.length === 0) await room.promise;
        }
        if (transformer.transform) await transformer.transform(chunk, controller);
        else controller.enqueue(chunk);
      }),
      close: () => guarded(async () => {
        if (transformer.flush) await transformer.flush(controller);
        if (own.readable[state].status === 'readable' && !own.readable[state].closing) own.out.close();
      }),
      abort(reason) { own.out.error(reason); },
    }, { highWaterMark: markOf(writableStrategy, 1), size: writableStrategy.size });
    Object.defineProperty(this, state, { value: own });
  }
  get readable() { return this[state].readable; }
  get writable() { return this[state].writable; }
}

class ByteLengthQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = +init.highWaterMark; }
  get highWaterMark() { return this.#mark; }
  get size() { return byteSize; }
}
const byteSize = Object.defineProperty((chunk) => chunk.byteLength, 'name', { value: 'size' });
class CountQueuingStrategy {
  #mark;
  constructor(init) { this.#mark = +init.highWaterMark; }
  get highWaterMark() { return this.#mark; }
  get size() { return countSize; }
}
const countSize = Object.defineProperty(() => 1, 'name', { value: 'size' });

shown(ReadableStream, (stream) => ({ locked: stream.locked, state: stream[state].status, supportsBYOB: stream[state].controller instanceof ReadableByteStreamController }));
shown(WritableStream, (stream) => ({ locked: stream.locked, state: stream[state].status }));
shown(TransformStream, (stream) => ({ readable: stream.readable, writable: stream.writable }));
for (const Class of [ReadableStreamDefaultReader, ReadableStreamBYOBReader, WritableStreamDefaultWriter]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
}

class TextEncoderStream {
  #pair = new TransformStream({ transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode(`${chunk}`)) });
  get encoding() { return 'utf-8'; }
  get readable() { return this.#pair.readable; }
  get writable() { return this.#pair.writable; }
}
class TextDecoderStream {
  #decoder; #pair;
  constructor(encoding, options) {
    const decoder = new TextDecoder(encoding, options);
    const send = (text, controller) => { if (text !== '') controller.enqueue(text); };
    this.#decoder = decoder;
    this.#pair = new TransformStream({
      transform: (chunk, controller) => send(decoder.decode(chunk, { stream: true }), controller),
      flush: (controller) => send(decoder.decode(), controller),
    });
  }
  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
  get readable() { return this.#pair.readable; }
  get writable() { return this.#pair.writable; }
}
function piped(Class, makers) {
  return class {
    #pair;
    constructor(format) {
      require('internal/validators').validateOneOf(format, 'format', Object.keys(makers));
      this.#pair = Class.toWeb(require('zlib')[makers[format]]());
    }
    get readable() { return this.#pair.readable; }
    get writable() { return this.#pair.writable; }
  };
}

module.exports = {
  ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableByteStreamController,
  ReadableStreamDefaultController, TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultWriter,
  WritableStreamDefaultController, ByteLengthQueuingStrategy, CountQueuingStrategy, TextEncoderStream, TextDecoderStream,
};
const lazyClass = (name, makers) => {
  let value;
  Object.defineProperty(module.exports, name, {
    configurable: true,
    enumerable: true,
    get: () => (value = value || Object.defineProperty(piped(require('stream').Duplex, makers), 'name', { value: name })),
  });
};
lazyClass('CompressionStream', { deflate: 'createDeflate', 'deflate-raw': 'createDeflateRaw', gzip: 'createGzip' });
lazyClass('DecompressionStream', { deflate: 'createInflate', 'deflate-raw': 'createInflateRaw', gzip: 'createGunzip' });
