// Agents. The host keeps the connections. An agent only has their settings.
const EventEmitter = require('events');
const { absence, lazily } = require('internal/absent');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  const own = this.options = Object.assign(Object.create(null), { path: null }, options);
  Object.assign(this, {
    defaultPort: 80, protocol: 'http:', requests: Object.create(null), sockets: Object.create(null), freeSockets: Object.create(null),
    keepAliveMsecs: own.keepAliveMsecs || 1000, keepAlive: own.keepAlive || false, maxSockets: own.maxSockets || Infinity,
    maxFreeSockets: own.maxFreeSockets || 256, scheduling: own.scheduling || 'lifo', maxTotalSockets: own.maxTotalSockets || Infinity, totalSocketCount: 0,
  });
}
Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Agent, EventEmitter);
Agent.defaultMaxSockets = Infinity;
Object.assign(Agent.prototype, {
  createConnection() { throw absence('http.Agent.createConnection()'); },
  getName(options = {}) {
    let name = `${options.host || 'localhost'}:${options.port || ''}:${options.localAddress || ''}`;
    if (options.family === 4 || options.family === 6) name += `:${options.family}`;
    return options.socketPath ? `${name}:${options.socketPath}` : name;
  },
  addRequest() {},
  keepSocketAlive() { return true; },
  reuseSocket() {},
  removeSocket() {},
  destroy() {},
});


module.exports = { Agent };
lazily(module.exports, 'globalAgent', () => new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, noDelay: true }));
