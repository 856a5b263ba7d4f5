// `Blob` and `File`: immutable bytes with a type. Leaves out object URLs.

const { Buffer } = require('buffer');

const coded = (code, message) => native('coded').coded('TypeError', code, message);
const parts = new WeakMap();
const bytesOf = (blob) => {
  const bytes = parts.get(blob);
  if (bytes === undefined) throw new TypeError('Value of "this" must be of type Blob');
  return bytes;
};

function collect(sources, endings) {
  if (sources === null || typeof sources !== 'object' || typeof sources[Symbol.iterator] !== 'function') {
    throw coded('ERR_INVALID_ARG_TYPE', 'The "sources" argument must be a sequence');
  }
  return Buffer.concat(Array.from(sources, (source) => {
    if (parts.has(source)) return parts.get(source);
    if (source instanceof ArrayBuffer) return Buffer.from(new Uint8Array(source));
    if (ArrayBuffer.isView(source)) {
      return Buffer.from(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
    }
    const text = `${source}`;
    return Buffer.from(endings === 'native' ? text.replace(/\r\n|\r/g, '\n') : text);
  }));
}

class Blob {
  #type;

  constructor(sources = [], options = {}) {
    const { type = '', endings = 'transparent' } = options ?? {};
    parts.set(this, collect(sources, endings));
    const text = `${type}`;
    this.#type = /[^\u0020-\u007E]/.test(text) ? '' : text.toLowerCase();
  }

  get type() {
    return this.#type;
  }

  get size() {
    return bytesOf(this).length;
  }

  slice(start = 0, end = this.size, type = '') {
    const blob = new Blob([], { type });
    parts.set(blob, bytesOf(this).subarray(start, end));
    return blob;
  }

  async arrayBuffer() {
    const bytes = Buffer.from(bytesOf(this));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  }

  async text() {
    return bytesOf(this).toString();
  }

  async bytes() {
    return new Uint8Array(await this.arrayBuffer());
  }

  stream() {
    const bytes = bytesOf(this);
    const { ReadableStream } = require('stream/web');
    return new ReadableStream({
      type: 'bytes',
      start(controller) {
        if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes));
        controller.close();
      },
    });
  }

  get [Symbol.toStringTag]() {
    return 'Blob';
  }

  [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
    return `Blob ${inspect({ size: this.size, type: this.type }, options)}`;
  }
}

class File extends Blob {
  #name;
  #lastModified;

  constructor(sources, name, options = {}) {
    if (arguments.length < 2) {
      throw coded('ERR_MISSING_ARGS', 'The "fileBits" and "fileName" arguments must be specified');
    }
    super(sources, options);
    this.#name = `${name}`;
    const time = options?.lastModified;
    this.#lastModified = time === undefined ? Date.now() : Math.trunc(time) || 0;
  }

  get name() {
    return this.#name;
  }

  get lastModified() {
    return this.#lastModified;
  }

  get [Symbol.toStringTag]() {
    return 'File';
  }
}

for (const name of ['type', 'size', 'slice', 'arrayBuffer', 'text', 'stream']) {
  Object.defineProperty(Blob.prototype, name, { enumerable: true });
}

module.exports = { Blob, File, resolveObjectURL: () => undefined };
