// The messages of errors with codes: for each the letter of its base class, and a text or a function
// that makes one. Also `inspect`, shortened for error messages.
const table = {
  AMBIGUOUS_ARGUMENT: ['T', 'The "%s" argument is ambiguous. %s'],
  ARG_NOT_ITERABLE: ['T', '%s must be iterable'],
  ASSERTION: ['E', '%s'],
  ASYNC_CALLBACK: ['T', '%s must be a function'],
  ASYNC_TYPE: ['T', 'Invalid name for async "type": %s'],
  BUFFER_OUT_OF_BOUNDS: ['R', (name) => (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds')],
  BUFFER_TOO_LARGE: ['R', 'Cannot create a Buffer larger than %s bytes'],
  BROTLI_INVALID_PARAM: ['R', '%s is not a valid Brotli parameter'],
  CONSOLE_WRITABLE_STREAM: ['T', 'Console expects a writable stream instance for %s'],
  CONSTRUCT_CALL_REQUIRED: ['T', 'Class constructor %s cannot be invoked without `new`'],
  CRYPTO_HASH_FINALIZED: ['E', 'Digest already called'],
  CRYPTO_HASH_UPDATE_FAILED: ['E', 'Hash update failed'],
  CRYPTO_INCOMPATIBLE_KEY: ['E', 'Incompatible %s: %s'],
  CRYPTO_INCOMPATIBLE_KEY_OPTIONS: ['E', 'The selected key encoding %s %s.'],
  CRYPTO_INVALID_DIGEST: ['T', 'Invalid digest: %s'],
  CRYPTO_INVALID_JWK: ['T', 'Invalid JWK data'],
  CRYPTO_INVALID_KEY_OBJECT_TYPE: ['T', 'Invalid key object type %s, expected %s.'],
  CRYPTO_INVALID_KEYLEN: ['R', 'Invalid key length'],
  CRYPTO_INVALID_STATE: ['E', 'Invalid state for operation %s'],
  CRYPTO_SCRYPT_INVALID_PARAMETER: ['E', 'Invalid scrypt parameter'],
  CRYPTO_TIMING_SAFE_EQUAL_LENGTH: ['R', 'Input buffers must have the same byte length'],
  CRYPTO_UNKNOWN_CIPHER: ['E', 'Unknown cipher'],
  DIR_CLOSED: ['E', 'Directory handle was closed'],
  DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE: ['E', 'The `domain` module is in use, which is mutually exclusive with calling process.setUncaughtExceptionCaptureCallback()'],
  DUPLICATE_STARTUP_SNAPSHOT_MAIN_FUNCTION: ['E', '%s'],
  ENCODING_INVALID_ENCODED_DATA: ['T', (encoding) => `The encoded data was not valid for encoding ${encoding}`],
  ENCODING_NOT_SUPPORTED: ['R', 'The "%s" encoding is not supported'],
  EVAL_ESM_CANNOT_PRINT: ['E', '--print cannot be used with ESM input'],
  EVENT_RECURSION: ['E', 'The event "%s" is already being dispatched'],
  FALSY_VALUE_REJECTION: ['E', (reason) => {
    return 'Promise was rejected with falsy value';
  }],
  FEATURE_UNAVAILABLE_ON_PLATFORM: ['T', 'The feature %s is unavailable on the current platform, which is being used to run Node.js'],
  FS_FILE_TOO_LARGE: ['R', 'File size (%s) is greater than 2 GiB'],
  HTTP_BODY_NOT_ALLOWED: ['E', 'Adding content for this request method or response status is not allowed.'],
  HTTP_CONTENT_LENGTH_MISMATCH: ['E', 'Response body\'s content-length of %s byte(s) does not match the content-length of %s byte(s) set in header'],
  HTTP_HEADERS_SENT: ['E', 'Cannot %s headers after they are sent to the client'],
  HTTP_INVALID_HEADER_VALUE: ['T', 'Invalid value "%s" for header "%s"'],
  HTTP_INVALID_STATUS_CODE: ['R', 'Invalid status code: %s'],
  HTTP_SOCKET_ASSIGNED: ['E', 'ServerResponse has an already assigned socket'],
  HTTP_SOCKET_ENCODING: ['E', 'Changing the socket encoding is not allowed per RFC7230 Section 3.'],
  HTTP_TRAILER_INVALID: ['E', 'Trailers are invalid with this transfer encoding'],
  ILLEGAL_CONSTRUCTOR: ['T', 'Illegal constructor'],
  INCOMPATIBLE_OPTION_PAIR: ['T', 'Option "%s" cannot be used in combination with option "%s"'],
  INTERNAL_ASSERTION: ['E', (message) => `${message === undefined ? '' : `${message}\n`}This is caused by either a bug in Node.js or incorrect usage of Node.js internals.\nPlease open an issue with this stack trace at https://github.com/nodejs/node/issues\n`],
  INVALID_ADDRESS_FAMILY: ['R', 'Invalid address family: %s %s:%s'],
  INVALID_ARG_TYPE: ['T', argType],
  INVALID_ARG_VALUE: ['T', argValue],
  INVALID_ASYNC_ID: ['R', 'Invalid %s value: %s'],
  INVALID_BUFFER_SIZE: ['R', 'Buffer size must be a multiple of %s'],
  INVALID_CALLBACK: ['T', (value) => `Callback must be a function. Received ${brief(value)}`],
  INVALID_CHAR: ['T', (name, field) => `Invalid character in ${name}${field === undefined ? '' : ` ["${field}"]`}`],
  INVALID_CURSOR_POS: ['T', 'Cannot set cursor row without setting its column'],
  INVALID_DOMAIN_NAME: ['T', 'Unable to determine the domain name'],
  INVALID_FILE_URL_HOST: ['T', 'File URL host must be "localhost" or empty on %s'],
  INVALID_FILE_URL_PATH: ['T', 'File URL path %s'],
  INVALID_HANDLE_TYPE: ['T', 'This handle type cannot be sent'],
  INVALID_HTTP_TOKEN: ['T', '%s must be a valid HTTP token ["%s"]'],
  INVALID_IP_ADDRESS: ['T', 'Invalid IP address: %s'],
  INVALID_MIME_SYNTAX: ['T', (production, text, at) => `The MIME syntax for a ${production} in ${JSON.stringify(text)} is invalid${at === -1 ? '' : ` at ${at}`}`],
  INVALID_MODULE: ['E', 'No such module: %s'],
  INVALID_OBJECT_DEFINE_PROPERTY: ['T', '%s'],
  INVALID_OPT_VALUE: ['T', 'The value "%s" is invalid for option "%s"'],
  INVALID_PROTOCOL: ['T', 'Protocol "%s" not supported. Expected "%s"'],
  INVALID_RETURN_PROPERTY_VALUE: ['T', (input, name, property, value) => `Expected ${input} to be returned for the "${property}" from the "${name}" function but got ${typed(value)}.`],
  INVALID_RETURN_VALUE: ['T', (input, name, value) => `Expected ${input} to be returned from the "${name}" function but got ${typed(value)}.`],
  INVALID_STATE: ['E', 'Invalid state: %s'],
  INVALID_SYNC_FORK_INPUT: ['T', 'Asynchronous forks do not support Buffer, TypedArray, DataView or string input: %s'],
  INVALID_THIS: ['T', 'Value of "this" must be of type %s'],
  INVALID_TUPLE: ['T', '%s must be an iterable %s tuple'],
  INVALID_URI: ['U', 'URI malformed'],
  INVALID_URL: ['T', 'Invalid URL'],
  INVALID_URL_SCHEME: ['T', (expected) => `The URL must be ${list(Array.isArray(expected) ? expected : [expected], 'scheme')}`],
  MALFORMED: ['E', '%s'],
  METHOD_NOT_IMPLEMENTED: ['E', 'The %s method is not implemented'],
  MISSING_ARGS: ['T', missing],
  MISSING_OPTION: ['T', '%s is required'],
  MODULE_NOT_FOUND: ['E', 'Cannot find module \'%s\''],
  MULTIPLE_CALLBACK: ['E', 'Callback called multiple times'],
  NO_CRYPTO: ['E', 'Node.js is not compiled with OpenSSL crypto support'],
  NO_ICU: ['T', '%s is not supported on Node.js compiled without ICU'],
  OPERATION_FAILED: ['E', 'Operation failed: %s'],
  OUT_OF_RANGE: ['R', range],
  PARSE_ARGS_INVALID_OPTION_VALUE: ['T', '%s'],
  PARSE_ARGS_UNEXPECTED_POSITIONAL: ['T', (arg) => `Unexpected argument '${arg}'. This command does not take positional arguments`],
  PARSE_ARGS_UNKNOWN_OPTION: ['T', (option, positionals) => `Unknown option '${option}'${positionals ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "${option}"` : ''}`],
  REQUIRE_ESM: ['E', 'require() of ES Module %s not supported.'],
  SERVER_ALREADY_LISTEN: ['E', 'Listen method has been called more than once without closing.'],
  SERVER_NOT_RUNNING: ['E', 'Server is not running.'],
  SOCKET_BAD_PORT: ['R', (name, port, zero) => `${name} should be ${zero ? '>= 0' : '> 0'} and < 65536. Received ${typed(port)}.`],
  SOCKET_CLOSED: ['E', 'Socket is closed'],
  STREAM_ALREADY_FINISHED: ['E', 'Cannot call %s after a stream was finished'],
  STREAM_CANNOT_PIPE: ['E', 'Cannot pipe, not readable'],
  STREAM_DESTROYED: ['E', 'Cannot call %s after a stream was destroyed'],
  STREAM_NULL_VALUES: ['T', 'May not write null values to stream'],
  STREAM_PREMATURE_CLOSE: ['E', 'Premature close'],
  STREAM_PUSH_AFTER_EOF: ['E', 'stream.push() after EOF'],
  STREAM_UNABLE_TO_PIPE: ['E', 'Cannot pipe to a closed or destroyed stream'],
  STREAM_UNSHIFT_AFTER_END_EVENT: ['E', 'stream.unshift() after end event'],
  STREAM_WRAP: ['E', 'Stream has StringDecoder set or is in objectMode'],
  STREAM_WRITE_AFTER_END: ['E', 'write after end'],
  STRING_TOO_LONG: ['E', 'Cannot create a string longer than 0x%s characters'],
  SYSTEM_ERROR: ['E', '%s'],
  TRANSFORM_ALREADY_TRANSFORMING: ['E', 'Calling transform done when still transforming'],
  TRANSFORM_WITH_LENGTH_0: ['E', 'Calling transform done when writableState.length != 0'],
  UNAVAILABLE_DURING_EXIT: ['E', 'Cannot call function in process exit handler'],
  UNESCAPED_CHARACTERS: ['T', '%s contains unescaped characters'],
  UNHANDLED_ERROR: ['E', (error) => (error === undefined ? 'Unhandled error.' : `Unhandled error. (${error})`)],
  UNKNOWN_BUILTIN_MODULE: ['E', 'No such built-in module: %s'],
  UNKNOWN_CREDENTIAL: ['E', '%s identifier does not exist: %s'],
  UNKNOWN_ENCODING: ['T', 'Unknown encoding: %s'],
  UNKNOWN_FILE_EXTENSION: ['T', 'Unknown file extension "%s" for %s'],
  UNKNOWN_MODULE_FORMAT: ['R', 'Unknown module format: %s for URL %s'],
  UNKNOWN_SIGNAL: ['T', 'Unknown signal: %s'],
  UNSUPPORTED_DIR_IMPORT: ['E', 'Directory import \'%s\' is not supported resolving ES modules imported from %s'],
  USE_AFTER_CLOSE: ['E', '%s was closed'],
  VALID_PERFORMANCE_ENTRY_TYPE: ['E', 'At least one valid performance entry type is required'],
  WORKER_UNSUPPORTED_OPERATION: ['T', '%s is not supported in workers'],
  ZLIB_INITIALIZATION_FAILED: ['E', 'Initialization failed'],
  BRINK_UNAVAILABLE: ['E', (what, why) => `${what} is not available in a sandbox${why ? `: ${why}` : ''}`],
};
const kinds = ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol'];

function inspect(value, options) {
  return require('internal/inspect').inspect(value, options);
}

function list(items, kind) {
  if (items.length === 1) return `of ${kind} ${items[0]}`;
  if (items.length === 2) return `one of ${kind} ${items[0]} or ${items[1]}`;
  return `one of ${kind} ${items.slice(0, -1).join(', ')}, or ${items[items.length - 1]}`;
}

function series(items, word) {
  if (items.length < 3) return items.join(` ${word} `);
  return `${items.slice(0, -1).join(', ')}, ${word} ${items[items.length - 1]}`;
}

function brief(value) {
  if (value == null) return `${value}`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    if (value.constructor && value.constructor.name) return `an instance of ${value.constructor.name}`;
    return inspect(value, { depth: -1 });
  }
  let text = inspect(value, { colors: false });
  if (text.length > 28) text = `${text.slice(0, 25)}...`;
  return `type ${typeof value} (${text})`;
}

function typed(value) {
  if (value == null) return `${value}`;
  if (typeof value === 'function' && value.name) return `function ${value.name}`;
  if (typeof value === 'object' && value.constructor && value.constructor.name) {
    return `an instance of ${value.constructor.name}`;
  }
  return typeof value === 'object' || typeof value === 'function' ? inspect(value, { depth: -1 }) : brief(value);
}

function argType(name, expected, actual) {
  expected = Array.isArray(expected) ? expected : [expected];
  let text = 'The ';
  if (name.endsWith(' argument')) text += `${name} `;
  else text += `"${name}" ${name.includes('.') ? 'property' : 'argument'} `;
  text += 'must be ';
  const types = [];
  const instances = [];
  const other = [];
  for (const value of expected) {
    if (kinds.includes(value)) types.push(value.toLowerCase());
    else if (/^[A-Z][a-zA-Z0-9]*$/.test(value)) instances.push(value);
    else other.push(value);
  }
  if (instances.length > 0 && types.includes('object')) {
    types.splice(types.indexOf('object'), 1);
    instances.push('Object');
  }
  if (types.length > 0) {
    text += `${types.length > 1 ? 'one of type' : 'of type'} ${series(types, 'or')}`;
    if (instances.length > 0 || other.length > 0) text += ' or ';
  }
  if (instances.length > 0) {
    text += `an instance of ${series(instances, 'or')}`;
    if (other.length > 0) text += ' or ';
  }
  if (other.length > 1) text += `one of ${series(other, 'or')}`;
  else if (other.length === 1) text += `${other[0].toLowerCase() === other[0] ? '' : 'an '}${other[0]}`;
  return `${text}. Received ${brief(actual)}`;
}

function argValue(name, value, reason = 'is invalid') {
  let text = inspect(value);
  if (text.length > 128) text = `${text.slice(0, 128)}...`;
  return `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${text}`;
}

function missing(...names) {
  const quoted = names.map((name) => (Array.isArray(name) ? name.map((one) => `"${one}"`).join(' or ') : `"${name}"`));
  return `The ${series(quoted, 'and')} argument${quoted.length > 1 ? 's' : ''} must be specified`;
}

function separated(text) {
  return text.replace(/(\d)(?=(\d{3})+n?$)/g, '$1_');
}

function range(name, expected, value, replace = false) {
  let received;
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) received = separated(String(value));
  else if (typeof value === 'bigint') {
    received = String(value);
    if (value > 2n ** 32n || value < -(2n ** 32n)) received = separated(received);
    received += 'n';
  } else received = inspect(value);
  const begin = replace ? name : `The value of "${name}" is out of range.`;
  return `${begin} It must be ${expected}. Received ${received}`;
}

function fill(text, values) {
  let at = 0;
  return text.replace(/%s/g, () => String(values[at++]));
}

module.exports = { table, fill };
