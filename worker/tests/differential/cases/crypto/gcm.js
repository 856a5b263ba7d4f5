const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
const key = Buffer.alloc(32, 1);
const seal = (iv, options, aad, text) => {
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv, options);
  if (aad) aad.forEach((part) => cipher.setAAD(Buffer.from(part)));
  const out = Buffer.concat([cipher.update(text), cipher.final()]);
  return [out, cipher.getAuthTag()];
};
exports.handler = async () => {
  const [sealed, tag] = seal(Buffer.alloc(12, 3), undefined, ['additional', 'data'], 'hello');
  const open = (data, given, aad) => {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, Buffer.alloc(12, 3));
    if (given) decipher.setAuthTag(given);
    decipher.setAAD(Buffer.from(aad));
    return decipher.update(data, undefined, 'utf8') + decipher.final('utf8');
  };
  return [sealed.toString('hex'), tag.toString('hex'), seal(Buffer.alloc(16, 3), undefined, null, 'x'.repeat(50)).map(String), seal(Buffer.alloc(1, 3), { authTagLength: 12 }, null, '').map((b) => b.toString('hex')), open(sealed, tag, 'additionaldata'),
    failed(() => open(sealed, tag, 'other')), failed(() => open(sealed, null, 'additionaldata')), failed(() => open(sealed.subarray(1), tag, 'additionaldata')), failed(() => open(sealed, tag.subarray(0, 12), 'additionaldata')), failed(() => open(sealed, tag.subarray(0, 3), ''))];
};
