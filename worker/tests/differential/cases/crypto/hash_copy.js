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
  const hash = crypto.createHash('sha1').update('a');
  const copy = hash.copy();
  const more = copy.copy().update('c');
  const xof = crypto.createHash('shake128', { outputLength: 40 }).update('x');
  return [hash.update('b').digest('hex'), copy.digest('hex'), more.digest('hex'), xof.copy().digest('hex'), xof.copy({ outputLength: 3 }).digest('hex'),
    failed(() => hash.digest()), failed(() => hash.update('x')), failed(() => hash.copy()), crypto.createHash('sha256', { outputLength: 32 }).digest('hex').length,
    failed(() => crypto.createHash('sha256', { outputLength: 3 })), hash instanceof crypto.Hash, new crypto.Hash('md5').update('q').digest('base64')];
};
