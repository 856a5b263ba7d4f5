// `StringDecoder`: text from pieces of bytes that may end within a character.

const { Buffer } = require('buffer');

// How the end of a piece that is no whole character is kept: its size by encoding.
const incomplete = {
  utf8(bytes) {
    const from = Math.max(0, bytes.length - 3);
    for (let at = bytes.length - 1; at >= from; at -= 1) {
      const byte = bytes[at];
      if ((byte & 0xc0) === 0x80) continue;
      const have = bytes.length - at;
      return have < sizeFrom(byte) ? have : 0;
    }
    return 0;
  },
  utf16le(bytes) {
    if (bytes.length % 2 === 1) return 1;
    return bytes.length > 0 && (bytes[bytes.length - 1] & 0xfc) === 0xd8 ? 2 : 0;
  },
  base64: (bytes) => bytes.length % 3,
  base64url: (bytes) => bytes.length % 3,
};

// The size of the character that a byte begins.
function sizeFrom(byte) {
  if ((byte & 0xe0) === 0xc0) return 2;
  if ((byte & 0xf0) === 0xe0) return 3;
  return (byte & 0xf8) === 0xf0 ? 4 : 1;
}

const NAMES = { 'utf-8': 'utf8', ucs2: 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le', binary: 'latin1' };
const SIZES = { utf8: 4, utf16le: 4, base64: 3, base64url: 3 };
const kept = Symbol('kept');

function normalized(encoding) {
  if (encoding === undefined || encoding === null || encoding === '') return 'utf8';
  const name = `${encoding}`.toLowerCase();
  if (!Buffer.isEncoding(name)) {
    throw native('coded').coded('TypeError', 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  }
  return NAMES[name] ?? name;
}

function StringDecoder(encoding) {
  this.encoding = normalized(encoding);
  this[kept] = Buffer.alloc(0);
}

StringDecoder.prototype.write = function write(chunk) {
  if (typeof chunk === 'string') return chunk;
  if (!ArrayBuffer.isView(chunk)) {
    throw native('coded').invalidType('buf', 'an instance of Buffer, TypedArray, or DataView', chunk);
  }
  let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (this[kept].length > 0) {
    const { lastNeed } = this;
    const whole = this.encoding === 'utf16le' && bytes.length >= lastNeed;
    if (this.encoding === 'utf16le' && !whole) {
      this[kept] = Buffer.concat([this[kept], bytes]);
      return '';
    }
    bytes = Buffer.concat([this[kept], bytes]);
    // Node.js gives a unit whose second byte came late as it is, though it be half of a pair.
    if (whole) {
      const size = this[kept].length + lastNeed;
      this[kept] = bytes.subarray(0, 0);
      return bytes.toString('utf16le', 0, size) + this.write(bytes.subarray(size));
    }
  }
  const count = incomplete[this.encoding];
  const rest = count === undefined ? 0 : count(bytes);
  const whole = bytes.length - rest;
  this[kept] = rest === 0 ? this[kept].subarray(0, 0) : Buffer.from(bytes.subarray(whole));
  return whole === 0 ? '' : bytes.toString(this.encoding, 0, whole);
};

StringDecoder.prototype.end = function end(chunk) {
  let text = chunk === undefined ? '' : this.write(chunk);
  if (this[kept].length > 0) {
    text += this[kept].toString(this.encoding);
    this[kept] = this[kept].subarray(0, 0);
  }
  return text;
};

StringDecoder.prototype.text = function text(chunk, offset) {
  this[kept] = this[kept].subarray(0, 0);
  return this.write(chunk.slice(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastChar: {
    configurable: true,
    enumerable: true,
    get() {
      const bytes = Buffer.alloc(SIZES[this.encoding] ?? 4);
      this[kept].copy(bytes);
      return bytes;
    },
  },
  lastNeed: {
    configurable: true,
    enumerable: true,
    get() {
      const have = this[kept].length;
      if (have === 0) return 0;
      if (this.encoding === 'utf8') {
        return sizeFrom(this[kept][0]) - have;
      }
      if (this.encoding === 'utf16le') return have === 1 ? 1 : 4 - have;
      return 3 - have;
    },
  },
  lastTotal: {
    configurable: true,
    enumerable: true,
    get() {
      return this[kept].length === 0 ? 0 : this[kept].length + this.lastNeed;
    },
  },
});

module.exports = { StringDecoder };
