// Errors with Node.js' codes: `new codes.ERR_X(...)` makes an error of the base class, with the
// code as an own property and in the first line of its stack. Also AbortError. Their texts are not
// loaded before there is such an error.
const bases = { E: Error, T: TypeError, R: RangeError, U: URIError, S: SyntaxError };
const made = Object.create(null);
const mark = Symbol('kIsNodeError');
const texts = () => require('internal/error_texts');

// Own properties as Node.js has them: only `code` is enumerable.
function adorn(error, code, message) {
  const hidden = (value) => ({ value, writable: true, configurable: true, enumerable: false });
  Object.defineProperties(error, {
    [mark]: hidden(true),
    message: hidden(message),
    toString: hidden(function toString() { return `${this.name} [${code}]: ${this.message}`; }),
  });
  error.code = code;
  return error;
}

function make(code) {
  const { table, fill } = texts();
  const [kind, text] = table[code.slice(4)];
  const Base = bases[kind];
  const NodeError = function NodeError(...values) {
    const error = new Base();
    return adorn(error, code, typeof text === 'string' ? fill(text, values) : Reflect.apply(text, error, values));
  };
  NodeError.HostBase = Base;
  return NodeError;
}

// Classes by code, made when asked for.
const codes = new Proxy(made, {
  get(target, code) {
    if (typeof code !== 'string') return undefined;
    if (target[code] === undefined && Object.hasOwn(texts().table, code.slice(4))) target[code] = make(code);
    return target[code];
  },
});

class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && typeof options !== 'object') {
      throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

// An error of `Base` with a code, for what the table does not have.
function coded(Base, code, message) {
  return adorn(new Base(), code, message);
}

// As libuv's failures: `ENOENT: no such file or directory, open '/x'`.
function systemError(code, errno, words, syscall, path, dest) {
  let message = `${code}: ${words}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (dest !== undefined) message += ` -> '${dest}'`;
  const error = new Error(message);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

function aggregateTwoErrors(inner, outer) {
  if (!inner || !outer || inner === outer) return inner || outer;
  if (Array.isArray(outer.errors)) {
    outer.errors.push(inner);
    return outer;
  }
  const error = new AggregateError([outer, inner], outer.message);
  error.code = outer.code;
  return error;
}

module.exports = { codes, AbortError, coded, systemError, aggregateTwoErrors, mark };
