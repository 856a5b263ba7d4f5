// `assert`. For common values, the texts of failed comparisons are those of Node.js. Long differences
// are not shortened.
const { codes } = require('internal/errors');
const inspection = () => require('internal/inspect').inspect;
const same = (a, b, strict) => require('internal/equality').equal(a, b, strict);
const show = (value) => inspection()(value, {
  compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false, sorted: true, getters: true, breakLength: Infinity,
});

const heads = {
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
  notDeepEqualUnequal: 'Expected values not to be loosely deep-equal:',
};
const isObject = (value) => typeof value === 'object' && value !== null;

// The longest common lines of two texts, as lines of a difference.
function differences(actual, expected) {
  const [n, m] = [actual.length, expected.length];
  if (n * m > 250000) return [...actual.map((line) => `+ ${line}`), ...expected.map((line) => `- ${line}`)];
  const table = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1));
  const alike = (a, b) => a === b || `${a},` === b || a === `${b},`;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) table[i][j] = alike(actual[i], expected[j]) ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < n || j < m) {
    if (i < n && j < m && alike(actual[i], expected[j])) {
      lines.push(`  ${actual[i++]}`);
      j++;
    } else if (i < n && (j >= m || table[i + 1][j] >= table[i][j + 1])) lines.push(`+ ${actual[i++]}`);
    else lines.push(`- ${expected[j++]}`);
  }
  return lines;
}

function compared(actual, expected, operator, message) {
  let head = message == null ? heads[operator] : String(message);
  const a = show(actual).split('\n');
  const e = show(expected).split('\n');
  if (message == null && operator === 'strictEqual' && ((isObject(actual) && isObject(expected)) || (typeof actual === 'function' && typeof expected === 'function'))) head = heads.strictEqualObject;
  if (a.length === 1 && e.length === 1 && a[0] !== e[0]) {
    const length = a[0].length + e[0].length;
    if (length <= 12) {
      if ((!isObject(actual)) && (!isObject(expected)) && (actual !== 0 || expected !== 0)) return `${head}\n\n${a[0]} !== ${e[0]}\n`;
    } else if (operator !== 'strictEqualObject' && length < 80) {
      let at = 0;
      while (a[0][at] === e[0][at]) at++;
      if (at > 2) return `${head}\n+ actual - expected\n\n+ ${a[0]}\n- ${e[0]}\n${' '.repeat(at + 2)}^`;
    }
  }
  if (a.join('\n') === e.join('\n')) {
    if (message == null) head = heads.notIdentical;
    return `${head}\n\n${a.slice(0, 50).join('\n')}${a.length > 50 ? '\n...' : ''}\n`;
  }
  return `${head}\n+ actual - expected\n\n${differences(a, e).slice(0, 50).join('\n')}`;
}

class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    const { message, operator, actual, expected } = options;
    let text;
    if (operator === 'deepStrictEqual' || operator === 'strictEqual') text = compared(actual, expected, operator, message);
    else if (message != null) text = String(message);
    else if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') {
      let head = heads[operator];
      const lines = show(actual).split('\n');
      if (operator === 'notStrictEqual' && (isObject(actual) || typeof actual === 'function')) head = heads.notStrictEqualObject;
      if (lines.length > 50) lines.splice(46, lines.length, '...');
      text = lines.length === 1 ? `${head}${lines[0].length > 5 ? '\n\n' : ' '}${lines[0]}` : `${head}\n\n${lines.join('\n')}\n`;
    } else {
      let left = show(actual);
      let right = show(expected);
      const known = heads[operator];
      if (operator === 'notDeepEqual' && left === right) {
        left = `${known}\n\n${left}`;
        text = left.length > 1024 ? `${left.slice(0, 1021)}...` : left;
      } else {
        if (left.length > 512) left = `${left.slice(0, 509)}...`;
        if (right.length > 512) right = `${right.slice(0, 509)}...`;
        if (operator === 'deepEqual') left = `${known}\n\n${left}\n\nshould loosely deep-equal\n\n`;
        else if (operator === 'notDeepEqual') left = `${heads.notDeepEqualUnequal}\n\n${left}\n\nshould not loosely deep-equal\n\n`;
        else right = ` ${operator} ${right}`;
        text = `${left}${right}`;
      }
    }
    super(text);
    this.generatedMessage = !message;
    Object.defineProperty(this, 'name', { value: 'AssertionError', enumerable: false, writable: true, configurable: true });
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (typeof this.stack === 'string') this.stack = this.stack.replace(/^\w*Error/, 'AssertionError [ERR_ASSERTION]');
  }
  toString() { return `${this.name} [${this.code}]: ${this.message}`; }
}

