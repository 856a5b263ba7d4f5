// `process`: the data of its environment that a function may know. Functions that would reach outside
// of it (signals, working folder, users) fail.
const EventEmitter = require('events');
const system = native('system');
const { tick, setGuard } = native('tasks');
const begun = Date.now() - system.nanoseconds() / 1e6;
const errors = () => require('internal/errors');

class process extends EventEmitter {}
const self = Object.create(Object.create(process.prototype, { constructor: { value: process, configurable: true, writable: true } }));
EventEmitter.call(self);
for (const key of ['_events', '_eventsCount', '_maxListeners']) Object.defineProperty(self, key, { enumerable: true });

// As in Node.js every variable is a string.
function environment() {
  return new Proxy(system.env(), {
    set(target, name, value) {
      if (typeof name === 'symbol' || typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      target[name] = `${value}`;
      return true;
    },
    defineProperty(target, name, property) {
      if (!('value' in property)) throw errors().coded(TypeError, 'ERR_INVALID_OBJECT_DEFINE_PROPERTY', '\'process.env\' does not accept an accessor(getter/setter) descriptor');
      if (!(property.configurable && property.writable && property.enumerable)) {
        throw errors().coded(TypeError, 'ERR_INVALID_OBJECT_DEFINE_PROPERTY', '\'process.env\' only accepts a configurable, writable, and enumerable data descriptor');
      }
      return Reflect.defineProperty(target, name, { ...property, value: `${property.value}` });
    },
  });
}

function nextTick(callback, ...args) {
  if (typeof callback !== 'function') throw new (errors().codes.ERR_INVALID_ARG_TYPE)('callback', 'Function', callback);
  tick(callback, args);
}

function hrtime(before) {
  const now = system.nanoseconds() + begunNanoseconds;
  let seconds = Math.floor(now / 1e9);
  let rest = Math.floor(now % 1e9);
  if (before !== undefined) {
    require('internal/validators').validateArray(before, 'time');
    if (before.length !== 2) throw new (errors().codes.ERR_OUT_OF_RANGE)('time', '2', before.length);
    seconds -= before[0];
    rest -= before[1];
    if (rest < 0) {
      seconds -= 1;
      rest += 1e9;
    }
  }
  return [seconds, rest];
}
const begunNanoseconds = 1e12;
hrtime.bigint = function bigint() { return BigInt(system.nanoseconds() + begunNanoseconds); };

function memoryUsage() {
  const { rss } = system.memory();
  return { rss, heapTotal: rss, heapUsed: Math.floor(rss * 0.8), external: 1048576, arrayBuffers: 10240 };
}
memoryUsage.rss = function rss() { return system.memory().rss; };

function cpuUsage(before) {
  const now = { user: Math.round(system.cpu()), system: 0 };
  if (before === undefined) return now;
  require('internal/validators').validateObject(before, 'prevValue');
  return { user: now.user - before.user, system: now.system - before.system };
}

function exit(code) {
  if (code !== undefined) self.exitCode = code;
  if (!self._exiting) {
    self._exiting = true;
    self.emit('exit', self.exitCode || 0);
  }
  self.reallyExit(self.exitCode || 0);
}

function emitWarning(warning, type, code, below) {
  let detail;
  if (type !== null && typeof type === 'object' && !Array.isArray(type)) {
    below = type.ctor;
    code = type.code;
    if (typeof type.detail === 'string') detail = type.detail;
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    below = type;
    code = '';
    type = 'Warning';
  }
  if (type !== undefined) require('internal/validators').validateString(type, 'type');
  if (typeof code === 'function') {
    below = code;
    code = undefined;
  } else if (code !== undefined) require('internal/validators').validateString(code, 'code');
  if (typeof warning === 'string') {
    warning = new Error(warning);
    warning.name = String(type || 'Warning');
    if (code !== undefined) warning.code = code;
    if (detail !== undefined) warning.detail = detail;
  } else if (!(warning instanceof Error)) throw new (errors().codes.ERR_INVALID_ARG_TYPE)('warning', ['Error', 'string'], warning);
  if (warning.name === 'DeprecationWarning') {
    if (self.noDeprecation) return;
    if (self.throwDeprecation) {
      nextTick(() => { throw warning; });
      return;
    }
  }
  nextTick(() => self.emit('warning', warning));
}

// What nobody caught, with the promise and its number if it was rejected: true if a listener takes it.
let capture = null;
const numbers = new WeakMap();
const named = (value) => (typeof value === 'object' && value !== null ? `#<${(value.constructor && value.constructor.name) || 'Object'}>` : String(value));
function uncaught(error, promise, number) {
  let origin = 'uncaughtException';
  if (promise !== undefined) {
    numbers.set(promise, number);
    if (self.emit('unhandledRejection', error, promise)) return true;
    if (self.listenerCount('uncaughtException') === 0 && capture === null) return false;
    origin = 'unhandledRejection';
    if (!(error instanceof Error)) {
      error = errors().coded(Error, 'ERR_UNHANDLED_REJECTION', 'This error originated either by throwing inside of an async function without a catch block, ' +
        `or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${named(error)}".`);
    }
  }
  if (capture !== null) {
    capture(error);
    return true;
  }
  self.emit('uncaughtExceptionMonitor', error, origin);
  return self.emit('uncaughtException', error, origin);
}

// A promise that was rejected without a handler, and has one now.
function handled(promise) {
  const id = numbers.get(promise);
  if (id === undefined || self.emit('rejectionHandled', promise)) return;
  const warning = new Error(`Promise rejection was handled asynchronously (rejection id: ${id})`);
  emitWarning(Object.assign(warning, { name: 'PromiseRejectionHandledWarning', id }));
}
setGuard(uncaught, handled);

let told = false;
function tell(warning) {
  if (!(warning instanceof Error)) return;
  const name = warning.code ? `[${warning.code}] ` : '';
  const text = typeof warning.toString === 'function' ? `${warning.toString()}` : Error.prototype.toString.call(warning);
  const hint = told ? '' : `\n(Use \`node --trace-${warning.name === 'DeprecationWarning' ? 'deprecation' : 'warnings'} ...\` to show where the warning was created)`;
  told = true;
  system.log('error', `(node:${self.pid}) ${name}${text}${warning.detail ? `\n${warning.detail}` : ''}${hint}`);
}

// A line of the log for each line that is written.
function output(fd, level) {
  const { Writable } = require('stream');
  let rest = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      const lines = (rest + (typeof chunk === 'string' ? chunk : chunk.toString())).split('\n');
      rest = lines.pop();
      for (const line of lines) system.log(level, line);
      if (rest !== '') {
        nextTick(() => {
          if (rest !== '') system.log(level, rest);
          rest = '';
        });
      }
      done();
    },
    destroy(error, done) { done(error); },
  });
  stream._type = 'pipe';
  stream.fd = fd;
  stream._isStdio = true;
  return stream;
}

