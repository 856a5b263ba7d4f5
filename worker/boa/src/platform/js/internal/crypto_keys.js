// Keys: KeyObject, its making from PEM, DER and JWK, its export, and generation.
const { binding, kHandle, codes, coded, isView, isBuffer, fromText, bytes, toBuffer, callLater } = require('internal/crypto_args');
const { validateString, validateFunction, validateObject, validateOneOf, validateInt32, validateUint32 } = require('internal/validators');

const bufferTypes = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];
const keyTypes = ['string', ...bufferTypes, 'KeyObject', 'CryptoKey'];
const make = Symbol('make');
const kType = Symbol('kKeyType');

class KeyObject {
  constructor(type, handle, token) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw new codes.ERR_INVALID_ARG_VALUE('type', type);
    if (token !== make) throw new codes.ERR_INVALID_ARG_TYPE('handle', 'object', handle);
    this[kType] = type;
    Object.defineProperty(this, kHandle, { value: handle });
  }

  get type() {
    return this[kType];
  }

  static from(key) {
    const data = cryptoKeyData(key);
    if (data === undefined) throw new codes.ERR_INVALID_ARG_TYPE('key', 'CryptoKey', key);
    return wrap(data.type, data.handle);
  }

  equals(other) {
    if (!isKeyObject(other)) throw new codes.ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', other);
    return other.type === this.type && binding.keyEquals(this[kHandle], other[kHandle]);
  }
}
Object.defineProperty(KeyObject.prototype, Symbol.toStringTag, { value: 'KeyObject', configurable: true });

class SecretKeyObject extends KeyObject {
  get symmetricKeySize() {
    return binding.keyBytes(this[kHandle]).length;
  }

  export(options) {
    if (options !== undefined) {
      validateObject(options, 'options');
      validateOneOf(options.format, 'options.format', [undefined, 'buffer', 'jwk']);
      if (options.format === 'jwk') return binding.exportJwk(this[kHandle]);
    }
    return toBuffer(binding.keyBytes(this[kHandle]));
  }
}

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType() {
    return binding.keyInfo(this[kHandle]).type;
  }

  get asymmetricKeyDetails() {
    return binding.keyInfo(this[kHandle]).details;
  }
}

class PublicKeyObject extends AsymmetricKeyObject {
  export(options) {
    return exportKey(this, options);
  }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  export(options) {
    if (options && options.passphrase !== undefined && options.format === 'jwk') {
      throw new codes.ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS('jwk', 'does not support encryption');
    }
    return exportKey(this, options);
  }
}

const classes = { secret: SecretKeyObject, public: PublicKeyObject, private: PrivateKeyObject };
const wrap = (type, handle) => new classes[type](type, handle, make);
const isKeyObject = (value) => value instanceof KeyObject;
// Loads Web Crypto for what may be a key of it only.
const cryptoKeyData = (value) => (typeof value === 'object' && value !== null && value[Symbol.toStringTag] === 'CryptoKey'
  ? require('internal/webcrypto').dataOf(value) : undefined);

// Export

const invalid = (name, value) => {
  throw new codes.ERR_INVALID_ARG_VALUE(name, value);
};

function exportKey(key, options, name = 'options') {
  validateObject(options, name);
  const { format, type, cipher, passphrase } = options;
  if (format === 'jwk') return binding.exportJwk(key[kHandle]);
  if (format !== 'pem' && format !== 'der') invalid(`${name}.format`, format);
  const types = key.type === 'public' ? ['pkcs1', 'spki'] : ['pkcs1', 'pkcs8', 'sec1'];
  if (!types.includes(type)) invalid(`${name}.type`, type);
  if (type === 'pkcs1' && !key.asymmetricKeyType.startsWith('rsa')) {
    throw new codes.ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'can only be used for RSA keys');
  }
  if (type === 'sec1' && key.asymmetricKeyType !== 'ec') throw new codes.ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'can only be used for EC keys');
  if (key.type === 'private' && cipher != null) {
    validateString(cipher, `${name}.cipher`);
    if (typeof passphrase !== 'string' && !isView(passphrase) && !isBuffer(passphrase)) invalid(`${name}.passphrase`, passphrase);
    if (type !== 'pkcs8') throw new codes.ERR_BRINK_UNAVAILABLE('the traditional encryption of PEM');
    return exported(binding.exportKey(key[kHandle], format, type, cipher, passphrase));
  }
  return exported(binding.exportKey(key[kHandle], format, type));
}

