// `Buffer` and the module `buffer`. Work on bytes is native (platform/native/buffer.rs). Here are the
// class itself and the parts that call back into JavaScript. There is no pool of memory.

const buffers = native('buffer');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

class FastBuffer extends Uint8Array {
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}
buffers.setClass(FastBuffer);

const invalidType = (...details) => native('coded').invalidType(...details);

function Buffer(arg, encodingOrOffset, length) {
  if (typeof arg === 'number') {
    if (typeof encodingOrOffset === 'string') {
      throw invalidType('string', 'of type string', arg);
    }
    return Buffer.alloc(arg);
  }
  return Buffer.from(arg, encodingOrOffset, length);
}

Object.defineProperty(Buffer, Symbol.species, {
  configurable: true,
  enumerable: false,
  get() {
    return FastBuffer;
  },
});
Object.setPrototypeOf(Buffer, Uint8Array);
Object.defineProperty(Buffer, 'prototype', { value: FastBuffer.prototype, enumerable: false });
Object.defineProperty(Buffer.prototype, 'constructor', { value: Buffer, writable: true, configurable: true, enumerable: false });

Buffer.poolSize = 8192;

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return buffers.fromString(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (isArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf && value.valueOf();
    if (primitive != null && primitive !== value
      && (typeof primitive === 'string' || typeof primitive === 'object')) {
      return from(primitive, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made) return made;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const text = value[Symbol.toPrimitive]('string');
      if (typeof text === 'string') return buffers.fromString(text, encodingOrOffset);
    }
  }
  throw invalidType('first argument', 'of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object', value);
};

function isArrayBuffer(value) {
  return value instanceof ArrayBuffer
    || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);
}

function fromArrayBuffer(value, byteOffset, length) {
  const start = byteOffset === undefined ? 0 : Math.trunc(byteOffset) || 0;
  const room = value.byteLength - start;
  if (room < 0) throw outOfBounds('offset');
  let size = room;
  if (length !== undefined) {
    size = +length > 0 ? +length : 0;
    if (size > room) throw outOfBounds('length');
  }
  return new FastBuffer(value, start, size);
}

function outOfBounds(name) {
  return native('coded').coded('RangeError', 'ERR_BUFFER_OUT_OF_BOUNDS', `"${name}" is outside of buffer bounds`);
}

function fromObject(value) {
  if (value instanceof Uint8Array) return buffers.copyOf(value);
  if (value.length !== undefined || isArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? fromArrayLike(value) : new FastBuffer(0);
  }
  if (value.type === 'Buffer' && Array.isArray(value.data)) return fromArrayLike(value.data);
  return undefined;
}

function fromArrayLike(list) {
  if (list.length <= 0) return new FastBuffer(0);
  // The engine clamps what it copies from one typed array to another.
  return new FastBuffer(ArrayBuffer.isView(list) ? Array.from(list) : list);
}

Buffer.copyBytesFrom = function copyBytesFrom(view, offset, length) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) {
    throw invalidType('view', 'an instance of TypedArray', view);
  }
  const start = offset === undefined ? 0 : offset;
  const end = length === undefined ? view.length : start + length;
  const part = view.slice(start, end);
  return buffers.copyOf(part);
};

Buffer.of = function of(...items) {
  return new FastBuffer(items);
};

function isBuffer(value) {
  return value instanceof Buffer;
}

const { alloc, allocUnsafe, allocUnsafeSlow, compare, isEncoding, concat, byteLength } = buffers.statics;
Object.assign(Buffer, { alloc, allocUnsafe, allocUnsafeSlow, isBuffer, compare, isEncoding, concat, byteLength });

const { prototype } = buffers;
Object.assign(Buffer.prototype, prototype, {
  inspect(recurseTimes, context) {
    return require('internal/buffer_inspect')(this, context);
  },
  toJSON() {
    return this.length > 0 ? { type: 'Buffer', data: Array.from(this) } : { type: 'Buffer', data: [] };
  },
});
Buffer.prototype[inspectCustom] = Buffer.prototype.inspect;
for (const [name, key] of [['parent', 'buffer'], ['offset', 'byteOffset']]) {
  Object.defineProperty(Buffer.prototype, name, {
    enumerable: true,
    configurable: false,
    get() {
      return this instanceof Buffer ? this[key] : undefined;
    },
  });
}

function SlowBuffer(length) {
  return Buffer.allocUnsafeSlow(length);
}
Object.setPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(SlowBuffer, Uint8Array);

function badCharacter(name, text) {
  // Four characters of Base64 are three bytes; one more is none.
  const cut = name === 'atob' && /^[A-Za-z\d+/\s]*={0,2}\s*$/.test(text);
  const message = cut ? 'The string to be decoded is not correctly encoded.' : 'Invalid character';
  if (typeof DOMException === 'function') return new DOMException(message, 'InvalidCharacterError');
  return Object.assign(new Error(message), { name: 'InvalidCharacterError', code: 5 });
}

function translate(name) {
  return (input, ...rest) => {
    if (input === undefined && rest.length === 0) {
      throw native('coded').coded('TypeError', 'ERR_MISSING_ARGS', 'The "input" argument must be specified');
    }
    const text = buffers[name](`${input}`);
    if (text === undefined) throw badCharacter(name, `${input}`);
    return text;
  };
}

const { [0]: atob, [1]: btoa } = ['atob', 'btoa'].map((name) => {
  const call = translate(name);
  return { [name](input) {
    return arguments.length === 0 ? call() : call(input, 1);
  } }[name];
});

module.exports = {
  Buffer,
  SlowBuffer,
  transcode: (source, from, to) => buffers.transcode(source, from, to),
  isUtf8: buffers.isUtf8,
  isAscii: buffers.isAscii,
  kMaxLength: 4294967296,
  kStringMaxLength: 536870888,
  btoa,
  atob,
};
Object.defineProperty(module.exports, 'constants', {
  configurable: false,
  enumerable: true,
  value: Object.defineProperties({}, {
    MAX_LENGTH: { value: 4294967296, enumerable: true },
    MAX_STRING_LENGTH: { value: 536870888, enumerable: true },
  }),
});
let inspectMax = 50;
Object.defineProperty(module.exports, 'INSPECT_MAX_BYTES', {
  configurable: true,
  enumerable: true,
  get: () => inspectMax,
  set(value) {
    inspectMax = value;
  },
});
for (const name of ['Blob', 'resolveObjectURL', 'File']) {
  Object.defineProperty(module.exports, name, {
    configurable: true,
    enumerable: true,
    get: () => require('internal/blob')[name],
  });
}
