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
  const key = crypto.createPrivateKey(keys.rsa1);
  const publicKey = crypto.createPublicKey(key);
  const ed = crypto.createPrivateKey(keys.ed);
  const jwk = (value) => () => crypto.createPublicKey({ key: value, format: 'jwk' });
  return [() => crypto.createPublicKey('abc'), () => crypto.createPrivateKey('abc'), () => crypto.createPublicKey({ key: Buffer.from('abc'), format: 'der', type: 'xx' }), () => crypto.createPublicKey({ key: Buffer.from('abc'), format: 'der' }), () => crypto.createPublicKey(5), () => crypto.createPrivateKey(),
    () => crypto.createSecretKey(5), jwk({ kty: 'xx' }), jwk({ kty: 'RSA' }), jwk({ kty: 'EC', crv: 'P-256', x: 'aa', y: 'bb' }), jwk({ kty: 'EC', crv: 'P-xx', x: 'aa', y: 'bb' }), jwk({ kty: 'OKP', crv: 'Ed25519', x: 'aa' }), jwk(5), () => crypto.createPrivateKey({ key: { kty: 'oct', k: 'aa' }, format: 'jwk' }),
    () => key.export(), () => key.export({}), () => key.export({ format: 'pem' }), () => publicKey.export({ format: 'pem', type: 'pkcs8' }), () => ed.export({ format: 'pem', type: 'sec1' }), () => ed.export({ format: 'pem', type: 'pkcs1' }), () => key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc' }),
    () => key.export({ format: 'xx' }), () => key.equals(5), () => key.equals(publicKey), () => new crypto.KeyObject('secret', {}), () => new crypto.KeyObject('xx', {}), () => crypto.createPublicKey({}), () => crypto.createPublicKey({ key: 5 }), () => crypto.createPublicKey({ key: 'a', format: 'zz' })].map(failed);
};
