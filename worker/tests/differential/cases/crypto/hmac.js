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
  const mac = (name, key, data) => crypto.createHmac(name, key).update(data).digest('hex');
  const key = crypto.createSecretKey(Buffer.from('secret'));
  const hmac = crypto.createHmac('sha256', 'k');
  hmac.digest();
  return [mac('sha256', 'key', 'data'), mac('sha1', Buffer.alloc(200, 1), 'data'), mac('md5', '', ''), mac('sha512', key, 'é'), mac('sha384', new Uint8Array(3).buffer, 'x'), mac('sha3-256', 'k', 'v'),
    failed(() => mac('xyz', 'k', '')), failed(() => mac('sha256')), failed(() => mac('sha256', 5)), failed(() => crypto.createHmac()), failed(() => hmac.digest('hex')), failed(() => hmac.digest()),
    failed(() => hmac.update('x')), failed(() => mac('sha256', null)), crypto.createHmac('sha256', '6b', { encoding: 'hex' }).update('a').digest('base64')];
};
