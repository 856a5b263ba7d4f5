// Shared parts of `crypto`: the natives, arguments that are bytes, results as Buffers.
const { codes, coded } = require('internal/errors');

const binding = native('crypto');
let bufferClass;
const kHandle = Symbol('kHandle');

const getBuffer = () => (bufferClass ??= require('buffer').Buffer);
const isView = ArrayBuffer.isView;
const isBuffer = (value) => value instanceof ArrayBuffer ||
  (value !== null && typeof value === 'object' && Object.prototype.toString.call(value) === '[object ArrayBuffer]');

// A text in another encoding than UTF-8 as bytes; natives take UTF-8 texts as they are.
function fromText(text, encoding) {
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8' || encoding === 'buffer') return text;
  return getBuffer().from(text, encoding);
}

const viewTypes = ['Buffer', 'TypedArray', 'DataView'];

// Texts and views, as streams take them.
function viewOrText(value, name, encoding) {
  if (typeof value === 'string') return fromText(value, encoding);
  if (isView(value)) return value;
  throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', ...viewTypes], value);
}

// Texts, views and ArrayBuffers.
function bytes(value, name, encoding) {
  if (typeof value === 'string') return fromText(value, encoding);
  if (isView(value) || isBuffer(value)) return value;
  throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', 'ArrayBuffer', ...viewTypes], value);
}

const toBuffer = (array) => Object.setPrototypeOf(array, getBuffer().prototype);

// Bytes as a Buffer or as a text.
function encoded(array, encoding) {
  const buffer = toBuffer(array);
  return encoding && encoding !== 'buffer' && getBuffer().isEncoding(encoding) ? buffer.toString(encoding) : buffer;
}

// Calls back after everything that was to happen at once.
function later(work) {
  (globalThis.setImmediate || setTimeout)(work, 0);
}

// Runs a computation later and hands its result to a Node.js callback.
function callLater(compute, callback) {
  later(() => {
    let result;
    try {
      result = compute();
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, result);
  });
}

// Makes the methods of a stream class work on instances of a class without loading streams before
// one of them is used. The getters stand two prototypes above the instances, where the engine's
// inline caches leave them alone: they change what they are read from.
function streamLazily(Class, kind) {
  const names = ['on', 'once', 'addListener', 'prependListener', 'off', 'removeListener', 'removeAllListeners', 'emit', 'listeners',
    'listenerCount', 'pipe', 'unpipe', 'write', 'end', 'read', 'setEncoding', 'resume', 'pause', 'destroy', 'push', 'cork', 'uncork',
    Symbol.asyncIterator, 'writable', 'readable', 'destroyed', 'writableEnded', 'readableEnded', 'writableLength', 'readableFlowing'];
  const states = kind === 'Writable' ? ['_writableState'] : ['_readableState', '_writableState'];
  const own = (stream, name, value) => Object.defineProperty(stream, name, { value, writable: true, enumerable: true, configurable: true });
  const start = (stream, Stream) => {
    for (const state of states) own(stream, state, undefined);
    Stream.call(stream, { ...stream._options, emitClose: false });
  };
  const load = () => {
    const Stream = require('stream')[kind];
    const middle = Object.create(Stream.prototype);
    for (const state of states) {
      Object.defineProperty(middle, state, {
        get() {
          start(this, Stream);
          return this[state];
        },
        set(value) {
          own(this, state, value);
        },
      });
    }
    Object.setPrototypeOf(Class.prototype, middle);
    return Stream;
  };
  const base = {};
  for (const name of names) {
    Object.defineProperty(base, name, {
      get() {
        start(this, load());
        return this[name];
      },
      set(value) {
        own(this, name, value);
      },
    });
  }
  Object.setPrototypeOf(Class.prototype, base);
}

module.exports = {
  binding, kHandle, codes, coded, getBuffer, isView, isBuffer, fromText, viewOrText, bytes, toBuffer, encoded, later, callLater, streamLazily,
};
