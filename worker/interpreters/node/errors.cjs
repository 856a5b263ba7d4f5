'use strict';

// An error that a function threw, in the words of Lambda's runtime: `errorType`, `errorMessage` and `trace`.

const { isNativeError } = require('node:util').types;

/** Longest message that is kept, in UTF-16 units. */
const MESSAGE_MAX = 64 * 1024;

/** Longest line of a stack that is kept. */
const LINE_MAX = 2 * 1024;

/** Most lines of a stack that are kept. */
const LINES_MAX = 100;

/** Our own files. Those in `CALLERS` call the function; what is below them is of no use. */
const OWN = `${__dirname}/`;
const CALLERS = ['handler.cjs', 'invocation.cjs', 'bootstrap.cjs'].map((name) => OWN + name);

/** Errors that the runtime itself raises. The name is the `errorType`. */
class RuntimeFault extends Error {
  constructor(type, message, cause) {
    super(message);
    this.name = `Runtime.${type}`;
    this.stack = `${this.name}: ${message}`;
    if (typeof cause?.stack === 'string') this.stack += `\n${cause.stack}`;
  }
}

/** The body of an error report. Reading an error can run code of the function, and that may throw. */
function describe(error) {
  try {
    if (isNativeError(error) || hasShapeOfError(error)) {
      return {
        errorType: cut(String(error.name ?? ''), LINE_MAX),
        errorMessage: cut(String(error.message ?? ''), MESSAGE_MAX),
        trace: trace(error.stack),
      };
    }
    if (error === null || error === undefined) {
      return { errorType: 'string', errorMessage: 'handled', trace: [] };
    }
    return { errorType: typeof error, errorMessage: cut(error.toString(), MESSAGE_MAX), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

/** The report for a rejection that nobody handled. Its trace is that of the reason. */
function describeRejection(reason) {
  const cause = describe(reason);
  let message = cause.errorMessage;
  try {
    message = String(reason);
  } catch {
    // The words for an error that cannot be read stay.
  }
  return {
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: cut(message, MESSAGE_MAX),
    trace: cause.trace,
  };
}

function hasShapeOfError(error) {
  return ['name', 'message', 'stack'].every((name) => error && error[name] && typeof error[name] === 'string');
}

/** The lines of a stack, without frames of this bootstrap and of what called it. */
function trace(stack) {
  const lines = [];
  for (const line of stack.split('\n', LINES_MAX)) {
    if (CALLERS.some((file) => line.includes(file)) && line.startsWith('    at ')) break;
    if (!line.includes(OWN)) lines.push(cut(line, LINE_MAX));
  }
  return lines;
}

function cut(text, max) {
  return text.length > max ? text.slice(0, max) : text;
}

module.exports = { RuntimeFault, cut, describe, describeRejection };
