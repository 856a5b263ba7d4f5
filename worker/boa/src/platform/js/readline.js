// A sandbox has no terminal.
module.exports = require('internal/absent').absent('readline', 'Interface+EventEmitter clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor', {});
Object.defineProperty(module.exports, 'promises', { enumerable: true, configurable: true, get: () => require('readline/promises') });
