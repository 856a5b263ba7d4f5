'use strict';

// Node.js' inspector, for `brink dev --inspect`.
//
// The settings are `host`, `port` and `wait`. The supervisor leads debuggers to this address, which is
// one of the sandbox's own loopback.

/** Opens the inspector, and waits for a debugger if that is wanted. */
function open({ host, port, wait }) {
  // It takes a while to load, and few processes need it.
  const inspector = require('node:inspector');
  inspector.open(port, host);
  if (wait) inspector.waitForDebugger();
}

module.exports = { open };
