// X509Certificate: the fields of a certificate. Chains, hosts and signatures are not checked.
const { binding, codes, bytes, toBuffer, isView, isBuffer } = require('internal/crypto_args');
const { wrap } = require('internal/crypto_keys');

const kFacts = Symbol('kFacts');

class X509Certificate {
  constructor(buffer) {
    if (typeof buffer !== 'string' && !isView(buffer) && !isBuffer(buffer)) {
      throw new codes.ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView'], buffer);
    }
    Object.defineProperty(this, kFacts, { value: binding.certificate(bytes(buffer, 'buffer')) });
  }

  get raw() {
    return toBuffer(this[kFacts].raw);
  }

  get ca() {
    return this[kFacts].ca === 'true';
  }

  get publicKey() {
    return wrap('public', binding.certificateKey(this[kFacts].raw));
  }

  toString() {
    const base64 = this.raw.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
    return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  }

  toJSON() {
    return this.toString();
  }
}
for (const name of ['subject', 'issuer', 'subjectAltName', 'validFrom', 'validTo', 'serialNumber', 'fingerprint', 'fingerprint256', 'fingerprint512']) {
  Object.defineProperty(X509Certificate.prototype, name, {
    configurable: true,
    get() {
      return this[kFacts][name];
    },
  });
}
for (const name of ['checkHost', 'checkEmail', 'checkIP', 'checkIssued', 'checkPrivateKey', 'verify', 'toLegacyObject']) {
  Object.defineProperty(X509Certificate.prototype, name, {
    configurable: true,
    writable: true,
    value() {
      throw new codes.ERR_BRINK_UNAVAILABLE(`X509Certificate.${name}`);
    },
  });
}

module.exports = { X509Certificate };
