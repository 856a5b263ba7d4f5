// `util`: inspection is in internal/inspect, deep equality in internal/equality, `parseArgs` in
// internal/parse_args; each is loaded when it is asked for.
const custom = Symbol.for('nodejs.util.promisify.custom');
const { hasOwn } = Object;
const codes = () => require('internal/errors').codes;
const checks = () => require('internal/validators');
const lazy = (module, name) => (...args) => require(module)[name](...args);

function promisify(original) {
  checks().validateFunction(original, 'original');
  if (original[custom]) {
    const own = original[custom];
    checks().validateFunction(own, 'util.promisify.custom');
    return Object.defineProperty(own, custom, { value: own, enumerable: false, writable: false, configurable: true });
  }
  const names = original[Symbol.for('nodejs.util.promisify.customArgs')];
  function fn(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, ...values) => {
        if (error) reject(error);
        else if (names !== undefined && values.length > 1) {
          resolve(Object.fromEntries(names.map((name, at) => [name, values[at]])));
        } else resolve(values[0]);
      }]);
    });
  }
  Object.setPrototypeOf(fn, Object.getPrototypeOf(original));
  Object.defineProperty(fn, custom, { value: fn, enumerable: false, writable: false, configurable: true });
  for (const key of Reflect.ownKeys(original)) {
    const found = Object.getOwnPropertyDescriptor(original, key);
    if (key !== 'prototype' && key !== 'caller' && key !== 'arguments') {
      try {
        Object.defineProperty(fn, key, found);
      } catch {
        // A property that functions have for themselves.
      }
    }
  }
  return fn;
}
promisify.custom = custom;

function callbackify(original) {
  checks().validateFunction(original, 'original');
  function callbackified(...args) {
    const callback = args.pop();
    checks().validateFunction(callback, 'last argument');
    const { nextTick } = require('process');
    Reflect.apply(original, this, args).then(
      (value) => nextTick(callback.bind(this), null, value),
      (error) => {
        if (!error) {
          const reason = error;
          error = new (codes().ERR_FALSY_VALUE_REJECTION)();
          error.reason = reason;
        }
        nextTick(callback.bind(this), error);
      },
    );
  }
  const found = Object.getOwnPropertyDescriptors(original);
  if (typeof found.length.value === 'number') found.length.value += 1;
  if (typeof found.name.value === 'string') found.name.value += 'Callbackified';
  delete found.prototype;
  Object.defineProperties(callbackified, found);
  return callbackified;
}