const refuse = (name) => Object.defineProperty(() => {
  throw new (errors().codes.ERR_BRINK_UNAVAILABLE)(`process.${name}()`);
}, 'name', { value: name });
const lazy = (name, make) => {
  let value;
  Object.defineProperty(self, name, {
    configurable: true, enumerable: true, get: () => (value === undefined ? value = make() : value), set: (given) => { value = given; },
  });
};

const versions = {
  node: '20.20.2', acorn: '8.15.0', ada: '2.9.2', ares: '1.34.5', brotli: '1.1.0', cldr: '47.0', icu: '77.1', llhttp: '8.1.2',
  modules: '115', napi: '9', nghttp2: '1.61.0', openssl: '3.0.19', simdutf: '6.4.2', tz: '2025b', undici: '6.23.0',
  unicode: '16.0', uv: '1.46.0', uvwasi: '0.0.21', v8: '11.3.244.8-node.38', zlib: '1.3.1',
};
let mask = 0o22;
Object.assign(self, {
  version: `v${versions.node}`,
  versions: Object.freeze(versions),
  arch: 'x64',
  platform: 'linux',
  release: { name: 'node', lts: 'Iron', sourceUrl: `https://nodejs.org/download/release/v${versions.node}/node-v${versions.node}.tar.gz`, headersUrl: `https://nodejs.org/download/release/v${versions.node}/node-v${versions.node}-headers.tar.gz` },
  title: 'node',
  argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
  argv0: 'node',
  execArgv: [],
  execPath: '/var/lang/bin/node',
  exitCode: undefined,
  pid: 8,
  ppid: 1,
  debugPort: 9229,
  features: { inspector: false, debug: false, uv: true, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true, cached_builtins: true, require_module: true },
  config: { target_defaults: { cflags: [], default_configuration: 'Release', defines: [], include_dirs: [], libraries: [] }, variables: { napi_build_version: '9', node_shared: false } },
  env: environment(),
  nextTick,
  hrtime,
  memoryUsage,
  cpuUsage,
  resourceUsage: () => ({
    userCPUTime: Math.round(system.cpu()), systemCPUTime: 0, maxRSS: Math.round(system.memory().rss / 1024), sharedMemorySize: 0,
    unsharedDataSize: 0, unsharedStackSize: 0, minorPageFault: 0, majorPageFault: 0, swappedOut: 0, fsRead: 0, fsWrite: 0,
    ipcSent: 0, ipcReceived: 0, signalsCount: 0, voluntaryContextSwitches: 0, involuntaryContextSwitches: 0,
  }),
  constrainedMemory: () => Number(self.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 1048576,
  uptime: () => system.nanoseconds() / 1e9,
  cwd: () => '/var/task',
  umask(value) {
    const before = mask;
    if (value !== undefined) mask = typeof value === 'string' ? parseInt(value, 8) : value & 0o777;
    return before;
  },
  getuid: () => 993,
  geteuid: () => 993,
  getgid: () => 990,
  getegid: () => 990,
  getgroups: () => [990],
  exit,
  reallyExit: (code) => system.exit(code === undefined ? 0 : +code || 0),
  abort: () => system.exit(134),
  emitWarning,
  hasUncaughtExceptionCaptureCallback: () => capture !== null,
  setUncaughtExceptionCaptureCallback(fn) {
    const { codes, coded } = errors();
    if (fn !== null && typeof fn !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], fn);
    if (fn !== null && capture !== null) throw coded(Error, 'ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET', '`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active');
    capture = fn;
  },
  getBuiltinModule(id) {
    require('internal/validators').validateString(id, 'id');
    return require('module').isBuiltin(id) ? require(id.replace(/^node:/, '')) : undefined;
  },
  setSourceMapsEnabled: () => {},
  getActiveResourcesInfo: () => [],
  binding: (name) => { throw errors().coded(Error, 'ERR_INVALID_MODULE', `No such module: ${name}`); },
  assert(value, message) {
    if (!value) throw errors().coded(Error, 'ERR_ASSERTION', message || 'assertion error');
  },
  ref: () => {},
  unref: () => {},
  allowedNodeEnvironmentFlags: new Set(),
  report: { compact: false, directory: '', filename: '', signal: 'SIGUSR2', reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false, getReport: refuse('report.getReport'), writeReport: refuse('report.writeReport') },
  noDeprecation: undefined,
  throwDeprecation: false,
  domain: null,
  moduleLoadList: [],
});
for (const name of ['chdir', 'kill', 'dlopen', 'setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups', 'openStdin', 'loadEnvFile']) self[name] = refuse(name);
lazy('stdout', () => output(1, 'info'));
lazy('stderr', () => output(2, 'error'));
lazy('stdin', () => {
  const { Readable } = require('stream');
  return Object.assign(new Readable({ read() { this.push(null); } }), { fd: 0 });
});
self.on('warning', tell);
Object.defineProperty(self, Symbol.toStringTag, { value: 'process', configurable: true });
module.exports = self;
