// fs.ReadStream and fs.WriteStream.
const fs = require('fs');
const { codes } = require('internal/errors');
const { Readable, Writable } = require('stream');
const { Buffer } = require('buffer');

function begin(stream, path, options, flags) {
  stream.fd = options.fd === undefined || options.fd === null ? null : typeof options.fd === 'number' ? options.fd : options.fd.fd;
  if (stream.fd === null) {
    if (typeof path !== 'string' && !ArrayBuffer.isView(path) && !(path instanceof URL)) {
      throw new codes.ERR_INVALID_ARG_TYPE('path', ['string', 'Buffer', 'URL'], path);
    }
    stream.path = path;
  }
  stream.flags = options.flags === undefined ? flags : options.flags;
  stream.mode = options.mode === undefined ? 0o666 : options.mode;
  stream.start = options.start;
  stream.pos = options.start;
  const { validateInteger } = require('internal/validators');
  if (options.start !== undefined) validateInteger(options.start, 'start', 0);
}

const methods = {
  _construct(done) {
    if (typeof this.fd === 'number') return done();
    return fs.open(this.path, this.flags, this.mode, (error, fd) => {
      if (error) return done(error);
      this.fd = fd;
      done();
      this.emit('open', fd);
      this.emit('ready');
      return undefined;
    });
  },
  _destroy(error, done) {
    const { fd } = this;
    if (fd === null || this.autoClose === false) return done(error);
    this.fd = null;
    return fs.close(fd, (why) => done(error || why));
  },
  close(callback) {
    if (callback) {
      if (this.closed) process.nextTick(callback);
      else this.once('close', callback);
    }
    this.destroy();
  },
};

function made(Base, name, init, own) {
  const Class = { [name]: function (path, options) {
    if (!(this instanceof Class)) return new Class(path, options);
    options = { ...(typeof options === 'string' ? { encoding: options } : options) };
    if (options.highWaterMark === undefined) options.highWaterMark = name === 'ReadStream' ? 65536 : 16384;
    options.autoDestroy = this.autoClose = options.autoClose === undefined ? true : options.autoClose;
    init(this, path, options);
    Base.call(this, options);
    if (options.encoding && name === 'WriteStream') this.setDefaultEncoding(options.encoding);
  } }[name];
  Object.setPrototypeOf(Class.prototype, Base.prototype);
  Object.setPrototypeOf(Class, Base);
  for (const [key, value] of Object.entries({ ...methods, ...own })) {
    Object.defineProperty(Class.prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(Class.prototype, 'pending', { get() { return this.fd === null; }, configurable: true });
  return Class;
}

exports.ReadStream = made(Readable, 'ReadStream', (stream, path, options) => {
  begin(stream, path, options, 'r');
  stream.end = options.end === undefined ? Infinity : options.end;
  stream.bytesRead = 0;
  if (stream.start !== undefined && stream.start > stream.end) {
    throw new codes.ERR_OUT_OF_RANGE('start', `<= "end" (here: ${stream.end})`, stream.start);
  }
}, {
  _read(size) {
    const done = this.pos === undefined ? this.bytesRead : this.pos;
    size = Math.min(size, this.end - done + 1);
    if (size <= 0) return void this.push(null);
    const bytes = Buffer.allocUnsafeSlow(size);
    return fs.read(this.fd, bytes, 0, size, this.pos === undefined ? null : this.pos, (error, read) => {
      if (error) return void this.destroy(error);
      if (read > 0) {
        this.bytesRead += read;
        if (this.pos !== undefined) this.pos += read;
        this.push(bytes.subarray(0, read));
      } else this.push(null);
      return undefined;
    });
  },
});

exports.WriteStream = made(Writable, 'WriteStream', (stream, path, options) => {
  options.decodeStrings = true;
  begin(stream, path, options, 'w');
  stream.bytesWritten = 0;
}, {
  _write(data, encoding, done) {
    fs.write(this.fd, data, 0, data.length, this.pos === undefined ? null : this.pos, (error, written) => {
      if (error) return done(error);
      this.bytesWritten += written;
      if (this.pos !== undefined) this.pos += written;
      return done();
    });
  },
});
