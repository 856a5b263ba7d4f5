const crypto = require('crypto');
exports.handler = async (keys) => Object.entries(keys).filter(([name]) => !/Locked/.test(name)).map(([name, pem]) => {
  const publicKey = crypto.createPublicKey(pem);
  const result = [name, publicKey.type, publicKey.asymmetricKeyType, JSON.stringify(publicKey.asymmetricKeyDetails, (k, v) => (typeof v === 'bigint' ? String(v) : v)), publicKey.export({ type: 'spki', format: 'pem' }), publicKey.export({ format: 'jwk' }),
    publicKey.export({ type: 'spki', format: 'der' }).toString('hex')];
  if (/PRIVATE/.test(pem)) {
    const key = crypto.createPrivateKey(pem);
    result.push(key.type, key.export({ type: 'pkcs8', format: 'pem' }), key.export({ format: 'jwk' }), crypto.createPublicKey(key).equals(publicKey), key.equals(crypto.createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })),
      crypto.createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' }).equals(publicKey));
    if (key.asymmetricKeyType === 'rsa') result.push(key.export({ type: 'pkcs1', format: 'pem' }), publicKey.export({ type: 'pkcs1', format: 'pem' }));
    if (key.asymmetricKeyType === 'ec') result.push(key.export({ type: 'sec1', format: 'pem' }));
  }
  return result;
});
