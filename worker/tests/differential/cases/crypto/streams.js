const crypto = require('crypto');
const { Readable } = require('stream');
const read = (stream) => new Promise((resolve, reject) => {
  const parts = [];
  stream.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts).toString('hex'))).on('error', reject);
});
exports.handler = async () => {
  const hash = crypto.createHash('sha256');
  const hashed = read(hash);
  hash.write('abc');
  hash.end('def');
  const piped = read(Readable.from([Buffer.from('abc'), Buffer.from('def')]).pipe(crypto.createHmac('sha1', 'k')));
  const sealed = read(Readable.from([Buffer.from('abc'), Buffer.from('def')]).pipe(crypto.createCipheriv('aes-128-cbc', Buffer.alloc(16), Buffer.alloc(16))));
  const plain = crypto.createHash('sha256');
  plain.setEncoding('hex');
  plain.end('x');
  return [await hashed, await piped, await sealed, await new Promise((resolve) => plain.on('readable', () => { const text = plain.read(); if (text) resolve(text); }))];
};
