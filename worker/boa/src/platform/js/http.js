// HTTP as in Node.js. Clients call through the host, and servers are called in process.
const { lazily } = require('internal/absent');
const agents = require('_http_agent');
const { ClientRequest } = require('_http_client');
const { IncomingMessage } = require('_http_incoming');
const { OutgoingMessage, validateHeaderName, validateHeaderValue } = require('_http_outgoing');
const server = () => require('_http_server');

function request(url, options, callback) { return new ClientRequest(url, options, callback); }
function get(url, options, callback) {
  const made = request(url, options, callback);
  made.end();
  return made;
}

const http = module.exports;
lazily(http, '_connectionListener', () => server()._connectionListener);
http.METHODS = require('_http_common').methods.slice().sort();
lazily(http, 'STATUS_CODES', () => server().STATUS_CODES);
Object.assign(http, { Agent: agents.Agent, ClientRequest, IncomingMessage, OutgoingMessage });
lazily(http, 'Server', () => server().Server);
lazily(http, 'ServerResponse', () => server().ServerResponse);
Object.assign(http, {
  createServer: function createServer(options, listener) { return new (server().Server)(options, listener); },
  validateHeaderName,
  validateHeaderValue,
  get,
  request,
  setMaxIdleHTTPParsers(max) { require('internal/validators').validateInteger(max, 'max', 1); },
});
Object.defineProperties(http, {
  maxHeaderSize: { enumerable: true, configurable: true, get: () => 16384 },
  globalAgent: {
    enumerable: true,
    configurable: true,
    get: () => agents.globalAgent,
    set(value) { agents.globalAgent = value; },
  },
});
