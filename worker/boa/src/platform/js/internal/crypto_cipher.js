// Ciphers with AES, and encryption with RSA.
const { binding, kHandle, codes, isView, isBuffer, viewOrText, bytes, toBuffer, streamLazily } = require('internal/crypto_args');
const { validateString, validateObject, validateInteger } = require('internal/validators');
const { keyHandle, secretHandle } = require('internal/crypto_keys');

const kEncrypt = Symbol('kEncrypt');
const kDecoder = Symbol('kDecoder');
const kWrap = Symbol('kWrap');
const invalidState = (operation) => new codes.ERR_CRYPTO_INVALID_STATE(operation);

// Output in an encoding. Texts that may be cut within a character or a group need a decoder.
function output(cipher, array, encoding, last) {
  if (!encoding || encoding === 'buffer') return toBuffer(array);
  if (cipher[kDecoder] === undefined) {
    const { StringDecoder } = require('string_decoder');
    cipher[kDecoder] = new StringDecoder(encoding);
    cipher[kDecoder].named = encoding;
  } else if (cipher[kDecoder].named !== encoding) {
    throw new codes.ERR_INTERNAL_ASSERTION('Cannot change encoding');
  }
  const text = cipher[kDecoder].write(toBuffer(array));
  return last ? text + cipher[kDecoder].end() : text;
}

class CipherBase {
  constructor(cipher, key, iv, options, encrypt) {
    validateString(cipher, 'cipher');
    const length = options?.authTagLength;
    if (length != null && !(typeof length === 'number' && length >= 0 && Number.isInteger(length))) {
      throw new codes.ERR_INVALID_ARG_VALUE('options.authTagLength', length);
    }
    const secret = typeof key === 'string' || isView(key) || isBuffer(key) ? bytes(key, 'key', options?.encoding) : secretHandle(key);
    iv = iv === null ? undefined : bytes(iv, 'iv');
    this[kEncrypt] = encrypt;
    this._options = options;
    const wrap = /^(?:id-)?aes(128|192|256)-wrap$/.exec(cipher.toLowerCase());
    if (wrap) this[kWrap] = { secret, iv, chunks: [] };
    else this[kHandle] = binding.cipherNew(cipher, secret, iv, encrypt, length ?? undefined);
  }

  _transform(chunk, encoding, callback) {
    this.push(this.update(chunk, encoding));
    callback();
  }

  _flush(callback) {
    try {
      this.push(this.final());
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  update(data, inputEncoding, outputEncoding) {
    const input = viewOrText(data, 'data', inputEncoding);
    if (this[kWrap]) {
      const { secret, iv } = this[kWrap];
      return output(this, binding.keyWrap(secret, input, this[kEncrypt], iv), outputEncoding);
    }
    return output(this, binding.cipherUpdate(this[kHandle], input), outputEncoding);
  }

  final(outputEncoding) {
    return output(this, this[kWrap] ? new Uint8Array(0) : binding.cipherFinal(this[kHandle]), outputEncoding, true);
  }

  setAutoPadding(on) {
    if (!this[kWrap] && !binding.cipherPadding(this[kHandle], on === undefined || !!on)) throw invalidState('setAutoPadding');
    return this;
  }

  setAAD(data, options) {
    const input = bytes(data, 'buffer', options?.encoding);
    if (this[kWrap] || !binding.cipherAad(this[kHandle], input)) throw invalidState('setAAD');
    return this;
  }
}

class Cipheriv extends CipherBase {
  constructor(cipher, key, iv, options) {
    super(cipher, key, iv, options, true);
  }

  getAuthTag() {
    const tag = this[kWrap] ? undefined : binding.cipherTag(this[kHandle]);
    if (tag === undefined) throw invalidState('getAuthTag');
    return toBuffer(tag);
  }
}

class Decipheriv extends CipherBase {
  constructor(cipher, key, iv, options) {
    super(cipher, key, iv, options, false);
  }

  setAuthTag(tag, encoding) {
    const input = bytes(tag, 'buffer', encoding);
    if (this[kWrap] || !binding.cipherSetTag(this[kHandle], input)) throw invalidState('setAuthTag');
    return this;
  }
}
streamLazily(CipherBase, 'Transform');

const createCipheriv = (cipher, key, iv, options) => new Cipheriv(cipher, key, iv, options);
const createDecipheriv = (cipher, key, iv, options) => new Decipheriv(cipher, key, iv, options);

function getCipherInfo(nameOrNid, options) {
  if (typeof nameOrNid !== 'string' && typeof nameOrNid !== 'number') {
    throw new codes.ERR_INVALID_ARG_TYPE('nameOrNid', ['string', 'number'], nameOrNid);
  }
  let { keyLength, ivLength } = options || {};
  if (options !== undefined) validateObject(options, 'options');
  if (keyLength !== undefined) validateInteger(keyLength, 'options.keyLength');
  if (ivLength !== undefined) validateInteger(ivLength, 'options.ivLength');
  const info = typeof nameOrNid === 'string' ? binding.cipherInfo(nameOrNid) : ['ecb', 'cbc', 'ctr', 'gcm']
    .flatMap((mode) => [128, 192, 256].map((bits) => binding.cipherInfo(`aes-${bits}-${mode}`))).find(({ nid }) => nid === nameOrNid);
  if (info === undefined || (keyLength !== undefined && keyLength !== info.keyLength)) return undefined;
  if (ivLength !== undefined && (info.mode === 'gcm' ? ivLength < 1 : ivLength !== info.ivLength)) return undefined;
  if (ivLength !== undefined) info.ivLength = ivLength;
  return info;
}

// RSA

function rsa(operation, forPublic, defaultPadding) {
  return (options, data) => {
    const handle = keyHandle(options, forPublic);
    const given = options !== null && typeof options === 'object' ? options : {};
    const { padding = defaultPadding, oaepHash = 'sha1', oaepLabel, encoding } = given;
    validateString(oaepHash, 'key.oaepHash');
    const label = oaepLabel === undefined ? undefined : bytes(oaepLabel, 'key.oaepLabel', encoding);
    const input = bytes(data, 'buffer', encoding);
    return toBuffer(binding.rsa(handle, input, operation, padding, oaepHash, label));
  };
}

module.exports = {
  Cipheriv,
  Decipheriv,
  createCipheriv,
  createDecipheriv,
  getCipherInfo,
  publicEncrypt: rsa('publicEncrypt', true, 4),
  publicDecrypt: rsa('publicDecrypt', true, 1),
  privateEncrypt: rsa('privateEncrypt', false, 1),
  privateDecrypt: rsa('privateDecrypt', false, 4),
};
