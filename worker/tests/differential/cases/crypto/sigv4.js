const crypto = require('crypto');
exports.handler = async () => {
  const hmac = (key, text, encoding) => crypto.createHmac('sha256', key).update(text, 'utf8').digest(encoding);
  const sign = (secret, date, region, service, text) => hmac(hmac(hmac(hmac(hmac('AWS4' + secret, date), region), service), 'aws4_request'), text, 'hex');
  return [sign('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', '20150830', 'us-east-1', 'iam', 'AWS4-HMAC-SHA256\n20150830T123600Z'), crypto.createHash('sha256').update('', 'utf8').digest('hex')];
};
