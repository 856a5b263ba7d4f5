const http = require('http');
const https = require('https');
exports.handler = async () => ({
  keys: [Object.keys(http), Object.keys(https)],
  METHODS: http.METHODS,
  STATUS_CODES: http.STATUS_CODES,
  agents: [http.globalAgent.defaultPort, https.globalAgent.defaultPort, http.globalAgent.protocol, https.globalAgent.protocol, http.globalAgent.keepAlive, new http.Agent({ keepAlive: true, maxSockets: 5 }).maxSockets, https.globalAgent instanceof http.Agent],
  name: new http.Agent().getName({ host: 'a', port: 80 }),
});
