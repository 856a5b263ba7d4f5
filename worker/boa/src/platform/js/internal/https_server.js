// `https.Server`: that of `http` on `tls.Server`.
const tls = require('tls');
const { storeHTTPOptions, _connectionListener, forHttps: { beginServer, methods } } = require('_http_server');

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') [options, listener] = [{}, options];
  options = { ALPNProtocols: ['http/1.1'], noDelay: true, ...options };
  storeHTTPOptions.call(this, options);
  tls.Server.call(this, options, _connectionListener);
  beginServer(this, options, listener);
  return undefined;
}
Object.setPrototypeOf(Server.prototype, tls.Server.prototype);
Object.setPrototypeOf(Server, tls.Server);
Object.assign(Server.prototype, methods);

module.exports = Server;
