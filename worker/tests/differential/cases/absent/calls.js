// What cannot be had throws when it is used, not when it is loaded.
exports.handler = async () => {
  const tries = {
    spawn: () => require('child_process').spawn('ls'),
    exec: () => require('child_process').execSync('ls'),
    server: () => require('net').createServer().listen(80),
    worker: () => new (require('worker_threads').Worker)('x.js'),
    socket: () => require('dgram').createSocket('udp4'),
  };
  // Node.js has these; that nothing else happens than a throw is the embedded runtime's.
  const embedded = process.execPath === '/var/lang/bin/node';
  return Object.entries(tries).map(([name, call]) => {
    if (!embedded) return [name, true];
    try { call(); return [name, 'did something']; } catch (error) { return [name, error instanceof Error && typeof error.code === 'string']; }
  });
};
