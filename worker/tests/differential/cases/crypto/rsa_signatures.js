const crypto = require('crypto');
const { constants } = crypto;
exports.handler = async (keys) => {
  const verify = (name, options, signature) => crypto.createVerify(name).update('mess').update('age').verify({ key: keys.rsaPublic, ...options }, signature);
  const results = ['sha1', 'RSA-SHA256', 'SHA384', 'sha512', 'RSA-SHA1', 'md5', 'sha3-256'].map((name) => {
    const signature = crypto.createSign(name).update('message').sign(keys.rsa1, 'base64');
    return [name, signature, verify(name, {}, Buffer.from(signature, 'base64')), crypto.verify(name, Buffer.from('message'), keys.certificate, Buffer.from(signature, 'base64')), crypto.createVerify(name).update('other').verify(keys.rsaPublic, signature, 'base64')];
  });
  for (const saltLength of [constants.RSA_PSS_SALTLEN_DIGEST, constants.RSA_PSS_SALTLEN_AUTO, 20, 0, undefined]) {
    const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    const signature = crypto.createSign('sha256').update('message').sign({ key: keys.rsa8, ...options });
    results.push([signature.length, verify('sha256', options, signature), verify('sha256', { padding: 6 }, signature), verify('sha256', { padding: 6, saltLength: 32 }, signature), verify('sha256', {}, signature), verify('sha512', options, signature)]);
  }
  results.push(crypto.sign('sha256', Buffer.from('message'), keys.rsa1).toString('base64') === crypto.createSign('sha256').update('message').sign(keys.rsa8, 'base64'), crypto.sign(null, Buffer.from('x'), keys.rsa1).toString('hex'));
  return results;
};
