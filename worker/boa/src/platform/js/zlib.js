// Compression. The work is done by natives; strategy, memLevel and Brotli's rarer parameters are
// accepted and have no effect.
const { codes } = require('internal/errors');
const { Buffer } = require('buffer');
const { Transform } = require('stream');
const z = native('zlib');

const constants = {};
('Z_NO_FLUSH=0 Z_PARTIAL_FLUSH=1 Z_SYNC_FLUSH=2 Z_FULL_FLUSH=3 Z_FINISH=4 Z_BLOCK=5 Z_OK=0 Z_STREAM_END=1 Z_NEED_DICT=2 Z_ERRNO=-1 ' +
'Z_STREAM_ERROR=-2 Z_DATA_ERROR=-3 Z_MEM_ERROR=-4 Z_BUF_ERROR=-5 Z_VERSION_ERROR=-6 Z_NO_COMPRESSION=0 Z_BEST_SPEED=1 Z_BEST_COMPRESSION=9 ' +
'Z_DEFAULT_COMPRESSION=-1 Z_FILTERED=1 Z_HUFFMAN_ONLY=2 Z_RLE=3 Z_FIXED=4 Z_DEFAULT_STRATEGY=0 ZLIB_VERNUM=4880 DEFLATE=1 INFLATE=2 ' +
'GZIP=3 GUNZIP=4 DEFLATERAW=5 INFLATERAW=6 UNZIP=7 BROTLI_DECODE=8 BROTLI_ENCODE=9 Z_MIN_WINDOWBITS=8 Z_MAX_WINDOWBITS=15 ' +
'Z_DEFAULT_WINDOWBITS=15 Z_MIN_CHUNK=64 Z_MAX_CHUNK=Infinity Z_DEFAULT_CHUNK=16384 Z_MIN_MEMLEVEL=1 Z_MAX_MEMLEVEL=9 Z_DEFAULT_MEMLEVEL=8 ' +
'Z_MIN_LEVEL=-1 Z_MAX_LEVEL=9 Z_DEFAULT_LEVEL=-1 BROTLI_OPERATION_PROCESS=0 BROTLI_OPERATION_FLUSH=1 BROTLI_OPERATION_FINISH=2 ' +
'BROTLI_OPERATION_EMIT_METADATA=3 BROTLI_PARAM_MODE=0 BROTLI_MODE_GENERIC=0 BROTLI_MODE_TEXT=1 BROTLI_MODE_FONT=2 BROTLI_DEFAULT_MODE=0 ' +
'BROTLI_PARAM_QUALITY=1 BROTLI_MIN_QUALITY=0 BROTLI_MAX_QUALITY=11 BROTLI_DEFAULT_QUALITY=11 BROTLI_PARAM_LGWIN=2 ' +
'BROTLI_MIN_WINDOW_BITS=10 BROTLI_MAX_WINDOW_BITS=24 BROTLI_LARGE_MAX_WINDOW_BITS=30 BROTLI_DEFAULT_WINDOW=22 BROTLI_PARAM_LGBLOCK=3 ' +
'BROTLI_MIN_INPUT_BLOCK_BITS=16 BROTLI_MAX_INPUT_BLOCK_BITS=24 BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING=4 BROTLI_PARAM_SIZE_HINT=5 ' +
'BROTLI_PARAM_LARGE_WINDOW=6 BROTLI_PARAM_NPOSTFIX=7 BROTLI_PARAM_NDIRECT=8 BROTLI_DECODER_RESULT_ERROR=0 BROTLI_DECODER_RESULT_SUCCESS=1 ' +
'BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT=2 BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT=3 BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION=0 ' +
'BROTLI_DECODER_PARAM_LARGE_WINDOW=1 BROTLI_DECODER_NO_ERROR=0 BROTLI_DECODER_SUCCESS=1 BROTLI_DECODER_NEEDS_MORE_INPUT=2 ' +
'BROTLI_DECODER_NEEDS_MORE_OUTPUT=3').split(' ').forEach((line) => {
  const [name, value] = line.split('=');
  constants[name] = +value;
});
'FORMAT_EXUBERANT_NIBBLE FORMAT_RESERVED FORMAT_EXUBERANT_META_NIBBLE FORMAT_SIMPLE_HUFFMAN_ALPHABET FORMAT_SIMPLE_HUFFMAN_SAME FORMAT_CL_SPACE FORMAT_HUFFMAN_SPACE FORMAT_CONTEXT_MAP_REPEAT FORMAT_BLOCK_LENGTH_1 FORMAT_BLOCK_LENGTH_2 FORMAT_TRANSFORM FORMAT_DICTIONARY FORMAT_WINDOW_BITS FORMAT_PADDING_1 FORMAT_PADDING_2 FORMAT_DISTANCE   DICTIONARY_NOT_SET INVALID_ARGUMENTS ALLOC_CONTEXT_MODES ALLOC_TREE_GROUPS   ALLOC_CONTEXT_MAP ALLOC_RING_BUFFER_1 ALLOC_RING_BUFFER_2   ALLOC_BLOCK_TYPE_TREES UNREACHABLE'
  .split(' ').forEach((name, at) => { if (name) constants[`BROTLI_DECODER_ERROR_${name}`] = -1 - at; });

