// No WebAssembly system interface.
require('process').emitWarning('WASI is an experimental feature and might change at any time', 'ExperimentalWarning');
module.exports = require('internal/absent').absent('wasi', 'WASI+');
