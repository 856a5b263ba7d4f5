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
  const one = new crypto.X509Certificate(keys.certificate);
  return [one.subject, one.issuer, one.subjectAltName, one.validFrom, one.validTo, one.serialNumber, one.fingerprint, one.fingerprint256, one.fingerprint512, one.ca, one.raw.toString('hex'), one.publicKey.equals(crypto.createPublicKey(keys.rsaPublic)), one.toString(), JSON.stringify({ one }), new crypto.X509Certificate(one.raw).subject,
    failed(() => new crypto.X509Certificate(5))];
};
