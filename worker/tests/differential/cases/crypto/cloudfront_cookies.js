const crypto = require('crypto');
exports.handler = async (keys) => {
  const policy = JSON.stringify({ Statement: [{ Resource: 'https://d111111abcdef8.cloudfront.net/*', Condition: { DateLessThan: { 'AWS:EpochTime': 1767290400 } } }] });
  const safe = (text) => text.replace(/\+/g, '-').replace(/=/g, '_').replace(/\//g, '~');
  const sign = crypto.createSign('RSA-SHA1');
  sign.update(policy);
  return { 'CloudFront-Policy': safe(Buffer.from(policy).toString('base64')), 'CloudFront-Signature': safe(sign.sign(keys.rsa1, 'base64')) };
};
