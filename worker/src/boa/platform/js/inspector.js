// Nothing to inspect with.
module.exports = require('internal/absent').absent('inspector', 'open close url waitForDebugger console Session+EventEmitter Network', {
  close: () => {}, url: () => undefined, console: globalThis.console, Network: {},
});
