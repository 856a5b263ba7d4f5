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
  const x = [keys.x1, keys.x2].map((pem) => crypto.createPrivateKey(pem));
  const ecdh = crypto.createECDH('prime256v1').setPrivateKey ? crypto.createECDH('prime256v1') : null;
  ecdh.setPrivateKey('1'.repeat(64), 'hex');
  const other = crypto.createECDH('prime256v1');
  const point = other.generateKeys();
  return [crypto.diffieHellman({ privateKey: x[0], publicKey: crypto.createPublicKey(x[1]) }).toString('hex'), crypto.diffieHellman({ privateKey: crypto.createPrivateKey(keys.p256), publicKey: crypto.createPublicKey(keys.p256) }).toString('hex'), ecdh.getPublicKey('hex'), ecdh.getPublicKey('hex', 'compressed'),
    ecdh.getPublicKey('hex', 'hybrid'), ecdh.getPrivateKey('hex'), ecdh.computeSecret(point).equals(other.computeSecret(ecdh.getPublicKey())), crypto.ECDH.convertKey(ecdh.getPublicKey('hex', 'compressed'), 'prime256v1', 'hex', 'base64', 'uncompressed'),
    failed(() => crypto.createECDH('xx')), failed(() => other.computeSecret(Buffer.alloc(3))), failed(() => crypto.createECDH('prime256v1').getPublicKey()), failed(() => crypto.createECDH('prime256v1').setPrivateKey('00', 'hex')), failed(() => crypto.diffieHellman({ privateKey: x[0], publicKey: crypto.createPublicKey(keys.p256) })),
    failed(() => crypto.createECDH('prime256v1').computeSecret(point)), failed(() => crypto.diffieHellman({ privateKey: 5 })), failed(() => ecdh.getPublicKey('hex', 'foo'))];
};
