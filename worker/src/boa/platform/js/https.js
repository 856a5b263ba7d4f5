// The HTTPS client: that of `http` with another agent.
const http = require('http');

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
function Server() { return new http.Server(); }

Object.assign(module.exports, {
  Agent, globalAgent: new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, noDelay: true }), Server,
  createServer() { return http.createServer(); }, get, request,
});