function inherits(constructor, parent) {
  if (constructor === undefined || constructor === null) throw new (codes().ERR_INVALID_ARG_TYPE)('ctor', 'Function', constructor);
  if (parent === undefined || parent === null) throw new (codes().ERR_INVALID_ARG_TYPE)('superCtor', 'Function', parent);
  if (parent.prototype === undefined) throw new (codes().ERR_INVALID_ARG_TYPE)('superCtor.prototype', 'Object', parent.prototype);
  Object.defineProperty(constructor, 'super_', { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const warned = new Set();
function deprecate(fn, message, code) {
  if (code !== undefined) checks().validateString(code, 'code');
  let told = false;
  function deprecated(...args) {
    if (!told) {
      told = true;
      if (code === undefined || !warned.has(code)) {
        warned.add(code);
        require('process').emitWarning(message, 'DeprecationWarning', code, deprecated);
      }
    }
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  Object.defineProperty(deprecated, 'length', { ...Object.getOwnPropertyDescriptor(fn, 'length') });
  return deprecated;
}

function debuglog(set, callback) {
  const on = () => {
    const pattern = require('process').env.NODE_DEBUG;
    if (!pattern) return false;
    return String(pattern).split(',').some((one) => new RegExp(`^${one.replace(/[|\\{}()[\]^$+?.]/g, '\\$&').replaceAll('*', '.*')}$`, 'i').test(set));
  };
  let enabled;
  const logger = (...args) => {
    if (enabled === undefined) {
      enabled = on();
      if (typeof callback === 'function') callback(logger);
    }
    if (enabled) native('system').log('error', `${set.toUpperCase()} 1: ${exports.format(...args)}`);
  };
  Object.defineProperty(logger, 'enabled', { get: () => on(), configurable: true, enumerable: true });
  return logger;
}

function styleText(format, text) {
  checks().validateString(text, 'text');
  const { colors } = exports.inspect;
  let left = '';
  let right = '';
  for (const name of Array.isArray(format) ? format : [format]) {
    const color = colors[name];
    if (color === undefined) checks().validateOneOf(name, 'format', Object.keys(colors));
    left += `\u001b[${color[0]}m`;
    right = `\u001b[${color[1]}m${right}`;
  }
  return `${left}${text}${right}`;
}

function getSystemErrorName(errno) {
  checks().validateNumber(errno, 'err');
  if (errno >= 0 || !Number.isSafeInteger(errno)) throw new (codes().ERR_OUT_OF_RANGE)('err', 'a negative integer', errno);
  return getSystemErrorMap().has(errno) ? getSystemErrorMap().get(errno)[0] : `Unknown system error ${errno}`;
}

function _errnoException(errno, syscall, original) {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${syscall} ${code}${original ? ` ${original}` : ''}`), { errno, code, syscall });
}

function _exceptionWithHostPort(errno, syscall, address, port, additional) {
  const code = getSystemErrorName(errno);
  const place = port && port > 0 ? ` ${address}:${port}` : address ? ` ${address}` : '';
  const error = Object.assign(new Error(`${syscall} ${code}${place}${additional ? ` - Local (${additional})` : ''}`), { errno, code, syscall, address });
  if (port) error.port = port;
  return error;
}

function parseEnv(content) {
  require('internal/validators').validateString(content, 'content');
  const found = {};
  const line = /^[ \t]*(?:export[ \t]+)?([^\s=#][^=\n#]*?)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\n#]*))/gm;
  for (const [, name, double, single, back, bare = ''] of content.replaceAll('\r\n', '\n').matchAll(line)) {
    found[name] = double !== undefined ? double.replaceAll('\\n', '\n') : single !== undefined ? single : back !== undefined ? back : bare.trim();
  }
  return found;
}

function getSystemErrorMap() {
  return new Map(Object.entries(require('constants').errors).map(([name, [number, words]]) => [-number, [name, words]]));
}

function _extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  for (const key of Object.keys(source)) target[key] = source[key];
  return target;
}

function aborted(signal, resource) {
  if (signal === undefined) throw new (codes().ERR_INVALID_ARG_TYPE)('signal', 'AbortSignal', signal);
  checks().validateAbortSignal(signal, 'signal');
  checks().validateObject(resource, 'resource', { allowFunction: true });
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
}

function stripVTControlCharacters(text) {
  checks().validateString(text, 'str');
  return require('internal/inspect').strip(text);
}

const types = () => require('util/types');
Object.assign(exports, {
  _extend,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format: lazy('internal/inspect', 'format'),
  formatWithOptions: (options, ...args) => {
    checks().validateObject(options, 'inspectOptions', { allowArray: true, allowFunction: true });
    return require('internal/inspect').formatWithOptions(options, ...args);
  },
  getSystemErrorMap,
  getSystemErrorName,
  inherits,
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => require('buffer').Buffer.isBuffer(value),
  isDeepStrictEqual: (a, b) => require('internal/equality').equal(a, b, true),
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isString: (value) => typeof value === 'string',
  isSymbol: (value) => typeof value === 'symbol',
  isUndefined: (value) => value === undefined,
  isRegExp: (value) => types().isRegExp(value),
  isObject: (value) => value !== null && typeof value === 'object',
  isDate: (value) => types().isDate(value),
  isError: (value) => types().isNativeError(value) || value instanceof Error,
  isFunction: (value) => typeof value === 'function',
  isPrimitive: (value) => value === null || (typeof value !== 'object' && typeof value !== 'function'),
  log: (...args) => console.log('%s - %s', new Date().toTimeString().slice(0, 8), exports.format(...args)),
  promisify,
  stripVTControlCharacters,
  toUSVString: (text) => `${text}`.toWellFormed(),
  transferableAbortController: () => new AbortController(),
  transferableAbortSignal: (signal) => signal,
  aborted,
  styleText,
  parseArgs: lazy('internal/parse_args', 'parseArgs'),
  parseEnv,
  _errnoException,
  _exceptionWithHostPort,
});

// Stays an accessor: the engine's inline caches would take a value that replaced it for a getter.
function define(name, module, key = name) {
  let value;
  Object.defineProperty(exports, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (value === undefined) value = key === '' ? require(module) : require(module)[key];
      return value;
    },
    set(own) { value = own; },
  });
}
define('inspect', 'internal/inspect');
define('types', 'util/types', '');
define('MIMEType', 'internal/mime');
define('MIMEParams', 'internal/mime');
define('TextDecoder', 'internal/encoding');
define('TextEncoder', 'internal/encoding');
