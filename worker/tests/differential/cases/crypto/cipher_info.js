const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async () => ['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm', 'aes-128-ecb', 'aes-192-ecb', 'aes-256-ecb', 'aes-128-ctr', 'aes-256-ctr', 'AES-256-cbc', 'aes-192-cbc', 'xx', 427].map((name) => failed(() => crypto.getCipherInfo(name)))
  .concat([failed(() => crypto.getCipherInfo('aes-128-gcm', { ivLength: 5 })), failed(() => crypto.getCipherInfo('aes-128-cbc', { ivLength: 5 })), failed(() => crypto.getCipherInfo('aes-128-cbc', { keyLength: 16 })), failed(() => crypto.getCipherInfo(null))]);
