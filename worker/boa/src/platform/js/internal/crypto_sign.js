// Signatures: Sign, Verify, sign and verify.
const { binding, kHandle, codes, coded, isView, viewOrText, bytes, encoded, toBuffer, callLater, streamLazily } = require('internal/crypto_args');
const { validateString, validateFunction } = require('internal/validators');
const { keyHandle } = require('internal/crypto_keys');

const kName = Symbol('kName');

function integerOption(options, name) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >> 0 === value) return value;
  throw new codes.ERR_INVALID_ARG_VALUE(`options.${name}`, value);
}

// [padding, salt length, r and s instead of DER]
function schemeOf(key) {
  const options = key !== null && typeof key === 'object' ? key : {};
  const padding = integerOption(options, 'padding');
  const salt = integerOption(options, 'saltLength');
  const { dsaEncoding } = options;
  if (dsaEncoding !== undefined && dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') {
    throw new codes.ERR_INVALID_ARG_VALUE('options.dsaEncoding', dsaEncoding);
  }
  return [padding, salt, dsaEncoding === 'ieee-p1363'];
}

// The message of a signature, piece by piece. A Writable once something writes to it as one.
class Message {
  constructor(algorithm, options) {
    validateString(algorithm, 'algorithm');
    if (!binding.isDigest(algorithm)) throw coded(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
    this[kName] = algorithm;
    this[kHandle] = binding.hashNew(algorithm);
    this._options = options;
  }

  _write(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  update(data, encoding) {
    const input = viewOrText(data, 'data', encoding);
    if (this[kHandle] === null) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
    binding.digestUpdate(this[kHandle], input);
    return this;
  }
}

function digestOf(message) {
  const handle = message[kHandle];
  if (handle === null) throw coded(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
  message[kHandle] = null;
  return binding.digestFinish(handle);
}

class Sign extends Message {
  sign(options, encoding) {
    if (!options) throw coded(Error, 'ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
    const handle = keyHandle(options, false);
    const scheme = schemeOf(options);
    return encoded(binding.sign(handle, digestOf(this), this[kName], true, ...scheme), encoding);
  }
}

class Verify extends Message {
  verify(options, signature, encoding) {
    const handle = keyHandle(options, true);
    const scheme = schemeOf(options);
    signature = bytes(signature, 'signature', encoding === undefined ? undefined : encoding);
    return binding.verify(handle, digestOf(this), signature, this[kName], true, ...scheme);
  }
}

for (const Class of [Sign, Verify]) {
  for (const name of ['_write', 'update']) Object.defineProperty(Class.prototype, name, Object.getOwnPropertyDescriptor(Message.prototype, name));
}
streamLazily(Message, 'Writable');

const createSign = (algorithm, options) => new Sign(algorithm, options);
const createVerify = (algorithm, options) => new Verify(algorithm, options);

function checked(algorithm, data, callback) {
  if (algorithm != null) validateString(algorithm, 'algorithm');
  if (callback !== undefined) validateFunction(callback, 'callback');
  return bytes(data, 'data');
}

function checkDigest(algorithm) {
  if (algorithm != null && !binding.isDigest(algorithm)) throw new codes.ERR_CRYPTO_INVALID_DIGEST(algorithm);
}

function done(compute, callback) {
  if (callback === undefined) return compute();
  callLater(compute, callback);
  return undefined;
}

function sign(algorithm, data, key, callback) {
  const message = checked(algorithm, data, callback);
  if (!key) throw coded(Error, 'ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
  const scheme = schemeOf(key);
  const handle = keyHandle(key, false);
  checkDigest(algorithm);
  return done(() => toBuffer(binding.sign(handle, message, algorithm, false, ...scheme)), callback);
}

function verify(algorithm, data, key, signature, callback) {
  const message = checked(algorithm, data, callback);
  const scheme = schemeOf(key);
  if (!isView(signature)) throw new codes.ERR_INVALID_ARG_TYPE('signature', ['Buffer', 'TypedArray', 'DataView'], signature);
  const handle = keyHandle(key, true);
  checkDigest(algorithm);
  return done(() => binding.verify(handle, message, signature, algorithm, false, ...scheme), callback);
}

module.exports = { Sign, Verify, createSign, createVerify, sign, verify };
