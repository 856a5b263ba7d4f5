const crypto = require('crypto');
const text = 'The quick brown fox jumps over the lazy dog, grüße';
exports.handler = async () => ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'aes-128-ctr', 'aes-192-ctr', 'aes-256-ctr', 'aes-128-ecb', 'aes-256-ecb', 'AES256', 'aes-128-gcm', 'aes-256-gcm', 'id-aes192-GCM'].map((name) => {
  const { keyLength, ivLength } = crypto.getCipherInfo(name);
  const key = Buffer.alloc(keyLength, 7);
  const iv = ivLength ? Buffer.alloc(ivLength, 9) : null;
  const cipher = crypto.createCipheriv(name, key, iv);
  const parts = [cipher.update(text.slice(0, 5), 'utf8', 'hex'), cipher.update(text.slice(5), 'utf8', 'hex'), cipher.final('hex')];
  const decipher = crypto.createDecipheriv(name, key, iv);
  const tag = /gcm/i.test(name) ? cipher.getAuthTag() : null;
  if (tag) decipher.setAuthTag(tag);
  const hex = parts.join('');
  return [name, parts, tag && tag.toString('hex'), decipher.update(hex.slice(0, 34), 'hex', 'utf8') + decipher.update(hex.slice(34), 'hex', 'utf8') + decipher.final('utf8'), cipher.constructor.name, decipher instanceof crypto.Decipheriv];
});
