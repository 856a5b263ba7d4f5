const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
const zeros = (n) => Buffer.alloc(n);
const make = (name, key, iv, options) => crypto.createCipheriv(name, zeros(key), iv === null ? null : zeros(iv), options);
const unmake = (name, key, iv, options) => crypto.createDecipheriv(name, zeros(key), zeros(iv), options);
exports.handler = async () => [() => make('xyz', 1, 1), () => crypto.createCipheriv('aes-128-cbc', 'k', 'i'), () => make('aes-128-cbc', 16, 1), () => make('aes-128-cbc', 16, null), () => make('aes-128-cbc', 15, 16), () => make('aes-128-ecb', 16, null).final(), () => make('aes-128-ecb', 16, 0).final(),
  () => make('aes-128-ecb', 16, 16), () => unmake('aes-128-cbc', 16, 16).final(), () => { const d = unmake('aes-128-cbc', 16, 16); d.update(zeros(16)); return d.final(); }, () => { const d = unmake('aes-128-cbc', 16, 16); d.update(zeros(15)); return d.final(); },
  () => { const d = make('aes-128-cbc', 16, 16).setAutoPadding(false); d.update(zeros(15)); return d.final(); }, () => { const d = make('aes-128-cbc', 16, 16).setAutoPadding(false); return d.update(zeros(16)).toString('hex') + d.final().length; },
  () => { const d = make('aes-128-cbc', 16, 16); d.final(); return d.update('a'); }, () => { const d = make('aes-128-cbc', 16, 16); d.final(); return d.final(); }, () => { const d = make('aes-128-gcm', 16, 12); d.final(); return d.final(); }, () => make('aes-128-gcm', 16, 12).getAuthTag(),
  () => make('aes-128-cbc', 16, 16).getAuthTag(), () => make('aes-128-gcm', 16, 0), () => make('aes-128-gcm', 16, 12, { authTagLength: 3 }), () => unmake('aes-128-cbc', 16, 16).setAuthTag(zeros(16)), () => make('aes-128-cbc', 16, 16).setAAD(zeros(5)), () => make('aes-128-cbc', 16, 16).update(5),
  () => { const d = make('aes-128-cbc', 16, 16); return d.update('a', 'utf8', 'hex') + d.final('base64'); }, () => crypto.createCipheriv(5), () => crypto.createCipheriv('aes-128-cbc', 5, 'x'), () => crypto.createCipheriv('aes-128-cbc', zeros(16), 5)].map(failed);
