// A sandbox has no terminal.
module.exports = require('internal/absent').absent('readline/promises', 'Interface+EventEmitter Readline+ createInterface');