function fails(actual, expected, message, operator) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ actual, expected, message, operator });
}
function two(count) {
  if (count < 2) throw new codes.ERR_MISSING_ARGS('actual', 'expected');
}

function accept(name, args) {
  if (args[0]) return;
  let message = args[1];
  let generated = false;
  if (args.length === 0) {
    generated = true;
    message = 'No value argument passed to `assert.ok()`';
  } else if (message == null) {
    generated = true;
    message = 'The expression evaluated to a falsy value:\n\n  ' + `${name}(${args.map((arg) => inspection()(arg)).join(', ')})\n`;
  } else if (message instanceof Error) throw message;
  const error = new AssertionError({ actual: args[0], expected: true, message, operator: '==' });
  error.generatedMessage = generated;
  throw error;
}
function assert(...args) { accept('assert', args); }
function ok(...args) { accept('assert.ok', args); }

function fail(actual, expected, message, operator) {
  const count = arguments.length;
  let internal = false;
  if (actual == null && count <= 1) internal = 'Failed';
  else if (count === 1) {
    message = actual;
    actual = undefined;
  } else if (count === 2) operator = '!=';
  if (message instanceof Error) throw message;
  const options = { actual, expected, operator: operator === undefined ? 'fail' : operator };
  if (message !== undefined) options.message = message;
  const error = new AssertionError(internal ? { ...options, message: internal } : options);
  if (internal) error.generatedMessage = true;
  throw error;
}

function check(name, test) {
  const checked = { [name](actual, expected, message) {
    two(arguments.length);
    if (!test(actual, expected)) fails(actual, expected, message, operators[name] || name);
  } };
  return checked[name];
}
const operators = { equal: '==', notEqual: '!=' };
/* eslint-disable eqeqeq */
const equal = check('equal', (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b)));
const notEqual = check('notEqual', (a, b) => !(a == b || (Number.isNaN(a) && Number.isNaN(b))));
/* eslint-enable eqeqeq */
const deepEqual = check('deepEqual', (a, b) => same(a, b, false));
const notDeepEqual = check('notDeepEqual', (a, b) => !same(a, b, false));
const deepStrictEqual = check('deepStrictEqual', (a, b) => same(a, b, true));
const notDeepStrictEqual = check('notDeepStrictEqual', (a, b) => !same(a, b, true));
const strictEqual = check('strictEqual', Object.is);
const notStrictEqual = check('notStrictEqual', (a, b) => !Object.is(a, b));

const isRegExp = (value) => native('types').kind(value) === 'RegExp';