const exported = (value) => (typeof value === 'string' ? value : toBuffer(value));

// Import

function jwkHandle(key, forPublic) {
  validateObject(key, 'key.key');
  validateOneOf(key.kty, 'key.kty', ['RSA', 'EC', 'OKP']);
  const text = (name) => validateString(key[name], `key.${name}`);
  const members = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] }[key.kty];
  if (key.kty !== 'RSA') text('crv');
  if (key.kty === 'EC') validateOneOf(key.crv, 'key.crv', ['P-256', 'secp256k1', 'P-384', 'P-521']);
  if (key.kty === 'OKP') validateOneOf(key.crv, 'key.crv', ['Ed25519', 'Ed448', 'X25519', 'X448']);
  members.forEach(text);
  const isPrivate = !forPublic;
  if (isPrivate) (key.kty === 'RSA' ? ['d', 'p', 'q', 'dp', 'dq', 'qi'] : ['d']).forEach(text);
  const jwk = { kty: key.kty, crv: key.crv, d: isPrivate ? key.d : undefined };
  for (const name of ['n', 'e', 'p', 'q', 'x', 'y']) jwk[name] = key[name];
  return binding.jwkKey(jwk);
}

function encodedHandle(data, forPublic, options, name) {
  const { format = 'pem', type, passphrase, encoding } = options;
  if (format !== 'pem' && format !== 'der') invalid(`${name}.format`, format);
  if (format === 'der' || type !== undefined) {
    const types = forPublic ? ['pkcs1', 'spki', 'pkcs8', 'sec1'] : ['pkcs1', 'pkcs8', 'sec1'];
    if (format === 'der' && !types.includes(type)) invalid(`${name}.type`, type);
  }
  if (passphrase != null && typeof passphrase !== 'string' && !isView(passphrase) && !isBuffer(passphrase)) invalid(`${name}.passphrase`, passphrase);
  return binding.parseKey(bytes(data, 'key.key', encoding), !forPublic, format, type, passphrase ?? undefined);
}

function ofObject(key, forPublic, mayBeObject) {
  if (!mayBeObject) throw new codes.ERR_INVALID_ARG_TYPE('key', keyTypes.slice(0, 5), key);
  if (key.type === 'private' || (forPublic && key.type === 'public')) return key[kHandle];
  throw new codes.ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, forPublic ? 'private or public' : 'private');
}

// The handle of a key in any form; `forPublic` takes private keys for their public halves.
function keyHandle(key, forPublic, mayBeObject = true) {
  const object = (value) => (isKeyObject(value) ? value : (cryptoKeyData(value) && KeyObject.from(value)));
  const own = object(key);
  if (own) return ofObject(own, forPublic, mayBeObject);
  if (typeof key === 'string' || isView(key) || isBuffer(key)) return encodedHandle(key, forPublic, {}, 'key');
  if (key === null || typeof key !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('key', mayBeObject ? keyTypes : keyTypes.slice(0, 5), key);
  const data = key.key;
  const inner = object(data);
  if (inner) return ofObject(inner, forPublic, mayBeObject);
  if (key.format === 'jwk') return jwkHandle(data, forPublic);
  if (typeof data !== 'string' && !isView(data) && !isBuffer(data)) {
    throw new codes.ERR_INVALID_ARG_TYPE('key.key', mayBeObject ? keyTypes : keyTypes.slice(0, 5), data);
  }
  return encodedHandle(data, forPublic, key, 'options');
}

function createSecretKey(key, encoding) {
  if (typeof key === 'string' && encoding === undefined) encoding = 'utf8';
  if (typeof key !== 'string' && !isView(key) && !isBuffer(key)) throw new codes.ERR_INVALID_ARG_TYPE('key', bufferTypes, key);
  return wrap('secret', binding.secretKey(fromText(key, encoding)));
}

function createPublicKey(key) {
  if (isKeyObject(key) && key.type !== 'private') throw new codes.ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'private');
  return wrap('public', binding.publicOf(keyHandle(key, true)));
}

