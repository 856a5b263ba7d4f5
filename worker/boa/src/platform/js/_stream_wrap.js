// A stream as a socket of native code. A sandbox has no such sockets.
const { Socket } = require('net');
const { absence } = require('internal/absent');
process.emitWarning('The _stream_wrap module is deprecated.', 'DeprecationWarning', 'DEP0125');
module.exports = class JSStreamSocket extends Socket {
  constructor() {
    super();
    throw absence('_stream_wrap');
  }
};
