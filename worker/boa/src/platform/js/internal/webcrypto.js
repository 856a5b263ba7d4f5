// Web Crypto: crypto, SubtleCrypto and CryptoKey over the natives of `crypto`.
// Left out: Ed448, X448, and curves other than the NIST ones and 25519.
const { binding, codes, isView, isBuffer } = require('internal/crypto_args');

const HASHES = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];
const FORMATS = ['raw', 'pkcs8', 'spki', 'jwk'];
const rsaSigned = { kind: 'rsa', private: ['sign'], public: ['verify'] };
const ecAgreed = { private: ['deriveKey', 'deriveBits'], public: [] };
const sealing = { kind: 'aes', secret: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'] };
const derived = { kind: 'kdf', secret: ['deriveKey', 'deriveBits'] };
const ALGORITHMS = {
  'RSASSA-PKCS1-v1_5': { ...rsaSigned, jwk: 'RS' },
  'RSA-PSS': { ...rsaSigned, jwk: 'PS' },
  'RSA-OAEP': { kind: 'rsa', private: ['decrypt', 'unwrapKey'], public: ['encrypt', 'wrapKey'], jwk: 'RSA-OAEP' },
  ECDSA: { kind: 'ec', private: ['sign'], public: ['verify'] },
  ECDH: { kind: 'ec', ...ecAgreed },
  Ed25519: { kind: 'okp', private: ['sign'], public: ['verify'] },
  X25519: { kind: 'okp', ...ecAgreed },
  HMAC: { kind: 'hmac', secret: ['sign', 'verify'] },
  'AES-CBC': { ...sealing, jwk: 'CBC' },
  'AES-CTR': { ...sealing, jwk: 'CTR' },
  'AES-GCM': { ...sealing, jwk: 'GCM' },
  'AES-KW': { kind: 'aes', secret: ['wrapKey', 'unwrapKey'], jwk: 'KW' },
  PBKDF2: derived,
  HKDF: derived,
};
// What parameters an operation needs beside the name.
const PARAMETERS = {
  sign: { ECDSA: ['EcdsaParams', 'hash'], 'RSA-PSS': ['RsaPssParams', 'saltLength'] },
  encrypt: { 'AES-GCM': ['AesGcmParams', 'iv'], 'AES-CBC': ['AesCbcParams', 'iv'], 'AES-CTR': ['AesCtrParams', 'counter', 'length'] },
  deriveBits: {
    PBKDF2: ['Pbkdf2Params', 'hash', 'iterations', 'salt'], HKDF: ['HkdfParams', 'hash', 'info', 'salt'],
    ECDH: ['EcdhKeyDeriveParams', 'public'], X25519: ['EcdhKeyDeriveParams', 'public'],
  },
  importKey: {
    HMAC: ['HmacImportParams', 'hash'], ECDSA: ['EcKeyImportParams', 'namedCurve'], ECDH: ['EcKeyImportParams', 'namedCurve'],
    'RSASSA-PKCS1-v1_5': ['RsaHashedImportParams', 'hash'], 'RSA-PSS': ['RsaHashedImportParams', 'hash'], 'RSA-OAEP': ['RsaHashedImportParams', 'hash'],
  },
  generateKey: {
    HMAC: ['HmacKeyGenParams', 'hash'], ECDSA: ['EcKeyGenParams', 'namedCurve'], ECDH: ['EcKeyGenParams', 'namedCurve'],
    'RSASSA-PKCS1-v1_5': ['RsaHashedKeyGenParams', 'hash', 'modulusLength', 'publicExponent'],
    'RSA-PSS': ['RsaHashedKeyGenParams', 'hash', 'modulusLength', 'publicExponent'],
    'RSA-OAEP': ['RsaHashedKeyGenParams', 'hash', 'modulusLength', 'publicExponent'],
    'AES-CBC': ['AesKeyGenParams', 'length'], 'AES-CTR': ['AesKeyGenParams', 'length'], 'AES-GCM': ['AesKeyGenParams', 'length'], 'AES-KW': ['AesKeyGenParams', 'length'],
  },
};
PARAMETERS.verify = PARAMETERS.sign;
PARAMETERS.decrypt = PARAMETERS.encrypt;
const SUPPORTED = {
  digest: Object.keys(HASHES),
  sign: ['RSASSA-PKCS1-v1_5', 'RSA-PSS', 'ECDSA', 'Ed25519', 'HMAC'],
  encrypt: ['RSA-OAEP', 'AES-CBC', 'AES-CTR', 'AES-GCM'],
  deriveBits: ['ECDH', 'X25519', 'PBKDF2', 'HKDF'],
  importKey: Object.keys(ALGORITHMS),
  generateKey: Object.keys(ALGORITHMS).filter((name) => ALGORITHMS[name] !== derived),
  wrapKey: ['AES-KW'],
};
SUPPORTED.verify = SUPPORTED.sign;
SUPPORTED.decrypt = SUPPORTED.encrypt;

function failure(message, name) {
  if (typeof DOMException === 'function') return new DOMException(message, name);
  const error = new Error(message);
  error.name = name;
  return error;
}
const refuse = (message, name) => {
  throw failure(message, name);
};

// Keys

const make = Symbol('make');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

class CryptoKey {
  #data;

  constructor(token, data) {
    if (token !== make) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
    this.#data = data;
  }

  static dataOf(value) {
    return #data in value ? value.#data : undefined;
  }

  get type() {
    return this.#data.type;
  }

  get extractable() {
    return this.#data.extractable;
  }

  get algorithm() {
    return this.#data.algorithm;
  }

  get usages() {
    return this.#data.usages;
  }

  [inspectCustom](depth, options, inspect) {
    const { type, extractable, algorithm, usages } = this;
    return `CryptoKey ${(inspect || require('util').inspect)({ type, extractable, algorithm, usages }, { ...options, depth: depth == null ? null : depth - 1 })}`;
  }
}
const { dataOf } = CryptoKey;
delete CryptoKey.dataOf;
Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { value: 'CryptoKey', configurable: true });
for (const name of ['type', 'extractable', 'algorithm', 'usages']) Object.defineProperty(CryptoKey.prototype, name, { enumerable: true });