const createPrivateKey = (key) => wrap('private', keyHandle(key, false, false));

// What natives take as a secret: a handle.
function secretHandle(key, encoding) {
  const own = isKeyObject(key) ? key : cryptoKeyData(key) && KeyObject.from(key);
  if (!own) throw new codes.ERR_INVALID_ARG_TYPE('key', keyTypes, key);
  if (own.type !== 'secret') throw new codes.ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(own.type, 'secret');
  return own[kHandle];
}

// Generation

function pairOf(type, options) {
  validateString(type, 'type');
  let handle;
  switch (type) {
    case 'rsa':
    case 'rsa-pss':
      validateObject(options, 'options');
      validateUint32(options.modulusLength, 'options.modulusLength');
      if (options.publicExponent != null) validateUint32(options.publicExponent, 'options.publicExponent');
      handle = () => binding.generateKey(type, options.modulusLength, options.publicExponent ?? 65537);
      break;
    case 'ec':
      validateObject(options, 'options');
      validateString(options.namedCurve, 'options.namedCurve');
      binding.curvePoint(options.namedCurve, '', false);
      if (!['P-256', 'P-384', 'P-521', 'prime256v1', 'secp256r1', 'secp384r1', 'secp521r1'].includes(options.namedCurve)) {
        throw coded(TypeError, 'ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
      }
      handle = () => binding.generateKey('ec', options.namedCurve);
      break;
    case 'ed25519':
    case 'x25519':
      handle = () => binding.generateKey(type);
      break;
    default:
      throw new codes.ERR_INVALID_ARG_VALUE('type', type, 'must be a supported key type');
  }
  const { publicKeyEncoding, privateKeyEncoding } = options || {};
  for (const [name, value] of Object.entries({ publicKeyEncoding, privateKeyEncoding })) {
    if (value != null && typeof value !== 'object') invalid(`options.${name}`, value);
  }
  return () => {
    const own = handle();
    const publicKey = wrap('public', binding.publicOf(own));
    const privateKey = wrap('private', own);
    return {
      publicKey: publicKeyEncoding == null ? publicKey : exportKey(publicKey, publicKeyEncoding, 'options.publicKeyEncoding'),
      privateKey: privateKeyEncoding == null ? privateKey : exportKey(privateKey, privateKeyEncoding, 'options.privateKeyEncoding'),
    };
  };
}

const generateKeyPairSync = (type, options) => pairOf(type, options)();

function generateKeyPair(type, options, callback) {
  if (typeof options === 'function') [callback, options] = [options, undefined];
  const generate = pairOf(type, options);
  validateFunction(callback, 'callback');
  callLater(generate, (error, pair) => (error ? callback(error) : callback(null, pair.publicKey, pair.privateKey)));
}

function secretOf(type, options) {
  validateString(type, 'type');
  validateObject(options, 'options');
  if (type === 'hmac') validateInt32(options.length, 'options.length', 8, 2147483647);
  else if (type === 'aes') validateOneOf(options.length, 'options.length', [128, 192, 256]);
  else throw new codes.ERR_INVALID_ARG_VALUE('type', type, 'must be a supported key type');
  return () => wrap('secret', binding.generateKey('secret', Math.floor(options.length / 8)));
}

const generateKeySync = (type, options) => secretOf(type, options)();

function generateKey(type, options, callback) {
  const generate = secretOf(type, options);
  validateFunction(callback, 'callback');
  callLater(generate, callback);
}

module.exports = {
  KeyObject, isKeyObject, wrap, keyHandle, secretHandle, createSecretKey, createPublicKey, createPrivateKey,
  generateKeyPair, generateKeyPairSync, generateKey, generateKeySync,
};
