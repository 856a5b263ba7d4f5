const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async () => [() => crypto.pbkdf2Sync('a', 'b', 1, 10), () => crypto.pbkdf2Sync('a', 'b', 1, 10, 'xyz'), () => crypto.pbkdf2Sync('a', 'b', 0, 10, 'sha1'), () => crypto.pbkdf2Sync('a', 'b', 1, -10, 'sha1'), () => crypto.pbkdf2Sync(5, 'b', 1, 10, 'sha1'),
  () => crypto.pbkdf2Sync('a', {}, 1, 10, 'sha1'), () => crypto.pbkdf2('a', 'b', 1, 10, 'sha1'), () => crypto.pbkdf2('a', 'b', 1, 10, () => {}), () => crypto.scryptSync('a', 'b', 10, { N: 15 }), () => crypto.scryptSync('a', 'b', 10, { N: 2 ** 20, r: 8 }),
  () => crypto.scryptSync('a', 'b', 10, { N: 16, cost: 16 }), () => crypto.scryptSync('a', 'b', -1), () => crypto.scrypt('a', 'b', 1), () => crypto.scryptSync('a', 'b', 10, { maxmem: -1 }),
  () => crypto.scryptSync('a', 'b', 10, { N: 'a' }), () => crypto.hkdfSync('xyz', 'k', 's', 'i', 32), () => crypto.hkdfSync('sha256', 'k', 's', 'i', 32 * 256), () => crypto.hkdfSync('sha256', 'k', 's', Buffer.alloc(2000), 32), () => crypto.hkdfSync('sha256', 5, 's', '', 32)].map(failed);
