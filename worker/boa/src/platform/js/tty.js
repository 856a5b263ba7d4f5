// No terminal.
module.exports = require('internal/absent').absent('tty', 'isatty ReadStream+Duplex WriteStream+Duplex', { isatty: () => false });
