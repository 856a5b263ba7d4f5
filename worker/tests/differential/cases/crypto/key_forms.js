const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async (keys) => {
  const key = crypto.createPrivateKey(keys.rsa1);
  const pem = keys.rsaPublic;
  const body = pem.split('\n').slice(1, -2).join('');
  const der = key.export({ type: 'pkcs1', format: 'der' });
  return [() => crypto.createPublicKey('text before\n' + pem + 'text after').type, () => crypto.createPublicKey('-----BEGIN PUBLIC KEY-----\n' + body + '\n-----END PUBLIC KEY-----').type, () => crypto.createPublicKey(pem.replace(/\n/g, '\r\n')).type,
    () => crypto.createPublicKey(Buffer.from(pem)).type, () => crypto.createPublicKey({ key: pem, format: 'pem' }).type, () => crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }).equals(key), () => crypto.createPublicKey({ key: der, format: 'der', type: 'pkcs1' }).type,
    () => crypto.createPublicKey(pem.trim()).type, () => crypto.createPublicKey(pem.replace(/\n/g, '')).type, () => crypto.createPublicKey(key).type, () => crypto.createPublicKey(crypto.createPublicKey(key)).type, () => crypto.createPrivateKey(key).type,
    () => crypto.createPrivateKey(pem).type, () => crypto.createPublicKey(keys.certificate).asymmetricKeyType, () => crypto.createPublicKey({ key }).type, () => Object.prototype.toString.call(key), () => key instanceof crypto.KeyObject].map(failed);
};
