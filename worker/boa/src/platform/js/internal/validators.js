// Checks of arguments, with Node.js' errors.
const { codes } = require('internal/errors');

const wrongType = (name, expected, value) => {
  throw new codes.ERR_INVALID_ARG_TYPE(name, expected, value);
};
const outOfRange = (name, expected, value) => {
  throw new codes.ERR_OUT_OF_RANGE(name, expected, value);
};
const ofType = (type) => (value, name) => {
  if (typeof value !== type) wrongType(name, type, value);
};

const validateString = ofType('string');
const validateBoolean = ofType('boolean');
const validateFunction = (value, name) => {
  if (typeof value !== 'function') wrongType(name, 'Function', value);
};

function validateNumber(value, name, min = undefined, max = undefined) {
  if (typeof value !== 'number') wrongType(name, 'number', value);
  if ((min != null && value < min) || (max != null && value > max) ||
      ((min != null || max != null) && Number.isNaN(value))) {
    outOfRange(name, `${min != null ? `>= ${min}` : ''}${min != null && max != null ? ' && ' : ''}${max != null ? `<= ${max}` : ''}`, value);
  }
}

function integer(value, name, min, max) {
  if (typeof value !== 'number') wrongType(name, 'number', value);
  if (!Number.isInteger(value)) outOfRange(name, 'an integer', value);
  if (value < min || value > max) outOfRange(name, `>= ${min} && <= ${max}`, value);
}
const validateInteger = (value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) => integer(value, name, min, max);
const validateInt32 = (value, name, min = -2147483648, max = 2147483647) => integer(value, name, min, max);
const validateUint32 = (value, name, positive = false) => integer(value, name, positive ? 1 : 0, 4294967295);

function validateOneOf(value, name, allowed) {
  if (allowed.includes(value)) return;
  const texts = allowed.map((one) => (typeof one === 'string' ? `'${one}'` : String(one)));
  throw new codes.ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${texts.join(', ')}`);
}

function validateObject(value, name, options = {}) {
  if (value === null ? !options.nullable
    : (Array.isArray(value) && !options.allowArray) ||
      (typeof value !== 'object' && !(options.allowFunction && typeof value === 'function'))) {
    wrongType(name, 'Object', value);
  }
}

function validateArray(value, name, minLength = 0) {
  if (!Array.isArray(value)) wrongType(name, 'Array', value);
  if (value.length < minLength) {
    throw new codes.ERR_INVALID_ARG_VALUE(name, value, `must be longer than ${minLength}`);
  }
}

function validateBuffer(value, name = 'buffer') {
  if (!ArrayBuffer.isView(value)) wrongType(name, ['Buffer', 'TypedArray', 'DataView'], value);
}

function validateAbortSignal(signal, name) {
  if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
    wrongType(name, 'AbortSignal', signal);
  }
}

function validatePort(port, name = 'Port', allowZero = true) {
  if ((typeof port !== 'number' && typeof port !== 'string') || (typeof port === 'string' && port.trim().length === 0) ||
      +port !== (+port >>> 0) || port > 0xffff || (port === 0 && !allowZero)) {
    throw new codes.ERR_SOCKET_BAD_PORT(name, port, allowZero);
  }
  return port | 0;
}

module.exports = {
  validateString, validateBoolean, validateFunction, validateNumber, validateInteger, validateInt32,
  validateUint32, validateOneOf, validateObject, validateArray, validateBuffer, validateAbortSignal, validatePort,
};