const keyOf = (type, handle, algorithm, extractable, usages) => new CryptoKey(make, {
  type, handle, algorithm, extractable: type === 'public' || extractable, usages: [...new Set(usages)],
});

// Arguments

const prefix = (method) => `Failed to execute '${method}' on 'SubtleCrypto': `;
const ordinals = ['1st', '2nd', '3rd', '4th', '5th', '6th', '7th'];

function wrong(Base, code, message) {
  const error = new Base(message);
  error.code = code;
  return error;
}

function needArguments(method, values, count) {
  if (values.length < count) {
    throw wrong(TypeError, 'ERR_MISSING_ARGS', `${prefix(method)}${count} arguments required, but only ${values.length} present.`);
  }
}

function bytesAt(method, values, at) {
  const value = values[at];
  if (!isView(value) && !isBuffer(value)) {
    throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}${ordinals[at]} argument is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
  }
  return isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice() : new Uint8Array(value).slice();
}

function keyAt(method, values, at) {
  const value = values[at];
  const data = value !== null && typeof value === 'object' ? dataOf(value) : undefined;
  if (data === undefined) throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}${ordinals[at]} argument is not of type CryptoKey.`);
  return data;
}

function formatAt(method, values, at) {
  const format = `${values[at]}`;
  if (!FORMATS.includes(format)) {
    throw wrong(TypeError, 'ERR_INVALID_ARG_VALUE', `${prefix(method)}${ordinals[at]} argument value '${format}' is not a valid enum value of type KeyFormat.`);
  }
  return format;
}

function usagesAt(method, values, at) {
  if (values[at] === null || typeof values[at] !== 'object' || typeof values[at][Symbol.iterator] !== 'function') {
    throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', `${prefix(method)}${ordinals[at]} argument can not be converted to sequence.`);
  }
  const usages = [...values[at]].map((usage) => `${usage}`);
  const bad = usages.findIndex((usage) => !USAGES.includes(usage));
  if (bad !== -1) {
    throw wrong(TypeError, 'ERR_INVALID_ARG_VALUE', `${prefix(method)}${ordinals[at]} argument, index ${bad} value '${usages[bad]}' is not a valid enum value of type KeyUsage.`);
  }
  return usages;
}

const canonical = (name, names) => names.find((known) => known.toLowerCase() === name.toLowerCase());

// The algorithm of a name or an object, for an operation: its name and hash in their own spelling.
function normalize(algorithm, operation) {
  const given = typeof algorithm === 'object' && algorithm !== null ? algorithm : { name: `${algorithm}` };
  if (given.name === undefined) {
    throw wrong(TypeError, 'ERR_MISSING_OPTION', "Failed to normalize algorithm: passed algorithm can not be converted to 'Algorithm' because 'name' is required in 'Algorithm'.");
  }
  const name = canonical(`${given.name}`, SUPPORTED[operation]);
  if (name === undefined) refuse('Unrecognized algorithm name', 'NotSupportedError');
  const [dictionary, ...needed] = PARAMETERS[operation]?.[name] || [];
  const result = { ...given, name };
  for (const member of needed) {
    if (given[member] === undefined) {
      throw wrong(TypeError, 'ERR_MISSING_OPTION',
        `Failed to normalize algorithm: passed algorithm can not be converted to '${dictionary}' because '${member}' is required in '${dictionary}'.`);
    }
    result[member] = given[member];
  }
  for (const member of ['iv', 'counter', 'salt', 'info', 'additionalData', 'label', 'tagLength', 'length', 'saltLength']) {
    if (given[member] !== undefined) result[member] = given[member];
  }
  if (needed.includes('hash')) result.hash = { name: normalize(given.hash, 'digest').name };
  return result;
}

const hashName = (algorithm) => HASHES[algorithm.hash.name];

function checkUse(key, algorithm, usage) {
  if (key.algorithm.name !== algorithm.name) refuse('Key algorithm mismatch', 'InvalidAccessError');
  if (!key.usages.includes(usage)) refuse(`Unable to use this key to ${usage}`, 'InvalidAccessError');
}

function checkUsages(kinds, type, usages, name) {
  if (usages.some((usage) => !kinds[type].includes(usage))) refuse(`Unsupported key usage for ${/^[AEHRX]/.test(name) && name !== 'X25519' ? 'an' : 'a'} ${name} key`, 'SyntaxError');
}

const run = (compute) => {
  try {
    return compute();
  } catch (error) {
    throw Object.assign(failure('The operation failed for an operation-specific reason', 'OperationError'), { cause: error });
  }
};

// Signatures

const saltLength = (algorithm) => (algorithm.name === 'RSA-PSS' ? algorithm.saltLength : undefined);

function schemeOf(key, algorithm) {
  if (algorithm.name === 'Ed25519') return [undefined, false];
  const hash = hashName(algorithm.name === 'ECDSA' ? algorithm : key.algorithm);
  return [hash, false, algorithm.name === 'RSA-PSS' ? 6 : undefined, saltLength(algorithm), true];
}

function signed(key, algorithm, data) {
  if (algorithm.name === 'HMAC') {
    const mac = binding.hmacNew(hashName(key.algorithm), key.handle);
    binding.digestUpdate(mac, data);
    return binding.digestFinish(mac);
  }
  if (key.type !== 'private') refuse('Key must be a private key', 'InvalidAccessError');
  return run(() => binding.sign(key.handle, data, ...schemeOf(key, algorithm)));
}

function verified(key, algorithm, signature, data) {
  if (algorithm.name === 'HMAC') {
    const expected = signed(key, algorithm, data);
    return expected.byteLength === signature.byteLength && binding.equal(expected, signature);
  }
  if (key.type !== 'public') refuse('Key must be a public key', 'InvalidAccessError');
  return run(() => binding.verify(key.handle, data, signature, ...schemeOf(key, algorithm)));
}

// Encryption

function crypt(encrypt, key, algorithm, data) {
  const { name } = algorithm;
  if (name === 'RSA-OAEP') {
    if (key.type !== (encrypt ? 'public' : 'private')) refuse(`Key must be a ${encrypt ? 'public' : 'private'} key`, 'InvalidAccessError');
    return run(() => binding.rsa(key.handle, data, encrypt ? 'publicEncrypt' : 'privateDecrypt', 4, hashName(key.algorithm), algorithm.label));
  }
  if (name === 'AES-KW') return run(() => binding.keyWrap(key.handle, data, encrypt));
  const bits = key.algorithm.length;
  if (name === 'AES-GCM') return gcm(encrypt, key, algorithm, data, bits);
  const iv = name === 'AES-CBC' ? algorithm.iv : algorithm.counter;
  if (iv.byteLength !== 16) refuse(name === 'AES-CBC' ? 'algorithm.iv must contain exactly 16 bytes' : 'algorithm.counter must contain exactly 16 bytes', 'OperationError');
  if (name === 'AES-CTR' && !(algorithm.length >= 1 && algorithm.length <= 128)) refuse('AES-CTR algorithm.length must be between 1 and 128', 'OperationError');
  return run(() => {
    const cipher = binding.cipherNew(`aes-${bits}-${name.slice(4).toLowerCase()}`, key.handle, iv, encrypt);
    return joined(binding.cipherUpdate(cipher, data), binding.cipherFinal(cipher));
  });
}

function gcm(encrypt, key, { iv, tagLength = 128, additionalData }, data, bits) {
  if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength)) refuse(`${tagLength} is not a valid AES-GCM tag length`, 'OperationError');
  const size = tagLength / 8;
  if (!encrypt && data.byteLength < size) refuse('The provided data is too small.', 'OperationError');
  return run(() => {
    const cipher = binding.cipherNew(`aes-${bits}-gcm`, key.handle, iv, encrypt, size);
    if (additionalData !== undefined) binding.cipherAad(cipher, additionalData);
    const end = encrypt ? data.byteLength : data.byteLength - size;
    const output = binding.cipherUpdate(cipher, data.subarray(0, end));
    if (!encrypt) binding.cipherSetTag(cipher, data.subarray(end));
    binding.cipherFinal(cipher);
    return encrypt ? joined(output, binding.cipherTag(cipher)) : output;
  });
}

function joined(left, right) {
  if (right.length === 0) return left;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

// Import and export

const fromBase64 = (text) => binding.keyBytes(binding.jwkKey({ kty: 'oct', k: text }));

function jwkChecked(jwk, kind, type, algorithm, usages, extractable) {
  if (jwk === null || typeof jwk !== 'object') refuse('Invalid keyData', 'DataError');
  if (jwk.kty !== { rsa: 'RSA', ec: 'EC', okp: 'OKP' }[kind] && !(type === 'secret' && jwk.kty === 'oct')) refuse('Invalid JWK "kty" Parameter', 'DataError');
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== (['sign', 'verify'].some((u) => ALGORITHMS[algorithm.name][type].includes(u)) ? 'sig' : 'enc')) {
    refuse('Invalid JWK "use" Parameter', 'DataError');
  }
  if (jwk.key_ops !== undefined && (!Array.isArray(jwk.key_ops) || usages.some((usage) => !jwk.key_ops.includes(usage)))) {
    refuse(Array.isArray(jwk.key_ops) ? 'Key operations and usage mismatch' : 'Invalid JWK "key_ops" Parameter', 'DataError');
  }
  if (jwk.ext === false && extractable) refuse('JWK "ext" Parameter and extractable mismatch', 'DataError');
  if ((kind === 'ec' || kind === 'okp') && jwk.crv !== (algorithm.namedCurve || algorithm.name)) refuse('JWK "crv" does not match the requested algorithm', 'DataError');
  if (jwk.alg !== undefined && jwkAlg(algorithm, kind) !== undefined && jwk.alg !== jwkAlg(algorithm, kind) && kind !== 'ec') {
    refuse('JWK "alg" does not match the requested algorithm', 'DataError');
  }
}

function jwkAlg(algorithm, kind) {
  const bits = algorithm.hash?.name.slice(4);
  if (kind === 'hmac') return `HS${bits}`;
  if (kind === 'aes') return `A${algorithm.length}${ALGORITHMS[algorithm.name].jwk}`;
  if (algorithm.name === 'RSA-OAEP') return bits === '1' ? 'RSA-OAEP' : `RSA-OAEP-${bits}`;
  if (algorithm.name === 'Ed25519') return 'Ed25519';
  if (kind === 'rsa') return `${ALGORITHMS[algorithm.name].jwk}${bits}`;
  return undefined;
}

function importSecret(format, data, algorithm, extractable, usages) {
  const { name } = algorithm;
  const kinds = ALGORITHMS[name];
  if (kinds.kind === 'kdf' && extractable) refuse(`${name} keys are not extractable`, 'SyntaxError');
  checkUsages(kinds, 'secret', usages, name);
  if (format !== 'raw' && (format !== 'jwk' || kinds.kind === 'kdf')) refuse(`Unable to import ${name} key with format ${format}`, 'NotSupportedError');
  let bytes = data;
  const own = { name };
  if (kinds.kind === 'hmac') own.hash = algorithm.hash;
  if (format === 'jwk') {
    if (data === null || typeof data !== 'object') refuse('Invalid keyData', 'DataError');
    if (data.kty !== 'oct') refuse('Invalid JWK "kty" Parameter', 'DataError');
    bytes = run(() => fromBase64(data.k));
  }
  const bits = bytes.byteLength * 8;
  if (kinds.kind === 'aes') {
    if (![128, 192, 256].includes(bits)) refuse('Invalid key length', 'DataError');
    own.length = bits;
  } else if (kinds.kind === 'hmac') {
    if (bits === 0) refuse('Zero-length key is not supported', 'DataError');
    if (algorithm.length !== undefined && algorithm.length !== bits) refuse('Invalid key length', 'DataError');
    own.length = bits;
  }
  if (format === 'jwk') jwkChecked(data, kinds.kind, 'secret', own, usages, extractable);
  return keyOf('secret', binding.secretKey(bytes), own, extractable, usages);
}

function importAsymmetric(format, data, algorithm, extractable, usages) {
  const { name, namedCurve } = algorithm;
  const kinds = ALGORITHMS[name];
  if (kinds.kind === 'ec' && CURVES[namedCurve] === undefined) refuse('Unrecognized namedCurve', 'NotSupportedError');
  let type = format === 'pkcs8' ? 'private' : 'public';
  if (format === 'jwk') {
    if (data === null || typeof data !== 'object') refuse('Invalid keyData', 'DataError');
    type = data.d === undefined ? 'public' : 'private';
  }
  checkUsages(kinds, type, usages, name);
  let handle;
  try {
    if (format === 'raw') {
      if (kinds.kind === 'rsa') refuse(`Unable to import ${name} key with format raw`, 'NotSupportedError');
      if (kinds.kind === 'okp' && data.byteLength !== 32) refuse(`${name} raw keys must be exactly 32-bytes`, 'DataError');
      handle = binding.rawKey(kinds.kind === 'ec' ? namedCurve : name, data, false);
      if (handle === undefined) refuse('Invalid keyData', 'DataError');
    } else if (format === 'jwk') {
      jwkChecked(data, kinds.kind, type, algorithm, usages, extractable);
      handle = binding.jwkKey(data);
    } else {
      handle = binding.parseKey(data, type === 'private', 'der', format);
    }
  } catch (error) {
    if (error.name === 'DataError' || error.name === 'NotSupportedError') throw error;
    throw Object.assign(failure('Invalid keyData', 'DataError'), { cause: error });
  }
  const info = binding.keyInfo(handle);
  if (info.type !== (kinds.kind === 'okp' ? name.toLowerCase() : kinds.kind)) refuse('Invalid key type', 'DataError');
  if (kinds.kind === 'ec' && info.details.namedCurve !== CURVES[namedCurve]) refuse('Named curve mismatch', 'DataError');
  return keyOf(type, handle, described(name, algorithm, info), extractable, usages);
}

function described(name, algorithm, info) {
  if (ALGORITHMS[name].kind === 'ec') return { name, namedCurve: algorithm.namedCurve };
  if (ALGORITHMS[name].kind === 'okp') return { name };
  const exponent = [];
  for (let rest = info.details.publicExponent; rest > 0n; rest >>= 8n) exponent.unshift(Number(rest & 255n));
  return { name, modulusLength: info.details.modulusLength, publicExponent: new Uint8Array(exponent), hash: algorithm.hash };
}

function importKey(format, data, algorithm, extractable, usages) {
  const secret = ALGORITHMS[algorithm.name].secret !== undefined;
  const key = (secret ? importSecret : importAsymmetric)(format, data, algorithm, extractable, usages);
  if (key.type !== 'public' && usages.length === 0) refuse(`Usages cannot be empty when importing a ${key.type} key.`, 'SyntaxError');
  return key;
}

function exportKey(format, key) {
  if (!key.extractable) refuse('key is not extractable', 'InvalidAccessException');
  const { name } = key.algorithm;
  const { kind } = ALGORITHMS[name];
  const unable = () => refuse(`Unable to export a raw ${name} ${key.type} key`, 'InvalidAccessError');
  if (format === 'jwk') {
    const alg = jwkAlg(key.algorithm, kind);
    const jwk = { key_ops: key.usages, ext: key.extractable, ...binding.exportJwk(key.handle) };
    if (alg !== undefined) jwk.alg = alg;
    return jwk;
  }
  if (format === 'raw') {
    if (key.type === 'secret') return binding.keyBytes(key.handle).buffer;
    if (key.type === 'private' || kind === 'rsa') unable();
    return binding.keyRaw(key.handle).buffer;
  }
  if (key.type !== (format === 'spki' ? 'public' : 'private')) unable();
  return binding.exportKey(key.handle, 'der', format).buffer;
}

// Generation and derivation

function generated(algorithm, extractable, usages) {
  const { name } = algorithm;
  const kinds = ALGORITHMS[name];
  if (kinds.secret !== undefined) {
    checkUsages(kinds, 'secret', usages, name);
    if (usages.length === 0) refuse('Usages cannot be empty when creating a key.', 'SyntaxError');
    const length = secretLength(algorithm);
    const own = kinds.kind === 'hmac' ? { name, length, hash: algorithm.hash } : { name, length };
    return keyOf('secret', binding.generateKey('secret', Math.ceil(length / 8)), own, extractable, usages);
  }
  const all = [...kinds.private, ...kinds.public];
  if (usages.some((usage) => !all.includes(usage))) checkUsages({ all }, 'all', usages, name);
  const of = (type) => usages.filter((usage) => kinds[type].includes(usage));
  if (kinds.kind === 'ec' && CURVES[algorithm.namedCurve] === undefined) refuse('Unrecognized namedCurve', 'NotSupportedError');
  if (of('private').length === 0) refuse('Usages cannot be empty when creating a key.', 'SyntaxError');
  const exponent = () => algorithm.publicExponent.reduce((value, byte) => value * 256 + byte, 0);
  const handle = run(() => (kinds.kind === 'rsa' ? binding.generateKey('rsa', algorithm.modulusLength, exponent())
    : kinds.kind === 'ec' ? binding.generateKey('ec', algorithm.namedCurve) : binding.generateKey(name)));
  const own = described(name, algorithm, binding.keyInfo(handle));
  return {
    __proto__: null,
    publicKey: keyOf('public', binding.publicOf(handle), own, true, of('public')),
    privateKey: keyOf('private', handle, own, extractable, of('private')),
  };
}

function secretLength(algorithm) {
  const { name, length } = algorithm;
  if (ALGORITHMS[name].kind === 'kdf') return null;
  if (name === 'HMAC') {
    if (length === undefined) return algorithm.hash.name === 'SHA-1' || algorithm.hash.name === 'SHA-256' ? 512 : 1024;
    if (length === 0) refuse('Zero-length key is not supported', 'OperationError');
    return length;
  }
  if (![128, 192, 256].includes(length)) refuse('AES key length must be 128, 192, or 256 bits', 'OperationError');
  return length;
}

function bitsOf(algorithm, key, length) {
  const { name } = algorithm;
  if (ALGORITHMS[name].kind === 'kdf') {
    if (length === null || length === undefined) refuse('length cannot be null', 'OperationError');
    if (length % 8 !== 0) refuse('length must be a multiple of 8', 'OperationError');
    const bytes = binding.keyBytes(key.handle);
    const digest = hashName(algorithm);
    if (name === 'HKDF') return run(() => binding.hkdf(digest, key.handle, algorithm.salt, algorithm.info, length / 8));
    if (algorithm.iterations === 0) refuse('iterations cannot be zero', 'OperationError');
    return run(() => binding.pbkdf2(bytes, algorithm.salt, algorithm.iterations, length / 8, digest));
  }
  const other = algorithm.public !== null && typeof algorithm.public === 'object' ? dataOf(algorithm.public) : undefined;
  if (other === undefined || other.type !== 'public') refuse('algorithm.public must be a public key', 'InvalidAccessError');
  if (key.type !== 'private') refuse('baseKey must be a private key', 'InvalidAccessError');
  if (other.algorithm.name !== name) refuse('key algorithm mismatch', 'InvalidAccessError');
  if (other.algorithm.namedCurve !== key.algorithm.namedCurve) refuse('Named curve mismatch', 'InvalidAccessError');
  const bits = run(() => binding.agree(key.handle, other.handle));
  if (length === null || length === undefined) return bits;
  if (bits.byteLength * 8 < length) refuse('derived bit length is too small', 'OperationError');
  const cut = bits.slice(0, Math.ceil(length / 8));
  if (length % 8 !== 0) cut[cut.length - 1] &= 0xff << (8 - (length % 8));
  return cut;
}

function derive(algorithm, key, usage, length) {
  if (key.algorithm.name !== algorithm.name) refuse('Key algorithm mismatch', 'InvalidAccessError');
  if (!key.usages.includes(usage)) refuse(`baseKey does not have ${usage} usage`, 'InvalidAccessError');
  return bitsOf(algorithm, key, length);
}

class SubtleCrypto {
  constructor(token) {
    if (token !== make) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
  }

  async encrypt(...values) {
    return this.#crypt('encrypt', values).buffer;
  }

  async decrypt(...values) {
    return this.#crypt('decrypt', values).buffer;
  }

  async sign(...values) {
    needArguments('sign', values, 3);
    const key = keyAt('sign', values, 1);
    const data = bytesAt('sign', values, 2);
    const algorithm = normalize(values[0], 'sign');
    checkUse(key, algorithm, 'sign');
    return signed(key, algorithm, data).buffer;
  }

  async verify(...values) {
    needArguments('verify', values, 4);
    const key = keyAt('verify', values, 1);
    const signature = bytesAt('verify', values, 2);
    const data = bytesAt('verify', values, 3);
    const algorithm = normalize(values[0], 'verify');
    checkUse(key, algorithm, 'verify');
    return verified(key, algorithm, signature, data);
  }

  async digest(...values) {
    needArguments('digest', values, 2);
    const data = bytesAt('digest', values, 1);
    return binding.hashOnce(HASHES[normalize(values[0], 'digest').name], data).buffer;
  }

  async generateKey(...values) {
    needArguments('generateKey', values, 3);
    const usages = usagesAt('generateKey', values, 2);
    return generated(normalize(values[0], 'generateKey'), !!values[1], usages);
  }

  async deriveKey(...values) {
    needArguments('deriveKey', values, 5);
    const key = keyAt('deriveKey', values, 1);
    const usages = usagesAt('deriveKey', values, 4);
    const algorithm = normalize(values[0], 'deriveBits');
    const imported = normalize(values[2], 'importKey');
    const bits = derive(algorithm, key, 'deriveKey', secretLength(imported));
    return importKey('raw', bits, imported, !!values[3], usages);
  }

  async deriveBits(...values) {
    needArguments('deriveBits', values, 3);
    const key = keyAt('deriveBits', values, 1);
    return derive(normalize(values[0], 'deriveBits'), key, 'deriveBits', values[2]).buffer;
  }

  async importKey(...values) {
    needArguments('importKey', values, 5);
    const format = formatAt('importKey', values, 0);
    const data = format === 'jwk' ? values[1] : bytesAt('importKey', values, 1);
    const usages = usagesAt('importKey', values, 4);
    return importKey(format, data, normalize(values[2], 'importKey'), !!values[3], usages);
  }

  async exportKey(...values) {
    needArguments('exportKey', values, 2);
    return exportKey(formatAt('exportKey', values, 0), keyAt('exportKey', values, 1));
  }

  async wrapKey(...values) {
    needArguments('wrapKey', values, 4);
    const format = formatAt('wrapKey', values, 0);
    const key = keyAt('wrapKey', values, 1);
    const wrapping = keyAt('wrapKey', values, 2);
    const algorithm = wrapAlgorithm(values[3], 'encrypt');
    if (wrapping.algorithm.name !== algorithm.name) refuse('Key algorithm mismatch', 'InvalidAccessError');
    if (!wrapping.usages.includes('wrapKey')) refuse('Unable to use this key to wrapKey', 'InvalidAccessError');
    let data = exportKey(format, key);
    if (format === 'jwk') {
      let text = JSON.stringify(data);
      if (algorithm.name === 'AES-KW') text += ' '.repeat((8 - (text.length % 8)) % 8);
      data = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    }
    return crypt(true, wrapping, algorithm, new Uint8Array(data)).buffer;
  }

  async unwrapKey(...values) {
    needArguments('unwrapKey', values, 7);
    const format = formatAt('unwrapKey', values, 0);
    const wrapped = bytesAt('unwrapKey', values, 1);
    const wrapping = keyAt('unwrapKey', values, 2);
    const usages = usagesAt('unwrapKey', values, 6);
    const algorithm = wrapAlgorithm(values[3], 'decrypt');
    const imported = normalize(values[4], 'importKey');
    if (wrapping.algorithm.name !== algorithm.name) refuse('Key algorithm mismatch', 'InvalidAccessError');
    if (!wrapping.usages.includes('unwrapKey')) refuse('Unable to use this key to unwrapKey', 'InvalidAccessError');
    let data = crypt(false, wrapping, algorithm, wrapped);
    if (format === 'jwk') {
      try {
        data = JSON.parse(String.fromCharCode(...data));
      } catch {
        refuse('Invalid wrapped JWK key', 'DataError');
      }
    }
    return importKey(format, data, imported, !!values[5], usages);
  }

  #crypt(usage, values) {
    needArguments(usage, values, 3);
    const key = keyAt(usage, values, 1);
    const data = bytesAt(usage, values, 2);
    const algorithm = normalize(values[0], usage);
    if (key.algorithm.name !== algorithm.name || !key.usages.includes(usage)) {
      refuse('The requested operation is not valid for the provided key', 'InvalidAccessError');
    }
    return crypt(usage === 'encrypt', key, algorithm, data);
  }
}

function wrapAlgorithm(algorithm, operation) {
  const name = typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm;
  return normalize(algorithm, `${name}`.toLowerCase() === 'aes-kw' ? 'wrapKey' : operation);
}

const integerArrays = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'];
const kindOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

class Crypto {
  #subtle;

  constructor(token) {
    if (token !== make) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
  }

  get subtle() {
    return (this.#subtle ??= new SubtleCrypto(make));
  }

  getRandomValues(array) {
    if (!(#subtle in this)) throw new codes.ERR_INVALID_THIS('Crypto');
    if (arguments.length < 1) throw wrong(TypeError, 'ERR_MISSING_ARGS', "Failed to execute 'getRandomValues' on 'Crypto': 1 argument required, but only 0 present.");
    return getRandomValues(array);
  }

  randomUUID() {
    return binding.uuid();
  }
}

function getRandomValues(array) {
  const kind = isView(array) ? kindOf.call(array) : undefined;
  if (!integerArrays.includes(kind)) refuse('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
  if (array.byteLength > 65536) refuse('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
  binding.fill(array, 0, array.byteLength);
  return array;
}

for (const Class of [Crypto, SubtleCrypto]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
  for (const name of Object.getOwnPropertyNames(Class.prototype)) {
    if (name !== 'constructor') Object.defineProperty(Class.prototype, name, { enumerable: true });
  }
}

module.exports = { crypto: new Crypto(make), Crypto, SubtleCrypto, CryptoKey, dataOf, getRandomValues };