function expectedError(actual, expected, message, name) {
  let generated = false;
  let throws = false;
  if (typeof expected !== 'function') {
    if (isRegExp(expected)) {
      const text = String(actual);
      if (expected.test(text)) return;
      if (!message) {
        generated = true;
        message = `The input did not match the regular expression ${inspection()(expected)}. Input:\n\n${inspection()(text)}\n`;
      }
      throws = true;
    } else if (typeof actual !== 'object' || actual === null) {
      const error = new AssertionError({ actual, expected, message, operator: 'deepStrictEqual' });
      error.operator = name;
      throw error;
    } else {
      const keys = Object.keys(expected);
      if (expected instanceof Error) keys.push('name', 'message');
      else if (keys.length === 0) throw new codes.ERR_INVALID_ARG_VALUE('error', expected, 'may not be an empty object');
      for (const key of keys) {
        if (typeof actual[key] === 'string' && isRegExp(expected[key]) && expected[key].test(actual[key])) continue;
        if (key in actual && same(actual[key], expected[key], true)) continue;
        if (message) {
          if (message instanceof Error) throw message;
          const error = new AssertionError({ actual, expected, message, operator: name });
          throw error;
        }
        const part = (source) => {
          const result = new Comparison();
          for (const one of keys) {
            if (one in source) {
              result[one] = source === expected && typeof actual[one] === 'string' && isRegExp(source[one]) && source[one].test(actual[one]) ? actual[one] : source[one];
            }
          }
          return result;
        };
        const error = new AssertionError({ actual: part(actual), expected: part(expected), operator: 'deepStrictEqual' });
        error.actual = actual;
        error.expected = expected;
        error.operator = name;
        throw error;
      }
      return;
    }
  } else if (expected.prototype !== undefined && actual instanceof expected) return;
  else if (Object.prototype.isPrototypeOf.call(Error, expected)) {
    if (!message) {
      generated = true;
      message = `The error is expected to be an instance of "${expected.name}". Received `;
      if (actual instanceof Error) message += `"${(actual.constructor && actual.constructor.name) || actual.name}"`;
      else message += `"${inspection()(actual, { depth: -1 })}"`;
      if (actual && actual.message !== undefined) message += `\n\nError message:\n\n${actual.message}`;
    }
    throws = true;
  } else {
    const result = Reflect.apply(expected, {}, [actual]);
    if (result !== true) {
      if (!message) {
        generated = true;
        message = `The ${expected.name ? `"${expected.name}" ` : ''}validation function is expected to return "true". Received ${inspection()(result)}`;
        if (actual instanceof Error) message += `\n\nCaught error:\n\n${actual}`;
      }
      throws = true;
    }
  }
  if (throws) {
    if (message instanceof Error) throw message;
    const error = new AssertionError({ actual, expected, message, operator: name });
    error.generatedMessage = generated;
    throw error;
  }
}
class Comparison {}

const nothing = Symbol('no exception');
function thrownBy(fn) {
  require('internal/validators').validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return nothing;
}
async function rejectedBy(promise) {
  let result;
  if (typeof promise === 'function') {
    result = promise();
    if (!result || typeof result.then !== 'function') throw new codes.ERR_INVALID_RETURN_VALUE('instance of Promise', 'promiseFn', result);
  } else if (promise && typeof promise.then === 'function') result = promise;
  else throw new codes.ERR_INVALID_ARG_TYPE('promiseFn', ['Function', 'Promise'], promise);
  try {
    await result;
  } catch (error) {
    return error;
  }
  return nothing;
}

function expects(name, actual, given) {
  let [error, message] = given;
  if (typeof error === 'string') {
    if (given.length > 1) throw new codes.ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
    if (isObject(actual) ? actual.message === error : actual === error) {
      throw new codes.ERR_AMBIGUOUS_ARGUMENT('error/message', isObject(actual) ? `The error message "${actual.message}" is identical to the message.` : `The error "${actual}" is identical to the message.`);
    }
    message = error;
    error = undefined;
  } else if (error != null && typeof error !== 'object' && typeof error !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
  }
  if (actual === nothing) {
    let details = '';
    if (error && error.name) details += ` (${error.name})`;
    details += message ? `: ${message}` : '.';
    fails(undefined, error, `Missing expected ${name === 'rejects' ? 'rejection' : 'exception'}${details}`, name);
  }
  if (error) expectedError(actual, error, message, name);
}
function expectsNone(name, actual, error, message) {
  if (actual === nothing) return;
  if (typeof error === 'string') {
    message = error;
    error = undefined;
  }
  const matches = !error || (typeof error === 'function' ? (error.prototype !== undefined && actual instanceof error) || (!Object.prototype.isPrototypeOf.call(Error, error) && Reflect.apply(error, {}, [actual]) === true) : error.test(String(actual)));
  if (!matches) throw actual;
  fails(actual, error, `Got unwanted ${name === 'doesNotReject' ? 'rejection' : 'exception'}${message ? `: ${message}` : '.'}\nActual message: "${actual && actual.message}"`, name);
}

