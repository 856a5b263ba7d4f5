// `TextEncoder` and `TextDecoder`. The work is native (platform/native/text_decoder.rs).

const text = native('text_decoder');
const custom = Symbol.for('nodejs.util.inspect.custom');
const { coded } = native('coded');

class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(input = '') {
    return text.encode(`${input}`);
  }

  encodeInto(source, destination) {
    if (typeof source !== 'string') throw native('coded').invalidType('src', 'of type string', source);
    if (!(destination instanceof Uint8Array)) {
      throw native('coded').invalidType('dest', 'an instance of Uint8Array', destination);
    }
    return text.encodeInto(source, destination);
  }

  [custom](depth, options, inspect) {
    return inspect({ encoding: this.encoding }, options);
  }
}

class TextDecoder {
  #name;
  #fatal;
  #ignoreBOM;
  #stream = undefined;

  constructor(encoding = 'utf-8', options = {}) {
    const label = `${encoding}`;
    this.#name = text.nameOf(label);
    if (this.#name === undefined) {
      throw coded('RangeError', 'ERR_ENCODING_NOT_SUPPORTED', `The "${label}" encoding is not supported`);
    }
    if (options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw native('coded').invalidType('options', 'of type object', options);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  decode(input, options) {
    if (input !== undefined && !ArrayBuffer.isView(input) && !isBuffer(input)) {
      throw coded('TypeError', 'ERR_INVALID_ARG_TYPE', 'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.');
    }
    const more = options !== undefined && options !== null && Boolean(options.stream);
    if ((more || this.#ignoreBOM) && this.#stream === undefined) {
      this.#stream = text.stream(this.#name, this.#ignoreBOM);
    }
    const source = this.#stream ?? this.#name;
    if (!more) this.#stream = undefined;
    const decoded = text.decode(source, input, this.#fatal, !more);
    if (decoded === undefined) {
      this.#stream = undefined;
      const message = `The encoded data was not valid for encoding ${this.#name}`;
      throw Object.assign(new TypeError(message), { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
    }
    return decoded;
  }

  get encoding() {
    return this.#name;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  [custom](depth, options, inspect) {
    const { encoding, fatal, ignoreBOM } = this;
    return `${this.constructor.name} ${inspect({ encoding, fatal, ignoreBOM }, options)}`;
  }
}

function isBuffer(value) {
  return value instanceof ArrayBuffer
    || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);
}

for (const [Class, names] of [[TextEncoder, ['encode', 'encodeInto', 'encoding']], [TextDecoder, ['decode', 'encoding', 'fatal', 'ignoreBOM']]]) {
  for (const name of names) Object.defineProperty(Class.prototype, name, { enumerable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { configurable: true, value: Class.name });
}

module.exports = { TextEncoder, TextDecoder };
