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
  const pems = crypto.generateKeyPairSync('ec', { namedCurve: 'P-384', publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
  const signature = crypto.sign('sha256', Buffer.from('x'), rsa.privateKey);
  return [crypto.createPublicKey(pems.privateKey).equals(crypto.createPublicKey(pems.publicKey)), pems.privateKey.split('\n')[0], rsa.publicKey.asymmetricKeyDetails.modulusLength, String(rsa.publicKey.asymmetricKeyDetails.publicExponent), crypto.verify('sha256', Buffer.from('x'), rsa.publicKey, signature),
    crypto.generateKeyPairSync('ed25519').privateKey.asymmetricKeyType, await new Promise((resolve) => crypto.generateKeyPair('x25519', (error, publicKey, privateKey) => resolve([error, publicKey.type, privateKey.asymmetricKeyType]))), failed(() => crypto.generateKeyPairSync('xx')),
    failed(() => crypto.generateKeyPairSync('ec', { namedCurve: 'xx' })), failed(() => crypto.generateKeyPairSync('rsa', {})), failed(() => crypto.generateKeyPairSync('rsa')), failed(() => crypto.generateKeyPair('rsa', { modulusLength: 512 }))];
};
