const crypto = require('crypto');
exports.handler = async () => ['aes128-wrap', 'id-aes256-wrap'].map((name) => {
  const kek = Buffer.alloc(name.includes('256') ? 32 : 16, 5);
  const iv = Buffer.from('a6a6a6a6a6a6a6a6', 'hex');
  const cipher = crypto.createCipheriv(name, kek, iv);
  const wrapped = Buffer.concat([cipher.update(Buffer.alloc(32, 8)), cipher.final()]);
  const decipher = crypto.createDecipheriv(name, kek, iv);
  return [wrapped.toString('hex'), Buffer.concat([decipher.update(wrapped), decipher.final()]).toString('hex')];
});
