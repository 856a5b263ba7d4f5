// `crypto`: digests, HMAC, randomness and key derivation. Ciphers, keys, signatures, key agreement,
// certificates and Web Crypto are internal modules, loaded when they are first used.
// Left out: DSA, finite-field Diffie-Hellman, prime numbers, engines, SPKAC.
const { binding, kHandle, codes, coded, getBuffer, isView, isBuffer, viewOrText, bytes, toBuffer, encoded, callLater, streamLazily } =
  require('internal/crypto_args');
const { validateString, validateFunction, validateInteger, validateInt32, validateUint32, validateObject, validateBoolean } =
  require('internal/validators');

const nativeEncodings = { __proto__: null, hex: 'hex', base64: 'base64', base64url: 'base64url' };
const MAX = 2147483647;

function finish(handle, encoding) {
  if (encoding === undefined || encoding === 'buffer') return toBuffer(binding.digestFinish(handle));
  const known = nativeEncodings[encoding];
  return known ? binding.digestFinish(handle, known) : encoded(binding.digestFinish(handle), `${encoding}`);
}

class Hash {
  constructor(algorithm, options) {
    const length = typeof options === 'object' && options !== null ? options.outputLength : undefined;
    if (algorithm instanceof Hash) {
      this[kHandle] = binding.digestCopy(algorithm[kHandle], length);
    } else {
      validateString(algorithm, 'algorithm');
      if (length !== undefined) validateUint32(length, 'options.outputLength');
      this[kHandle] = binding.hashNew(algorithm, length);
    }
    this._options = options;
  }

  copy(options) {
    if (this[kHandle] === null) throw new codes.ERR_CRYPTO_HASH_FINALIZED();
    return new Hash(this, options);
  }

  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  _flush(callback) {
    this.push(this.digest());
    callback();
  }

  update(data, encoding) {
    const input = viewOrText(data, 'data', encoding);
    if (this[kHandle] === null) throw new codes.ERR_CRYPTO_HASH_FINALIZED();
    binding.digestUpdate(this[kHandle], input);
    return this;
  }

  digest(encoding) {
    const handle = this[kHandle];
    if (handle === null) throw new codes.ERR_CRYPTO_HASH_FINALIZED();
    this[kHandle] = null;
    return finish(handle, encoding);
  }
}

class Hmac {
  constructor(hmac, key, options) {
    validateString(hmac, 'hmac');
    const secret = secretOf(key, options && options.encoding);
    if (!binding.isDigest(hmac)) throw new codes.ERR_CRYPTO_INVALID_DIGEST(hmac);
    this[kHandle] = binding.hmacNew(hmac, secret);
    this._options = options;
  }

  update(data, encoding) {
    const input = viewOrText(data, 'data', encoding);
    if (this[kHandle] === null) throw new codes.ERR_CRYPTO_HASH_FINALIZED();
    binding.digestUpdate(this[kHandle], input);
    return this;
  }

  digest(encoding) {
    const handle = this[kHandle];
    if (handle === null) return encoding && encoding !== 'buffer' ? '' : getBuffer().alloc(0);
    this[kHandle] = null;
    return finish(handle, encoding);
  }
}
Hmac.prototype._flush = Hash.prototype._flush;
Hmac.prototype._transform = Hash.prototype._transform;
streamLazily(Hash, 'Transform');
streamLazily(Hmac, 'Transform');

// What natives take as a secret: bytes, a text, or a key's handle.
function secretOf(key, encoding) {
  if (typeof key === 'string' || isView(key) || isBuffer(key)) return bytes(key, 'key', encoding);
  return require('internal/crypto_keys').secretHandle(key, encoding);
}

const createHash = (algorithm, options) => new Hash(algorithm, options);
const createHmac = (hmac, key, options) => new Hmac(hmac, key, options);