const kFlush = Symbol('kFlushFlag');
const { setImmediate: defer } = require('timers');
const maxLength = () => require('buffer').kMaxLength;

function ranged(value, name, low, high, otherwise) {
  if (value === undefined || Number.isNaN(value)) return otherwise;
  if (typeof value !== 'number') throw new codes.ERR_INVALID_ARG_TYPE(name, 'number', value);
  if (!Number.isFinite(value)) throw new codes.ERR_OUT_OF_RANGE(name, 'a finite number', value);
  if (value < low || value > high) throw new codes.ERR_OUT_OF_RANGE(name, high === Infinity ? `>= ${low}` : `>= ${low} and <= ${high}`, value);
  return value;
}

function bytesOf(value, name) {
  if (typeof value === 'string') return Buffer.from(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], value);
}

const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// The arguments of the native codec, from options that are checked in Node's order.
function settings(kind, options) {
  if (kind.startsWith('brotli')) {
    const params = (options && options.params) || {};
    for (const key of Object.keys(params)) {
      if (Number.isNaN(+key) || +key < 0 || +key > 8) throw new codes.ERR_BROTLI_INVALID_PARAM(key);
      if (typeof params[key] !== 'number' && typeof params[key] !== 'boolean') {
        throw new codes.ERR_INVALID_ARG_TYPE('options.params[key]', 'number', params[key]);
      }
    }
    return [params[1] ?? 11, params[2] ?? 22, undefined, params[0] ?? 0];
  }
  if (!options) return [-1, 15];
  const inflates = kind.includes('flate') ? kind.startsWith('in') : kind.includes('un');
  let bits = 15;
  if (!(inflates && (options.windowBits == null || options.windowBits === 0))) {
    bits = ranged(options.windowBits, 'options.windowBits', kind === 'gzip' ? 9 : 8, 15, 15);
  }
  const level = ranged(options.level, 'options.level', -1, 9, -1);
  ranged(options.memLevel, 'options.memLevel', 1, 9, 8);
  ranged(options.strategy, 'options.strategy', 0, 4, 0);
  const { dictionary } = options;
  if (dictionary !== undefined && !ArrayBuffer.isView(dictionary) && !(dictionary instanceof ArrayBuffer)) {
    throw new codes.ERR_INVALID_ARG_TYPE('options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], dictionary);
  }
  return [level, bits, dictionary];
}

function Zlib(kind, options) {
  const brotli = kind.startsWith('brotli');
  const [level, bits, dictionary, mode] = settings(kind, options);
  const last = brotli ? 3 : 5;
  this._chunkSize = 16384;
  let finish = brotli ? 2 : 4;
  let flush = 0;
  let max = maxLength();
  if (options) {
    this._chunkSize = ranged(options.chunkSize, 'options.chunkSize', 64, Infinity, 16384);
    flush = ranged(options.flush, 'options.flush', 0, last, flush);
    finish = ranged(options.finishFlush, 'options.finishFlush', 0, last, finish);
    max = ranged(options.maxOutputLength, 'options.maxOutputLength', 1, max, max);
    if (options.encoding || options.objectMode || options.writableObjectMode) {
      options = { ...options, encoding: null, objectMode: false, writableObjectMode: false };
    }
  }
  Transform.call(this, { autoDestroy: true, ...options });
  this.bytesWritten = 0;
  this._defaultFlushFlag = flush;
  this._finishFlushFlag = finish;
  this._defaultFullFlushFlag = brotli ? 1 : 3;
  this._maxOutputLength = max;
  this._info = options && options.info;
  this._level = level;
  this._strategy = (options && options.strategy) || 0;
  this._open = () => z.open(kind, level, bits, dictionary, mode);
  this._brotli = brotli;
  this._handle = this._open();
  this._made = false;
}
Object.setPrototypeOf(Zlib.prototype, Transform.prototype);
Object.setPrototypeOf(Zlib, Transform);

const flushCode = (stream, flag) => (stream._brotli ? [0, 2, 4, 0][flag] : flag);

const methods = {
  _transform(chunk, encoding, done) {
    const own = chunk[kFlush];
    this._run(chunk, own === undefined ? this._defaultFlushFlag : own, done);
  },
  _flush(done) {
    this._run(Buffer.alloc(0), this._finishFlushFlag, done);
  },
  _final(done) { done(); },
  _run(chunk, flag, done) {
    defer(() => {
      if (!this._handle) return done();
      try {
        let offset = 0;
        const flush = flushCode(this, flag);
        for (;;) {
          const [output, read, ended] = z.step(this._handle, chunk, offset, flush, this._chunkSize);
          this.bytesWritten += read - offset;
          offset = read;
          for (let at = 0; at < output.length; at += this._chunkSize) this.push(buffer(output.subarray(at, at + this._chunkSize)));
          if (ended && read < chunk.length) this._trailing = true;
          if (output.length < this._chunkSize) break;
          if (this.destroyed) return undefined;
        }
      } catch (error) {
        this.destroy(error);
        return undefined;
      }
      return done();
    });
  },
  flush(kind, callback) {
    if (typeof kind === 'function' || (kind === undefined && !callback)) {
      callback = kind;
      kind = this._defaultFullFlushFlag;
    }
    if (this.writableFinished) {
      if (callback) process.nextTick(callback);
    } else if (this.writableEnded) {
      if (callback) this.once('end', callback);
    } else {
      const mark = Buffer.alloc(0);
      mark[kFlush] = kind;
      this.write(mark, '', callback);
    }
  },
  close(callback) {
    if (callback) {
      if (this.closed) process.nextTick(callback);
      else this.once('close', callback);
    }
    this.destroy();
  },
  _destroy(error, callback) {
    const handle = this._handle;
    this._handle = null;
    if (handle) z.close(handle);
    callback(error);
  },
  reset() {
    if (!this._handle) throw new Error('zlib binding closed');
    this._handle = this._open();
  },
  params(level, strategy, callback) {
    ranged(level, 'level', -1, 9);
    ranged(strategy, 'strategy', 0, 4);
    this.flush(2, callback);
  },
};
for (const name of Object.keys(methods)) {
  Object.defineProperty(Zlib.prototype, name, { value: methods[name], writable: true, configurable: true });
}
Object.defineProperty(Zlib.prototype, '_closed', { get() { return !this._handle; }, configurable: true });

function once(engine, data) {
  const handle = engine._handle;
  engine._handle = null;
  const max = engine._maxOutputLength;
  const output = z.once(handle, data, flushCode(engine, engine._finishFlushFlag), max);
  if (output === null) throw new codes.ERR_BUFFER_TOO_LARGE(max);
  engine.bytesWritten = data.byteLength;
  return engine._info ? { buffer: buffer(output), engine } : buffer(output);
}

module.exports = { crc32 };

function crc32(data, value = 0) {
  if (typeof data === 'string') data = Buffer.from(data);
  else if (!ArrayBuffer.isView(data)) throw new codes.ERR_INVALID_ARG_TYPE('data', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  require('internal/validators').validateUint32(value, 'value');
  return z.crc32(data, value);
}

const kinds = 'deflate inflate gzip gunzip deflateRaw inflateRaw unzip brotliCompress brotliDecompress'.split(' ');
const classes = {};
for (const kind of kinds) {
  const name = kind[0].toUpperCase() + kind.slice(1);
  const Class = { [name]: function (options) {
    if (!new.target && !(this instanceof Class)) return new Class(options);
    Zlib.call(this, kind, options);
  } }[name];
  Object.setPrototypeOf(Class.prototype, Zlib.prototype);
  Object.setPrototypeOf(Class, Zlib);
  module.exports[name] = classes[kind] = Class;
}
for (const kind of 'deflate gzip deflateRaw unzip inflate gunzip inflateRaw brotliCompress brotliDecompress'.split(' ')) {
  const Class = classes[kind];
  module.exports[kind] = function asyncBufferWrapper(data, options, callback) {
    if (typeof options === 'function') {
      callback = options;
      options = {};
    }
    const engine = new Class(options);
    require('internal/validators').validateFunction(callback, 'callback');
    data = bytesOf(data, 'buffer');
    defer(() => {
      let result;
      try {
        result = once(engine, data);
      } catch (error) {
        callback(error);
        return;
      }
      callback(null, result);
    });
  };
  module.exports[`${kind}Sync`] = function syncBufferWrapper(data, options) {
    const engine = new Class(options);
    return once(engine, bytesOf(data, 'buffer'));
  };
}
for (const kind of 'deflate inflate deflateRaw inflateRaw gzip gunzip unzip brotliCompress brotliDecompress'.split(' ')) {
  const Class = classes[kind];
  const name = `create${Class.name}`;
  Object.defineProperty(module.exports, name, {
    value: { value: (options) => new Class(options) }.value,
    enumerable: true, configurable: true,
  });
}
Object.defineProperties(module.exports, {
  constants: { value: constants, enumerable: true },
  codes: { value: Object.freeze({ Z_OK: 0, Z_STREAM_END: 1, Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6, 0: 'Z_OK', 1: 'Z_STREAM_END', 2: 'Z_NEED_DICT', '-1': 'Z_ERRNO', '-2': 'Z_STREAM_ERROR', '-3': 'Z_DATA_ERROR', '-4': 'Z_MEM_ERROR', '-5': 'Z_BUF_ERROR', '-6': 'Z_VERSION_ERROR' }), enumerable: true },
});
for (const name of Object.keys(constants)) {
  if (!name.startsWith('BROTLI')) Object.defineProperty(module.exports, name, { value: constants[name], configurable: false });
}
