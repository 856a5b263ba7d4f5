// There is no debugger. A session can be made, but cannot connect.
const EventEmitter = require('events');
const { absent, absence } = require('internal/absent');
const unavailable = (name) => absence(`inspector.${name}()`, 'a sandbox has no debugger');

class Session extends EventEmitter {
  connect() { throw unavailable('Session.connect'); }
  connectToMainThread() { throw unavailable('Session.connectToMainThread'); }
  post() { throw unavailable('Session.post'); }
  disconnect() {}
}
module.exports = absent('inspector', 'open close url waitForDebugger console Session Network', {
  close: () => {}, url: () => undefined, console: globalThis.console, Session, Network: {},
});