function hash(algorithm, input, outputEncoding = 'hex') {
  validateString(algorithm, 'algorithm');
  viewOrText(input, 'input');
  validateString(outputEncoding, 'outputEncoding');
  const name = outputEncoding.toLowerCase();
  if (name !== 'buffer' && !getBuffer().isEncoding(name)) throw new codes.ERR_INVALID_ARG_VALUE('outputEncoding', outputEncoding);
  let digest;
  try {
    digest = binding.hashOnce(algorithm, input, nativeEncodings[name]);
  } catch (error) {
    if (error.code !== undefined) throw error;
    throw new Error(`Digest method ${algorithm} is not supported`);
  }
  return typeof digest === 'string' ? digest : encoded(digest, name);
}

// Randomness

const outOfRange = (name, range, value) => {
  throw new codes.ERR_OUT_OF_RANGE(name, range, value);
};

function checkSize(size, length) {
  if (typeof size !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('size', 'number', size);
  if (!(size >= 0 && size <= length)) outOfRange('size', `>= 0 && <= ${length}`, size);
}

function randomBytes(size, callback) {
  checkSize(size, MAX);
  if (callback !== undefined) validateFunction(callback, 'callback');
  const buffer = getBuffer().alloc(Math.floor(size));
  if (callback === undefined) return binding.fill(buffer, 0, buffer.length);
  callLater(() => binding.fill(buffer, 0, buffer.length), callback);
  return undefined;
}

function fillRange(buffer, offset, size) {
  if (!isView(buffer) && !isBuffer(buffer)) {
    throw new codes.ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], buffer);
  }
  const unit = buffer.BYTES_PER_ELEMENT || 1;
  const length = buffer.byteLength;
  if (typeof offset !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  if (!(offset * unit >= 0 && offset * unit <= length)) outOfRange('offset', `>= 0 && <= ${length}`, offset * unit);
  if (size === undefined) return [offset * unit, length - offset * unit];
  if (typeof size !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('size', 'number', size);
  size *= unit;
  if (!(size >= 0 && size <= MAX)) outOfRange('size', `>= 0 && <= ${MAX}`, size);
  if (size + offset * unit > length) outOfRange('size + offset', `<= ${length}`, size + offset * unit);
  return [offset * unit, size];
}

function randomFillSync(buffer, offset = 0, size = undefined) {
  const [from, count] = fillRange(buffer, offset, size);
  return binding.fill(buffer, from, count);
}

function randomFill(buffer, offset, size, callback) {
  if (typeof offset === 'function') [callback, offset, size] = [offset, 0, undefined];
  else if (typeof size === 'function') [callback, size] = [size, undefined];
  else validateFunction(callback, 'callback');
  const [from, count] = fillRange(buffer, offset, size);
  callLater(() => binding.fill(buffer, from, count), callback);
}

const RANGE = 281474976710655;

function randomInt(min, max, callback) {
  const minGiven = !(max === undefined || typeof max === 'function');
  if (!minGiven) [callback, max, min] = [max, min, 0];
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (!Number.isSafeInteger(min)) throw new codes.ERR_INVALID_ARG_TYPE('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw new codes.ERR_INVALID_ARG_TYPE('max', 'a safe integer', max);
  if (max <= min) outOfRange('max', `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (!(range <= RANGE)) outOfRange(minGiven ? 'max - min' : 'max', `<= ${RANGE}`, range);
  const draw = () => {
    const limit = RANGE - (RANGE % range);
    const array = new Uint8Array(6);
    for (;;) {
      binding.fill(array, 0, 6);
      const number = array.reduce((all, byte) => all * 256 + byte, 0);
      if (number < limit) return (number % range) + min;
    }
  };
  if (callback === undefined) return draw();
  callLater(draw, callback);
  return undefined;
}

function randomUUID(options) {
  if (options !== undefined) validateObject(options, 'options');
  if (options?.disableEntropyCache !== undefined) validateBoolean(options.disableEntropyCache, 'options.disableEntropyCache');
  return binding.uuid();
}

function timingSafeEqual(left, right) {
  for (const [name, value] of [['buf1', left], ['buf2', right]]) {
    if (!isView(value) && !isBuffer(value)) {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
    }
  }
  if (left.byteLength !== right.byteLength) throw new codes.ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH();
  return binding.equal(left, right);
}

// Key derivation

function pbkdf2Of(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  password = bytes(password, 'password');
  salt = bytes(salt, 'salt');
  validateInt32(iterations, 'iterations', 1);
  validateInt32(keylen, 'keylen', 0);
  if (!binding.isDigest(digest)) throw new codes.ERR_CRYPTO_INVALID_DIGEST(digest);
  return () => toBuffer(binding.pbkdf2(password, salt, iterations, keylen, digest));
}

const pbkdf2Sync = (password, salt, iterations, keylen, digest) => pbkdf2Of(password, salt, iterations, keylen, digest)();

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') [callback, digest] = [digest, undefined];
  const derive = pbkdf2Of(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  callLater(derive, callback);
}

function scryptOf(password, salt, keylen, options) {
  password = bytes(password, 'password');
  salt = bytes(salt, 'salt');
  validateInt32(keylen, 'keylen', 0);
  const values = { N: 16384, r: 8, p: 1, maxmem: 33554432 };
  if (options && options !== values) {
    for (const [short, long] of [['N', 'cost'], ['r', 'blockSize'], ['p', 'parallelization']]) {
      if (options[short] !== undefined) {
        validateUint32(options[short], short);
        values[short] = options[short];
      }
      if (options[long] !== undefined) {
        if (options[short] !== undefined) throw new codes.ERR_CRYPTO_SCRYPT_INVALID_PARAMETER();
        validateUint32(options[long], long);
        values[short] = options[long];
      }
    }
    if (options.maxmem !== undefined) {
      validateInteger(options.maxmem, 'maxmem', 0);
      values.maxmem = options.maxmem;
    }
    values.N ||= 16384;
    values.r ||= 8;
    values.p ||= 1;
    values.maxmem ||= 33554432;
  }
  // Costs that cannot be are refused at once, whichever way the result would come.
  binding.scrypt('', '', values.N, values.r, values.p, values.maxmem, 0);
  return () => toBuffer(binding.scrypt(password, salt, values.N, values.r, values.p, values.maxmem, keylen));
}

const scryptSync = (password, salt, keylen, options) => scryptOf(password, salt, keylen, options)();

function scrypt(password, salt, keylen, options, callback) {
  if (callback === undefined) [callback, options] = [options, undefined];
  const derive = scryptOf(password, salt, keylen, options);
  validateFunction(callback, 'callback');
  callLater(derive, callback);
}

function hkdfOf(digest, key, salt, info, length) {
  validateString(digest, 'digest');
  if (typeof key !== 'string' && typeof key !== 'object') {
    throw new codes.ERR_INVALID_ARG_TYPE('ikm', ['string', 'SecretKeyObject', 'ArrayBuffer', 'TypedArray', 'DataView', 'Buffer'], key);
  }
  const secret = secretOf(key);
  salt = bytes(salt, 'salt');
  info = bytes(info, 'info');
  validateInteger(length, 'length', 0, MAX);
  const size = typeof info === 'string' ? info.length : info.byteLength;
  if (size > 1024) outOfRange('info', 'must not contain more than 1024 bytes', size);
  if (!binding.isDigest(digest)) throw new codes.ERR_CRYPTO_INVALID_DIGEST(digest);
  // Too long a key is refused at once.
  const derived = binding.hkdf(digest, secret, salt, info, length).buffer;
  return () => derived;
}

const hkdfSync = (digest, key, salt, info, length) => hkdfOf(digest, key, salt, info, length)();

function hkdf(digest, key, salt, info, length, callback) {
  const derive = hkdfOf(digest, key, salt, info, length);
  validateFunction(callback, 'callback');
  callLater(derive, callback);
}

// Names

const digests = ['md5', 'ripemd160', 'sha1', 'sha224', 'sha256', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'sha384', 'sha512', 'sha512-224', 'sha512-256'];
const getHashes = () => ['RSA-MD5', 'RSA-RIPEMD160', 'RSA-SHA1', 'RSA-SHA1-2', 'RSA-SHA224', 'RSA-SHA256', 'RSA-SHA3-224', 'RSA-SHA3-256', 'RSA-SHA3-384',
  'RSA-SHA3-512', 'RSA-SHA384', 'RSA-SHA512', 'RSA-SHA512/224', 'RSA-SHA512/256', ...digests, 'shake128', 'shake256'];
const getCurves = () => ['prime256v1', 'secp384r1', 'secp521r1'];
const getCiphers = () => ['cbc', 'ctr', 'ecb', 'gcm'].flatMap((mode) => [128, 192, 256].map((bits) => `aes-${bits}-${mode}`))
  .concat(['aes128', 'aes128-wrap', 'aes192', 'aes192-wrap', 'aes256', 'aes256-wrap', 'id-aes128-GCM', 'id-aes192-GCM', 'id-aes256-GCM']).sort();

function unavailable(name) {
  return { [name]() {
    throw new codes.ERR_BRINK_UNAVAILABLE(`crypto.${name}`);
  } }[name];
}

// Functions of other modules, loaded by their first call; classes, by the first look.
const CIPHER = 'internal/crypto_cipher';
const KEYS = 'internal/crypto_keys';
const SIGN = 'internal/crypto_sign';
const ECDH = 'internal/crypto_ecdh';
const X509 = 'internal/crypto_x509';
const WEB = 'internal/webcrypto';

function lazyFunction(name, from) {
  return { [name](...values) {
    return require(from)[name](...values);
  } }[name];
}

const members = {
  checkPrime: null, checkPrimeSync: null, createCipheriv: CIPHER, createDecipheriv: CIPHER, createDiffieHellman: null, createDiffieHellmanGroup: null,
  createECDH: ECDH, createHash, createHmac, createPrivateKey: KEYS, createPublicKey: KEYS, createSecretKey: KEYS, createSign: SIGN, createVerify: SIGN,
  diffieHellman: ECDH, generatePrime: null, generatePrimeSync: null, getCiphers, getCipherInfo: CIPHER, getCurves, getDiffieHellman: null, getHashes,
  hkdf, hkdfSync, pbkdf2, pbkdf2Sync, generateKeyPair: KEYS, generateKeyPairSync: KEYS, generateKey: KEYS, generateKeySync: KEYS, privateDecrypt: CIPHER,
  privateEncrypt: CIPHER, publicDecrypt: CIPHER, publicEncrypt: CIPHER, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, scrypt, scryptSync,
  sign: SIGN, setEngine: null, timingSafeEqual, getFips: () => 0, setFips: null, verify: SIGN, hash,
};
for (const [name, member] of Object.entries(members)) {
  exports[name] = member === null ? unavailable(name) : typeof member === 'string' ? lazyFunction(name, member) : member;
}

// The getter stays: the engine's inline caches mistake one that replaces itself while it is read.
function lazy(name, get) {
  const set = (value) => Object.defineProperty(exports, name, { value, enumerable: true, configurable: true, writable: true });
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get, set });
}
for (const [name, from] of Object.entries({ Cipheriv: CIPHER, Decipheriv: CIPHER, ECDH, KeyObject: KEYS, Sign: SIGN, Verify: SIGN, X509Certificate: X509 })) {
  lazy(name, () => require(from)[name]);
}
exports.Hash = Hash;
exports.Hmac = Hmac;
lazy('constants', () => require('internal/crypto_constants'));
lazy('webcrypto', () => require(WEB).crypto);
lazy('subtle', () => require(WEB).crypto.subtle);
exports.getRandomValues = lazyFunction('getRandomValues', WEB);
exports.prng = randomBytes;
exports.pseudoRandomBytes = randomBytes;
exports.rng = randomBytes;
for (const name of ['prng', 'pseudoRandomBytes', 'rng']) Object.defineProperty(exports, name, { enumerable: false });
Object.defineProperty(exports.generateKeyPair, Symbol.for('nodejs.util.promisify.custom'), {
  configurable: true,
  value: (type, options) => new Promise((resolve, reject) => {
    exports.generateKeyPair(type, options, (error, publicKey, privateKey) => (error ? reject(error) : resolve({ publicKey, privateKey })));
  }),
});
