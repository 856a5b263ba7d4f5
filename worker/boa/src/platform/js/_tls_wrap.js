// Parts of `tls`, by the name under which Node.js has them.
const { TLSSocket, Server, createServer, connect } = require('tls');

module.exports = { TLSSocket, Server, createServer, connect };
