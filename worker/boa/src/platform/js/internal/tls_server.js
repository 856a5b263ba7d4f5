// `tls.Server`, to which nothing can connect: there are no keys to read.
const net = require('net');
const { codes } = require('internal/errors');

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') [options, listener] = [{}, options];
  else if (options === undefined || options === null) options = {};
  else if (typeof options !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
  this._contexts = [];
  this.requestCert = options.requestCert === true;
  this.rejectUnauthorized = options.rejectUnauthorized !== false;
  for (const name of ['pfx', 'key', 'passphrase', 'cert', 'ca', 'minVersion', 'maxVersion', 'ciphers']) this[name] = options[name];
  net.Server.call(this, options);
  if (listener) this.on('secureConnection', listener);
  return undefined;
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);
Object.assign(Server.prototype, {
  setSecureContext(options) { Object.assign(this, options); },
  getTicketKeys() { return require('buffer').Buffer.alloc(48); },
  setTicketKeys() {},
  addContext(name, context) { this._contexts.push([name, context]); },
});

module.exports = Server;
