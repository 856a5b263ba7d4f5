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
  const r = crypto.createPrivateKey(keys.rsa1);
  const rp = crypto.createPublicKey(r);
  const secret = crypto.createSecretKey(Buffer.alloc(1));
  return [() => crypto.createSign('xyz'), () => crypto.createSign(), () => crypto.createSign('sha256').sign(), () => crypto.createSign('sha256').sign('abc'), () => crypto.sign('xx', Buffer.alloc(1), r), () => crypto.sign('sha256', Buffer.alloc(1), rp), () => crypto.sign('sha256', Buffer.alloc(1), secret), () => crypto.sign('sha256', 5, r),
    () => crypto.createSign('sha256').sign({ key: r, dsaEncoding: 'xx' }), () => crypto.createSign('sha512').sign({ key: r, padding: 6, saltLength: 500 }), () => crypto.createSign('sha512').sign({ key: r, padding: 99 }), () => crypto.createSign('sha512').sign({ key: r, padding: 'a' }), () => { const s = crypto.createSign('sha256'); s.sign(r); return s.sign(r); },
    () => { const s = crypto.createSign('sha256'); s.sign(r); return s.update('a'); }, () => crypto.createVerify('sha256').verify(rp, 'aa', 'hex'), () => crypto.createVerify('sha256').verify(rp, 5), () => crypto.verify('sha256', Buffer.alloc(1), rp, 'a'), () => crypto.verify('sha256', Buffer.alloc(1), r, Buffer.alloc(256)),
    () => crypto.verify('sha256', Buffer.alloc(1), secret, Buffer.alloc(1)), () => crypto.createSign('sha1').update(5), () => crypto.sign('sha256', Buffer.alloc(1)), () => crypto.sign(5, Buffer.alloc(1), r)].map(failed);
};
