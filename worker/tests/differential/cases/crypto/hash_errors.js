const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async () => [() => crypto.createHash('xyz'), () => crypto.createHash(), () => crypto.createHash(5), () => crypto.createHash('md5').update(), () => crypto.createHash('md5').update({}),
  () => crypto.createHash('md5').update(null), () => crypto.hash('xyz', 'a'), () => crypto.hash('sha1', 'a'), () => crypto.hash('sha1', Buffer.from('a'), 'base64'), () => crypto.hash('sha1', 'a', 'buffer'),
  () => crypto.hash('sha1', 'a', 'foo'), () => crypto.hash('sha1', 5), () => crypto.hash(1, 'a'), () => crypto.createHash('md5', { outputLength: -1 }), () => crypto.createHash('md5', { outputLength: 'a' })].map(failed);
