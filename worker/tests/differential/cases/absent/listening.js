// Nothing can connect to a function: `listen` says so, and what to do instead.
const http = require('http');
const listening = {
  port: () => http.createServer(() => {}).listen(3000),
  socket: () => http.createServer().listen('/tmp/server.sock'),
  https: () => require('https').createServer().listen({ port: 0 }, () => {}),
  net: () => require('net').createServer().listen(0),
  connect: () => require('net').connect(80, 'example.com'),
};
exports.handler = async () => {
  // Node.js listens; that it is refused, and how, is the embedded runtime's.
  const embedded = process.execPath === '/var/lang/bin/node';
  return Object.entries(listening).map(([name, act]) => {
    if (!embedded) return [name, 'ERR_BRINK_UNAVAILABLE', true];
    try {
      act();
      return [name, 'did something'];
    } catch (error) {
      return [name, error.code, /serverless-http|fetch/.test(error.message) && !/runtime = /.test(error.message)];
    }
  });
};
