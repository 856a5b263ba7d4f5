// No datagrams in a sandbox.
module.exports = require('internal/absent').absent('dgram', '_createSocketHandle createSocket Socket+EventEmitter');
