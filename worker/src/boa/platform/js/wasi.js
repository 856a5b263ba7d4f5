// No WebAssembly system interface.
module.exports = require('internal/absent').absent('wasi', 'WASI+');
