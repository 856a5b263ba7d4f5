// Parts of `tls`, by the name under which Node.js has them.
const { SecureContext, createSecureContext } = require('tls');

function translatePeerCertificate(certificate) { return certificate || null; }
module.exports = { SecureContext, createSecureContext, translatePeerCertificate };
