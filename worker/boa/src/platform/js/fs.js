// Files: the bundle at /var/task, read-only, and the environment's own /tmp, in memory.
// There are no links, no watching, and no access to the machine's disk.
const { codes, systemError } = require('internal/errors');
const { Buffer } = require('buffer');
const files = native('files');

const constants = {};
('UV_FS_SYMLINK_DIR=1 UV_FS_SYMLINK_JUNCTION=2 O_RDONLY=0 O_WRONLY=1 O_RDWR=2 UV_DIRENT_UNKNOWN=0 UV_DIRENT_FILE=1 UV_DIRENT_DIR=2 ' +
'UV_DIRENT_LINK=3 UV_DIRENT_FIFO=4 UV_DIRENT_SOCKET=5 UV_DIRENT_CHAR=6 UV_DIRENT_BLOCK=7 EXTENSIONLESS_FORMAT_JAVASCRIPT=0 ' +
'EXTENSIONLESS_FORMAT_WASM=1 S_IFMT=61440 S_IFREG=32768 S_IFDIR=16384 S_IFCHR=8192 S_IFBLK=24576 S_IFIFO=4096 S_IFLNK=40960 ' +
'S_IFSOCK=49152 O_CREAT=64 O_EXCL=128 UV_FS_O_FILEMAP=0 O_NOCTTY=256 O_TRUNC=512 O_APPEND=1024 O_DIRECTORY=65536 O_NOATIME=262144 ' +
'O_NOFOLLOW=131072 O_SYNC=1052672 O_DSYNC=4096 O_DIRECT=16384 O_NONBLOCK=2048 S_IRWXU=448 S_IRUSR=256 S_IWUSR=128 S_IXUSR=64 ' +
'S_IRWXG=56 S_IRGRP=32 S_IWGRP=16 S_IXGRP=8 S_IRWXO=7 S_IROTH=4 S_IWOTH=2 S_IXOTH=1 F_OK=0 R_OK=4 W_OK=2 X_OK=1 ' +
'UV_FS_COPYFILE_EXCL=1 COPYFILE_EXCL=1 UV_FS_COPYFILE_FICLONE=2 COPYFILE_FICLONE=2 UV_FS_COPYFILE_FICLONE_FORCE=4 COPYFILE_FICLONE_FORCE=4')
  .split(' ').forEach((line) => {
    const [name, value] = line.split('=');
    constants[name] = +value;
  });

const { setImmediate: defer } = require('timers');
const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const modes = {
  r: 0, rs: 0, sr: 0, 'r+': 2, 'rs+': 2, 'sr+': 2, w: 577, wx: 705, xw: 705, 'w+': 578, 'wx+': 706, 'xw+': 706,
  a: 1089, ax: 1217, xa: 1217, as: 1089, sa: 1089, 'a+': 1090, 'ax+': 1218, 'xa+': 1218, 'as+': 1090, 'sa+': 1090,
};

function pathOf(value, name = 'path') {
  if (value instanceof URL) value = require('url').fileURLToPath(value);
  else if (ArrayBuffer.isView(value)) value = buffer(value).toString();
  if (typeof value !== 'string') throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], value);
  if (value.includes('\0')) {
    throw new codes.ERR_INVALID_ARG_VALUE(name, value, 'must be a string, Uint8Array, or URL without null bytes');
  }
  return value;
}

function fdOf(fd) {
  if (fd instanceof FileHandle) return fd.fd;
  require('internal/validators').validateInt32(fd, 'fd', 0, 2147483647);
  return fd;
}
const isFd = (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0) || value instanceof FileHandle;

function flagsOf(flags, otherwise = 'r') {
  if (flags == null) flags = otherwise;
  if (typeof flags === 'number') {
    require('internal/validators').validateInt32(flags, 'flags');
    return flags;
  }
  if (!Object.hasOwn(modes, flags)) throw new codes.ERR_INVALID_ARG_VALUE('flags', flags);
  return modes[flags];
}

