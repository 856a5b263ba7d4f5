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
  const r = crypto.createPrivateKey(keys.rsa1);
  const both = (options) => crypto.privateDecrypt({ key: r, ...options }, crypto.publicEncrypt({ key: keys.rsaPublic, ...options }, Buffer.from('message'))).toString();
  return [both({}), both({ oaepHash: 'sha256' }), both({ oaepHash: 'sha512', oaepLabel: Buffer.from('label') }), crypto.publicEncrypt({ key: keys.rsaPublic, padding: 1 }, Buffer.from('a')).length, crypto.publicDecrypt(keys.rsaPublic, crypto.privateEncrypt(r, Buffer.from('text'))).toString(),
    crypto.privateEncrypt(r, Buffer.from('text')).toString('hex'), failed(() => crypto.privateDecrypt(r, Buffer.alloc(10))), failed(() => crypto.privateDecrypt(r, Buffer.alloc(256))), failed(() => crypto.privateDecrypt({ key: r, padding: 1 }, Buffer.alloc(256, 1))), failed(() => crypto.publicEncrypt(keys.rsaPublic, Buffer.alloc(250))),
    failed(() => crypto.publicEncrypt({ key: keys.rsaPublic, padding: 1 }, Buffer.alloc(250))), failed(() => crypto.publicEncrypt({ key: keys.rsaPublic, padding: 3 }, Buffer.alloc(250))), failed(() => crypto.publicEncrypt(keys.p256, Buffer.alloc(25))), failed(() => crypto.publicEncrypt({ key: keys.rsaPublic, oaepHash: 'xx' }, Buffer.alloc(25))),
    failed(() => crypto.publicDecrypt(keys.rsaPublic, Buffer.alloc(256, 1))), crypto.publicEncrypt({ key: keys.rsaPublic, padding: 3 }, Buffer.alloc(256, 1)).toString('hex')];
};
