const crypto = require('crypto');
const { promisify } = require('util');
exports.handler = async () => {
  const pair = await promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256' });
  const signature = await promisify(crypto.sign)('sha256', Buffer.from('a'), pair.privateKey);
  return [Object.keys(pair), await promisify(crypto.verify)('sha256', Buffer.from('a'), pair.publicKey, signature), (await promisify(crypto.randomBytes)(5)).length, (await promisify(crypto.scrypt)('a', 'b', 8)).toString('hex'),
    (await promisify(crypto.pbkdf2)('a', 'b', 1, 8, 'sha1')).toString('hex'), await promisify(crypto.pbkdf2)('a', 'b', 1, 8, 'xx').catch((error) => error.code)];
};
