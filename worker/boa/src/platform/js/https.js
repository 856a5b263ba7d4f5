// HTTPS: the client of `http` with another agent, and servers that are called in process.
const http = require('http');
const { lazily } = require('internal/absent');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  http.Agent.call(this, options);
  this.defaultPort = 443;
  this.protocol = 'https:';
  this.maxCachedSessions = this.options.maxCachedSessions === undefined ? 100 : this.options.maxCachedSessions;
}
Object.setPrototypeOf(Agent.prototype, http.Agent.prototype);
Object.setPrototypeOf(Agent, http.Agent);
Object.defineProperty(Agent.prototype, 'getName', {
  value(options = {}) {
    return http.Agent.prototype.getName.call(this, options) + ':'.repeat(19);
  }, writable: true, configurable: true,
});

function request(...values) {
  let options = {};
  if (typeof values[0] === 'string' || values[0] instanceof URL) {
    const url = values.shift();
    const given = values[0] && typeof values[0] !== 'function' ? values.shift() : {};
    return new http.ClientRequest(url, { ...given, _defaultAgent: module.exports.globalAgent }, values[0]);
  }
  if (values[0] && typeof values[0] !== 'function') options = values.shift();
  return new http.ClientRequest({ ...options, _defaultAgent: module.exports.globalAgent }, values[0]);
}
function get(...values) {
  const made = request(...values);
  made.end();
  return made;
}

const https = module.exports;
Object.assign(https, { Agent, globalAgent: new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, noDelay: true }) });
lazily(https, 'Server', () => require('internal/https_server'));
Object.assign(https, { createServer: function createServer(options, listener) { return new (require('internal/https_server'))(options, listener); }, get, request });