function optionsOf(options, defaults = {}) {
  if (options == null || typeof options === 'function') return defaults;
  if (typeof options === 'string') options = { encoding: options };
  else if (typeof options !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', ['string', 'Object'], options);
  const { encoding } = options;
  if (encoding && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw new codes.ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
  if (options.signal !== undefined && options.signal !== null && options.signal.aborted) {
    throw new (require('internal/errors').AbortError)(undefined, { cause: options.signal.reason });
  }
  return { ...defaults, ...options };
}
const encoded = (bytes, encoding) => (encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes);

function bytesOf(data, encoding, name = 'data') {
  if (typeof data === 'string') return Buffer.from(data, encoding || 'utf8');
  if (ArrayBuffer.isView(data)) return data;
  throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], data);
}

function Stats(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs) {
  Object.assign(this, { dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs });
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) this[name] = new Date(Number(this[`${name}Ms`]));
}
class Dirent {
  constructor(name, path, type) {
    this.name = name;
    this.parentPath = path;
    this.path = path;
    Object.defineProperty(this, kType, { value: type });
  }
}
const kType = Symbol('type');
[['Directory', 16384, 2], ['File', 32768, 1], ['BlockDevice', 24576, 7], ['CharacterDevice', 8192, 6], ['SymbolicLink', 40960, 3], ['FIFO', 4096, 4], ['Socket', 49152, 5]]
  .forEach(([name, mode, type]) => {
    Stats.prototype[`is${name}`] = function () { return (Number(this.mode) & 61440) === mode; };
    Dirent.prototype[`is${name}`] = function () { return this[kType] === type; };
  });

function statsOf(target, syscall, options) {
  const [folder, size, time, number, writable] = files.stat(target, syscall);
  const mode = folder ? (writable ? 0o40700 : 0o40755) : (writable ? 0o100644 : 0o100755);
  const stats = new Stats(2049, mode, folder ? 2 : 1, 993, 990, 0, 4096, number, size, Math.ceil(size / 512), time, time, time, time);
  if (options && options.bigint) {
    for (const name of Object.keys(stats)) if (typeof stats[name] === 'number') stats[name] = BigInt(Math.trunc(stats[name]));
    for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) stats[`${name}Ns`] = stats[`${name}Ms`] * 1000000n;
  }
  return stats;
}

