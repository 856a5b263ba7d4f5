const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async () => {
  const key = crypto.createSecretKey(Buffer.from('secret'));
  return [key.type, key.symmetricKeySize, key.export().toString(), key.export({ format: 'jwk' }), key.equals(crypto.createSecretKey('736563726574', 'hex')), key.equals(crypto.createSecretKey('x', 'utf8')), crypto.createSecretKey(Buffer.alloc(0)).symmetricKeySize, key.asymmetricKeyType,
    crypto.generateKeySync('hmac', { length: 65 }).symmetricKeySize, crypto.generateKeySync('aes', { length: 192 }).symmetricKeySize, failed(() => crypto.generateKeySync('aes', { length: 64 })), failed(() => crypto.generateKeySync('hmac', { length: 4 })), failed(() => crypto.generateKeySync('x', {})),
    await new Promise((resolve) => crypto.generateKey('aes', { length: 128 }, (error, made) => resolve(made.symmetricKeySize))), String(key), failed(() => key.export({ format: 'pem' })), failed(() => crypto.createHmac('sha1', crypto.generateKeyPairSync('ed25519').publicKey))];
};
