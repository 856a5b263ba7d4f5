const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
const called = (start) => new Promise((resolve) => start((error, value) => resolve(error ? error.message : Buffer.from(value).toString('hex'))));
exports.handler = async () => [crypto.pbkdf2Sync('pass', 'salt', 1000, 40, 'sha512').toString('hex'), crypto.pbkdf2Sync(Buffer.from('p'), new Uint8Array(3), 2, 5, 'sha1').toString('hex'), crypto.pbkdf2Sync('', '', 1, 0, 'md5').length,
  await called((done) => crypto.pbkdf2('a', 'b', 3, 16, 'sha256', done)), crypto.scryptSync('pw', 'na', 32).toString('hex'), crypto.scryptSync('pw', 'na', 64, { N: 1024, r: 4, p: 2 }).toString('hex'),
  crypto.scryptSync('pw', 'na', 4, { cost: 16, blockSize: 1, parallelization: 1 }).toString('hex'), await called((done) => crypto.scrypt('a', 'b', 8, done)), await called((done) => crypto.scrypt('a', 'b', 8, { N: 2 }, done)),
  Buffer.from(crypto.hkdfSync('sha256', 'key', 'salt', 'info', 42)).toString('hex'), crypto.hkdfSync('sha512', Buffer.alloc(3), '', '', 5) instanceof ArrayBuffer, await called((done) => crypto.hkdf('sha1', 'k', 's', 'i', 9, done)),
  Buffer.from(crypto.hkdfSync('sha256', crypto.createSecretKey(Buffer.from('key')), 'salt', 'info', 2)).toString('hex')];