function stat(path, options, syscall) {
  try {
    return statsOf(pathOf(path), syscall, options);
  } catch (error) {
    if (options && options.throwIfNoEntry === false && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

function withFile(file, flags, work) {
  if (isFd(file)) return work(fdOf(file));
  const fd = files.open(pathOf(file), flags);
  try {
    return work(fd);
  } finally {
    files.close(fd);
  }
}

function view(bufferOrOptions, offset, length, position) {
  const { validateBuffer, validateInteger } = require('internal/validators');
  if (offset !== null && typeof offset === 'object') ({ offset = 0, length, position = null } = offset);
  validateBuffer(bufferOrOptions);
  const size = bufferOrOptions.byteLength;
  if (offset == null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  if (length == null) length = size - offset;
  if (offset > size) throw new codes.ERR_OUT_OF_RANGE('offset', `<= ${size}`, offset);
  if (length > size - offset) throw new codes.ERR_OUT_OF_RANGE('length', `<= ${size - offset}`, length);
  if (length < 0) throw new codes.ERR_OUT_OF_RANGE('length', '>= 0', length);
  return [bufferOrOptions, offset, length, position == null ? -1 : Number(position)];
}

const unsupported = (syscall) => (path, dest) => {
  pathOf(path);
  throw systemError('EPERM', -1, 'operation not permitted', syscall, path, typeof dest === 'string' ? dest : undefined);
};
const touch = (path) => { files.access(pathOf(path), 2); };
const nothing = (fd) => { files.stat(fdOf(fd), 'fstat'); };

// Every operation, done at once. The other two forms are made of these.
const sync = {
  appendFile(file, data, options) {
    options = optionsOf(options, { encoding: 'utf8', flag: 'a' });
    return sync.writeFile(file, data, { flag: 'a', ...options });
  },
  access(path, mode = 0) { files.access(pathOf(path), mode); },
  chown: touch,
  chmod: touch,
  close(fd) { files.close(fdOf(fd)); },
  copyFile(from, to, mode = 0) {
    from = pathOf(from, 'src');
    to = pathOf(to, 'dest');
    try {
      const bytes = withFile(from, 0, (fd) => files.readAll(fd));
      withFile(to, mode & 1 ? 705 : 577, (fd) => files.write(fd, bytes, -1));
    } catch (error) {
      if (!error.syscall) throw error;
      const words = error.message.slice(error.message.indexOf(': ') + 2, error.message.lastIndexOf(', '));
      throw systemError(error.code, error.errno, words, 'copyfile', from, to);
    }
  },
  cp(from, to, options = {}) {
    from = pathOf(from, 'src');
    to = pathOf(to, 'dest');
    if (!sync.stat(from).isDirectory()) {
      if (options.force === false && sync.exists(to)) return;
      sync.copyFile(from, to);
      return;
    }
    if (!options.recursive) {
      throw require('internal/errors').coded(Error, 'ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: cp returned EISDIR (${from} is a directory (not copied)) ${from}`);
    }
    files.mkdir(to, true);
    for (const name of sync.readdir(from)) sync.cp(`${from}/${name}`, `${to}/${name}`, options);
  },
  exists(path) {
    try {
      files.access(pathOf(path), 0);
      return true;
    } catch {
      return false;
    }
  },
  fchown: nothing,
  fchmod: nothing,
  fdatasync: nothing,
  fstat(fd, options) { return statsOf(fdOf(fd), 'fstat', options); },
  fsync: nothing,
  ftruncate(fd, length = 0) { files.truncate(fdOf(fd), Math.max(0, length)); },
  futimes: nothing,
  lchown: touch,
  link: unsupported('link'),
  lstat(path, options) { return stat(path, options, 'lstat'); },
  lutimes: touch,
  mkdir(path, options) {
    return files.mkdir(pathOf(path), !!(options && options.recursive));
  },
  mkdtemp(prefix, options) {
    prefix = pathOf(prefix, 'prefix');
    options = optionsOf(options);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    let end = '';
    for (let n = 0; n < 6; n++) end += letters[Math.floor(Math.random() * letters.length)];
    try {
      files.mkdir(prefix + end, false);
    } catch (error) {
      const words = error.message.slice(error.message.indexOf(': ') + 2, error.message.lastIndexOf(', '));
      throw systemError(error.code, error.errno, words, 'mkdtemp', `${prefix}XXXXXX`);
    }
    return encoded(prefix + end, options.encoding === 'buffer' ? 'buffer' : undefined);
  },
  open(path, flags = 'r', mode = 0o666) {
    return files.open(pathOf(path), flagsOf(flags));
  },
  opendir(path) { return new Dir(pathOf(path)); },
  readdir(path, options) {
    options = optionsOf(options);
    path = pathOf(path);
    const found = [];
    const visit = (folder, before) => {
      const list = files.list(folder);
      for (let at = 0; at < list.length; at += 2) {
        const name = before + list[at];
        const text = options.encoding === 'buffer' ? Buffer.from(name) : name;
        found.push(options.withFileTypes ? new Dirent(list[at], folder, list[at + 1] ? 2 : 1) : text);
        if (options.recursive && list[at + 1]) visit(`${folder}/${list[at]}`, `${name}/`);
      }
    };
    visit(path, '');
    return found;
  },
  read(fd, data, offset, length, position) {
    fd = fdOf(fd);
    if (arguments.length === 3 && offset != null && typeof offset !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', offset);
    return files.read(fd, ...view(data, offset, length, position));
  },
  readv(fd, views, position) {
    let total = 0;
    for (const one of views) {
      const read = sync.read(fd, one, 0, one.byteLength, typeof position === 'number' ? position + total : null);
      total += read;
      if (read < one.byteLength) break;
    }
    return total;
  },
  readFile(path, options) {
    options = optionsOf(options, { flag: 'r' });
    if (isFd(path)) nothing(path);
    const bytes = withFile(path, flagsOf(options.flag), (fd) => files.readAll(fd));
    return encoded(buffer(bytes), options.encoding);
  },
  readlink(path) {
    files.stat(pathOf(path), 'readlink');
    throw systemError('EINVAL', -22, 'invalid argument', 'readlink', path);
  },
  realpath(path, options) {
    const real = files.realpath(pathOf(path));
    return optionsOf(options).encoding === 'buffer' ? Buffer.from(real) : real;
  },
  rename(from, to) { files.rename(pathOf(from, 'oldPath'), pathOf(to, 'newPath')); },
  rm(path, options = {}) {
    path = pathOf(path);
    try {
      if (files.stat(path, 'lstat')[0] && !options.recursive) {
        const text = `Path is a directory: rm returned EISDIR (is a directory) ${path}`;
        const error = require('internal/errors').coded(Error, 'ERR_FS_EISDIR', text);
        error.info = { code: 'EISDIR', message: 'is a directory', path, syscall: 'rm', errno: 21 };
        throw Object.assign(error, { name: 'SystemError', errno: 21, syscall: 'rm', path });
      }
      files.removeAll(path);
    } catch (error) {
      if (!(options.force && error.code === 'ENOENT')) throw error;
    }
  },
  rmdir(path, options) {
    path = pathOf(path);
    if (options && options.recursive) files.removeAll(path);
    else files.remove(path, 'rmdir');
  },
  stat(path, options) { return stat(path, options, 'stat'); },
  statfs(path) {
    files.access(pathOf(path), 0);
    return { type: 61267, bsize: 4096, blocks: 8192, bfree: 8192, bavail: 8192, files: 4096, ffree: 4096 };
  },
  symlink: unsupported('symlink'),
  truncate(path, length = 0) { withFile(path, 2, (fd) => files.truncate(fd, Math.max(0, length || 0))); },
  unlink(path) { files.remove(pathOf(path), 'unlink'); },
  utimes: touch,
  writeFile(path, data, options) {
    options = optionsOf(options, { encoding: 'utf8', flag: 'w' });
    const bytes = bytesOf(data, options.encoding);
    withFile(path, flagsOf(options.flag, 'w'), (fd) => { files.write(fd, bytes, -1); });
  },
  write(fd, data, offset, length, position) {
    fd = fdOf(fd);
    if (typeof data === 'string') return files.write(fd, Buffer.from(data, typeof length === 'string' ? length : 'utf8'), typeof offset === 'number' ? offset : -1);
    const [bytes, from, size, at] = view(data, offset, length, position);
    const whole = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return files.write(fd, whole.subarray(from, from + size), at);
  },
  writev(fd, views, position) {
    return views.reduce((total, one) => total + sync.write(fd, one, 0, one.byteLength, typeof position === 'number' ? position + total : null), 0);
  },
};
sync.lchmod = sync.chmod;

// With `syscall` a failure is the file system's, which a callback is told; others are thrown.
function callbackForm(name) {
  const work = sync[name];
  const extra = /^(read|write)v?$/.test(name);
  return { [name](...values) {
    const last = values[values.length - 1];
    const callback = typeof last === 'function' ? values.pop() : values[work.length];
    if (typeof callback !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('cb', 'Function', callback);
    if (name === 'read' && (values.length < 2 || !ArrayBuffer.isView(values[1]))) {
      const options = values[1] || {};
      values = [values[0], options.buffer || Buffer.alloc(16384), options];
    }
    let result;
    try {
      result = work(...values);
    } catch (error) {
      if (!error.syscall && error.name !== 'AbortError') throw error;
      defer(callback, error);
      return;
    }
    if (name === 'exists') defer(callback, result);
    else if (extra) defer(callback, null, result, values[1]);
    else if (result === undefined) defer(callback, null);
    else defer(callback, null, result);
  } }[name];
}

const promised = (work) => (...values) => new Promise((resolve, reject) => {
  let result;
  try {
    result = work(...values);
  } catch (error) {
    defer(reject, error);
    return;
  }
  defer(resolve, result);
});

class FileHandle extends require('events') {
  constructor(fd) {
    super();
    Object.defineProperty(this, 'fd', { value: fd, writable: true });
  }
  async read(data, offset, length, position) {
    if (!ArrayBuffer.isView(data)) {
      offset = data;
      data = (data && data.buffer) || Buffer.alloc(16384);
    }
    return { bytesRead: await promised(sync.read)(this.fd, data, offset, length, position), buffer: data };
  }
  async write(data, offset, length, position) {
    return { bytesWritten: await promised(sync.write)(this.fd, data, offset, length, position), buffer: data };
  }
  async close() {
    if (this.fd < 0) return;
    const { fd } = this;
    this.fd = -1;
    await promised(sync.close)(fd);
    this.emit('close');
  }
  async [Symbol.asyncDispose || Symbol.for('nodejs.asyncDispose')]() { await this.close(); }
  createReadStream(options) { return fs.createReadStream('', { ...options, fd: this.fd }); }
  createWriteStream(options) { return fs.createWriteStream('', { ...options, fd: this.fd }); }
}
[['readFile', 'readFile'], ['writeFile', 'writeFile'], ['appendFile', 'appendFile'], ['stat', 'fstat'], ['truncate', 'ftruncate'],
  ['sync', 'fsync'], ['datasync', 'fdatasync'], ['utimes', 'futimes'], ['chmod', 'fchmod'], ['chown', 'fchown']].forEach(([name, op]) => {
  const work = promised(sync[op]);
  Object.defineProperty(FileHandle.prototype, name, {
    value: { [name](...values) { return work(this.fd, ...values); } }[name], writable: true, configurable: true,
  });
});

class Dir {
  constructor(path) {
    this.path = path;
    this.entries = sync.readdir(path, { withFileTypes: true });
  }
  readSync() { return this.entries.shift() || null; }
  async read() { return this.readSync(); }
  closeSync() {}
  async close() {}
  async* [Symbol.asyncIterator]() { yield* this.entries; }
}

const fs = module.exports;
const promises = {};
const unavailable = (name) => () => { throw new codes.ERR_BRINK_UNAVAILABLE(`fs.${name}`); };
const defineLazy = (name, make) => Object.defineProperty(fs, name, {
  get: make, set(value) { Object.defineProperty(fs, name, { value, writable: true }); }, enumerable: true, configurable: true,
});
('appendFile access chown chmod close copyFile cp createReadStream createWriteStream exists fchown fchmod fdatasync fstat fsync ftruncate ' +
'futimes lchown lchmod link lstat lutimes mkdir mkdtemp open openAsBlob readdir read readv readFile readlink realpath rename rm rmdir stat ' +
'statfs symlink truncate unwatchFile unlink utimes watch watchFile writeFile write writev').split(' ').forEach((name) => {
  if (sync[name]) {
    fs[name] = callbackForm(name);
    const work = sync[name];
    const named = `${name}Sync`;
    fs[named] = { [named](...values) { return work(...values); } }[named];
  } else if (name.startsWith('create')) {
    fs[name] = { [name](path, options) { return new fs[name.slice(6)](path, options); } }[name];
  } else if (name === 'openAsBlob') {
    fs[name] = async function openAsBlob(path, options) { return new (require('buffer').Blob)([sync.readFile(path)], options); };
  } else fs[name] = unavailable(name);
});
fs.realpath.native = fs.realpath;
fs.realpathSync.native = fs.realpathSync;
Object.assign(fs, { Dirent, Stats });
for (const name of ['ReadStream', 'WriteStream', 'FileReadStream', 'FileWriteStream']) {
  defineLazy(name, () => require('internal/fs_streams')[name.replace('File', '')]);
}
fs._toUnixTimestamp = (time) => (typeof time === 'object' ? time.getTime() / 1000 : Number(time));
fs.Dir = Dir;
fs.opendir = callbackForm('opendir');
fs.opendirSync = sync.opendir;
Object.assign(fs, { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 });
Object.defineProperty(fs, 'constants', { value: Object.freeze(constants), enumerable: true });
Object.defineProperty(fs, 'promises', { value: promises, enumerable: true, configurable: true });
fs.exists[Symbol.for('nodejs.util.promisify.custom')] = (path) => Promise.resolve(sync.exists(path));
for (const [name, label] of [['read', 'bytesRead'], ['write', 'bytesWritten'], ['readv', 'bytesRead'], ['writev', 'bytesWritten']]) {
  fs[name][Symbol.for('nodejs.util.promisify.custom')] = async (fd, data, ...rest) => (
    { [label]: await promised(sync[name])(fd, data, ...rest), [name.endsWith('v') ? 'buffers' : 'buffer']: data });
}

('access copyFile cp open opendir rename truncate rm rmdir mkdir readdir readlink symlink lstat stat statfs link unlink chmod lchmod lchown ' +
'chown utimes lutimes realpath mkdtemp writeFile appendFile readFile watch').split(' ').forEach((name) => {
  if (name === 'watch') promises[name] = unavailable('promises.watch');
  else {
    const work = promised(name === 'open' ? (...values) => new FileHandle(sync.open(...values)) : sync[name]);
    promises[name] = { async [name](...values) { return work(...values); } }[name];
  }
});
promises.constants = constants;
