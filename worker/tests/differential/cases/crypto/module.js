const crypto = require('crypto');
exports.handler = async () => {
  const { OPENSSL_VERSION_NUMBER, ...constants } = crypto.constants;
  return [typeof OPENSSL_VERSION_NUMBER, constants, crypto === require('node:crypto'), ['sha256', 'md5', 'RSA-SHA1', 'sha3-512'].every((name) => crypto.getHashes().includes(name)),
    ['aes-256-cbc', 'aes-128-gcm'].every((name) => crypto.getCiphers().includes(name)), crypto.getCurves().includes('prime256v1'), crypto.webcrypto === globalThis.crypto, crypto.subtle === crypto.webcrypto.subtle,
    crypto.getFips(), typeof crypto.createSign, crypto.createHash.name, Object.getOwnPropertyNames(crypto.Hash.prototype).sort(), Object.getOwnPropertyNames(crypto.Verify.prototype).sort(), typeof crypto.getRandomValues, 'rng' in crypto];
};
