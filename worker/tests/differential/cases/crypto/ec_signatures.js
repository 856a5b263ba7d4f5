const crypto = require('crypto');
exports.handler = async (keys) => ['p256', 'p384', 'p521'].flatMap((name) => ['sha1', 'sha256', 'sha384', 'sha512'].map((digest) => {
  const key = crypto.createPrivateKey(keys[name]);
  const publicKey = crypto.createPublicKey(key);
  const der = crypto.createSign(digest).update('message').sign(key);
  const plain = crypto.sign(digest, Buffer.from('message'), { key, dsaEncoding: 'ieee-p1363' });
  const other = Buffer.from(plain);
  other[9] ^= 1;
  return [der[0], plain.length, crypto.createVerify(digest).update('message').verify(publicKey, der), crypto.verify(digest, Buffer.from('message'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, plain), crypto.verify(digest, Buffer.from('message'), { key: publicKey, dsaEncoding: 'ieee-p1363' }, other),
    crypto.verify(digest, Buffer.from('massage'), publicKey, der), crypto.verify(digest, Buffer.from('message'), publicKey, plain), crypto.verify(digest, Buffer.from('message'), publicKey, Buffer.alloc(3))];
}));
