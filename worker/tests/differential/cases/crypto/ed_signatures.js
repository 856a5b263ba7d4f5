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
  const key = crypto.createPrivateKey(keys.ed);
  const signature = crypto.sign(null, Buffer.from('message'), key);
  return [signature.toString('hex'), crypto.verify(null, Buffer.from('message'), crypto.createPublicKey(key), signature), crypto.verify(undefined, Buffer.from('massage'), keys.ed, signature), failed(() => crypto.createSign('sha256').sign(key)), failed(() => crypto.sign('sha256', Buffer.from('a'), key)),
    crypto.verify(null, Buffer.from('a'), key, Buffer.alloc(5)), failed(() => crypto.sign(null, Buffer.from('a'), keys.x1)), await new Promise((resolve) => crypto.sign(null, Buffer.from('message'), key, (error, value) => resolve(value.equals(signature)))),
    await new Promise((resolve) => crypto.verify(null, Buffer.from('message'), key, signature, (error, value) => resolve([error, value])))];
};
