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
  const rsa = crypto.createPrivateKey({ key: keys.rsaLocked, passphrase: 'secret' });
  const again = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'other' });
  return [rsa.equals(crypto.createPrivateKey(keys.rsa1)), crypto.createPrivateKey({ key: Buffer.from(keys.ecLocked), format: 'pem', passphrase: Buffer.from('secret') }).equals(crypto.createPrivateKey(keys.p256)),
    again.split('\n')[0], crypto.createPrivateKey({ key: again, passphrase: 'other' }).equals(rsa), failed(() => crypto.createPrivateKey(keys.rsaLocked)), failed(() => crypto.createPrivateKey({ key: keys.rsaLocked, passphrase: 'x' }))];
};
