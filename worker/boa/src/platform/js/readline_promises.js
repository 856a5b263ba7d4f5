// Nobody types into a sandbox.
module.exports = require('internal/absent').absent('readline/promises', 'Interface+EventEmitter Readline+ createInterface');