function throws(fn, ...args) { expects('throws', thrownBy(fn), args); }
async function rejects(promise, ...args) { expects('rejects', await rejectedBy(promise), args); }
function doesNotThrow(fn, ...args) { expectsNone('doesNotThrow', thrownBy(fn), ...args); }
async function doesNotReject(promise, ...args) { expectsNone('doesNotReject', await rejectedBy(promise), ...args); }

function ifError(error) {
  if (error === null || error === undefined) return;
  let message = 'ifError got unwanted exception: ';
  if (typeof error === 'object' && typeof error.message === 'string') message += error.message.length === 0 && error.constructor ? error.constructor.name : error.message;
  else message += inspection()(error);
  const made = new AssertionError({ actual: error, expected: null, operator: 'ifError', message });
  throw made;
}

function matching(name, wanted, text, regexp, message) {
  if (!isRegExp(regexp)) throw new codes.ERR_INVALID_ARG_TYPE('regexp', 'RegExp', regexp);
  if (typeof text === 'string' && regexp.test(text) === wanted) return;
  if (message instanceof Error) throw message;
  const generated = !message;
  message = message || (typeof text !== 'string'
    ? `The "string" argument must be of type string. Received type ${typeof text} (${inspection()(text)})`
    : `${wanted ? 'The input did not match the regular expression ' : 'The input was expected to not match the regular expression '}${inspection()(regexp)}. Input:\n\n${inspection()(text)}\n`);
  const error = new AssertionError({ actual: text, expected: regexp, message, operator: name });
  error.generatedMessage = generated;
  throw error;
}
function match(text, regexp, message) { matching('match', true, text, regexp, message); }
function doesNotMatch(text, regexp, message) { matching('doesNotMatch', false, text, regexp, message); }

class CallTracker {
  #checks = new Map();
  calls(fn, exact = 1) {
    if (typeof fn === 'number') [fn, exact] = [() => {}, fn];
    const check = { calls: [], exact, name: (fn && fn.name) || 'calls' };
    const tracked = function (...args) {
      check.calls.push({ thisArg: this, arguments: args });
      return fn ? Reflect.apply(fn, this, args) : undefined;
    };
    this.#checks.set(tracked, check);
    return tracked;
  }
  getCalls(fn) { return this.#checks.get(fn).calls; }
  reset(fn) { for (const [one, check] of this.#checks) if (fn === undefined || fn === one) check.calls = []; }
  report() {
    return [...this.#checks.values()].filter(({ calls, exact }) => calls.length !== exact).map(({ calls, exact, name }) => ({
      message: `Expected the ${name} function to be executed ${exact} time(s) but was executed ${calls.length} time(s).`, actual: calls.length, expected: exact, operator: name, stack: undefined,
    }));
  }
  verify() {
    const found = this.report();
    if (found.length > 0) throw new AssertionError({ message: found.length === 1 ? found[0].message : 'Functions were not called the expected number of times' });
  }
}

module.exports = Object.assign(assert, {
  fail, AssertionError, ok, equal, notEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual, strictEqual, notStrictEqual,
  throws, rejects, doesNotThrow, doesNotReject, ifError, match, doesNotMatch, CallTracker,
});
function strict(...args) { accept('assert', args); }
assert.strict = Object.assign(strict, assert, { equal: strictEqual, deepEqual: deepStrictEqual, notEqual: notStrictEqual, notDeepEqual: notDeepStrictEqual });
assert.strict.strict = assert.strict;
