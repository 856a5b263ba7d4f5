// A sandbox has no connections. The worker encrypts the calls of `fetch` and `https`.
const { absent, lazily } = require('internal/absent');
module.exports = absent('tls', 'CLIENT_RENEG_LIMIT CLIENT_RENEG_WINDOW DEFAULT_CIPHERS DEFAULT_ECDH_CURVE DEFAULT_MIN_VERSION DEFAULT_MAX_VERSION getCiphers rootCertificates convertALPNProtocols checkServerIdentity createSecureContext SecureContext TLSSocket+Duplex Server createServer connect createSecurePair', {
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  DEFAULT_ECDH_CURVE: 'auto',
  DEFAULT_MIN_VERSION: 'TLSv1.2',
  DEFAULT_MAX_VERSION: 'TLSv1.3',
  createServer: function createServer(options, listener) { return new module.exports.Server(options, listener); },
  getCiphers: () => ['tls_aes_128_gcm_sha256', 'tls_aes_256_gcm_sha384', 'tls_chacha20_poly1305_sha256'],
  rootCertificates: Object.freeze([]),
});
lazily(module.exports, 'Server', () => require('internal/tls_server'));
