// Key agreement: ECDH on the NIST curves, and diffieHellman with key objects (X25519 too).
const { binding, kHandle, codes, coded, bytes, encoded, toBuffer } = require('internal/crypto_args');
const { validateString, validateObject } = require('internal/validators');
const { isKeyObject } = require('internal/crypto_keys');

const curves = ['prime256v1', 'secp256r1', 'P-256', 'secp384r1', 'P-384', 'secp521r1', 'P-521'];
const kCurve = Symbol('kCurve');
const kPublic = Symbol('kPublic');

// A point in a form: 2 or 3 before x, or 4 before x and y, or 6 or 7 before both.
function formatted(curve, point, format) {
  if (format !== undefined && !['compressed', 'uncompressed', 'hybrid'].includes(format)) {
    throw coded(TypeError, 'ERR_CRYPTO_ECDH_INVALID_FORMAT', `Invalid ECDH format: ${format}`);
  }
  const array = binding.curvePoint(curve, point, format === 'compressed');
  if (array !== undefined && format === 'hybrid') array[0] = 6 + (array[array.length - 1] & 1);
  return array;
}

class ECDH {
  constructor(curve) {
    validateString(curve, 'curve');
    if (!curves.includes(curve)) throw coded(TypeError, 'ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
    this[kCurve] = curve;
  }

  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    validateString(curve, 'curve');
    const point = bytes(key, 'key', inputEncoding);
    if (!curves.includes(curve)) throw coded(TypeError, 'ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
    const converted = formatted(curve, point, format);
    if (converted === undefined) throw coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to convert Buffer to EC_POINT');
    return encoded(converted, outputEncoding);
  }

  generateKeys(encoding, format) {
    this[kHandle] = binding.generateKey('ec', this[kCurve]);
    this[kPublic] = binding.keyRaw(binding.publicOf(this[kHandle]));
    return this.getPublicKey(encoding, format);
  }

  computeSecret(key, inputEncoding, outputEncoding) {
    const other = binding.rawKey(this[kCurve], bytes(key, 'otherPublicKey', inputEncoding), false);
    if (this[kHandle] === undefined || (this[kPublic] === undefined)) throw coded(RangeError, 'ERR_CRYPTO_INVALID_KEYPAIR', 'Invalid key pair');
    if (other === undefined) throw coded(Error, 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY', 'Public key is not valid for specified curve');
    return encoded(binding.agree(this[kHandle], other), outputEncoding);
  }

  getPublicKey(encoding, format) {
    if (this[kPublic] === undefined) throw coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH public key');
    return encoded(formatted(this[kCurve], this[kPublic], format), encoding);
  }

  getPrivateKey(encoding) {
    if (this[kHandle] === undefined) throw coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH private key');
    return encoded(binding.keyRaw(this[kHandle]), encoding);
  }

  setPrivateKey(key, encoding) {
    const handle = binding.rawKey(this[kCurve], bytes(key, 'key', encoding), true);
    if (handle === undefined) throw coded(RangeError, 'ERR_CRYPTO_INVALID_KEYTYPE', 'Private key is not valid for specified curve.');
    this[kHandle] = handle;
    this[kPublic] = binding.keyRaw(binding.publicOf(handle));
    return this;
  }

  setPublicKey(key, encoding) {
    const handle = binding.rawKey(this[kCurve], bytes(key, 'key', encoding), false);
    if (handle === undefined) throw coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to convert Buffer to EC_POINT');
    this[kPublic] = binding.keyRaw(handle);
    return this;
  }
}

function diffieHellman(options) {
  validateObject(options, 'options');
  const { privateKey, publicKey } = options;
  if (!isKeyObject(privateKey)) throw new codes.ERR_INVALID_ARG_VALUE('options.privateKey', privateKey);
  if (!isKeyObject(publicKey)) throw new codes.ERR_INVALID_ARG_VALUE('options.publicKey', publicKey);
  if (privateKey.type !== 'private') throw new codes.ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(privateKey.type, 'private');
  if (publicKey.type === 'secret') throw new codes.ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(publicKey.type, 'private or public');
  const [left, right] = [privateKey.asymmetricKeyType, publicKey.asymmetricKeyType];
  if (left !== right || !['ec', 'x25519'].includes(left)) {
    throw new codes.ERR_CRYPTO_INCOMPATIBLE_KEY('key types for Diffie-Hellman', `${left} and ${right}`);
  }
  return toBuffer(binding.agree(privateKey[kHandle], publicKey[kHandle]));
}

module.exports = { ECDH, createECDH: (curve) => new ECDH(curve), diffieHellman };
