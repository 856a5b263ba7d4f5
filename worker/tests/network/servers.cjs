'use strict';

// Servers for the programs of sandboxes. Writes their ports as one line of JSON.

const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const { Readable } = require('node:stream');

const file = (name) => fs.readFileSync(path.join(__dirname, name));
const tls = { key: file('server.key'), cert: file('server.pem') };

function answer(request, response) {
  let length = 0;
  request.on('data', (chunk) => { length += chunk.length; });
  request.on('end', () => {
    const host = (request.headers.host ?? request.headers[':authority'] ?? '').replace(/:\d+$/, '');
    const size = Number(/^\/bytes\/(\d+)/.exec(request.url)?.[1] ?? 0);
    if (size > 0) Readable.from(bytes(size)).pipe(response).on('error', () => {});
    else response.end(`${request.method} ${request.url} ${host} ${length}`);
  });
}

function* bytes(size) {
  const chunk = Buffer.alloc(65_536, 'x');
  for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

/** Greets, as mail servers and databases do, and then says everything back. */
function echo(socket) {
  socket.on('error', () => {});
  socket.write('hello ');
  socket.pipe(socket);
}

const servers = {
  http: http.createServer(answer),
  https: https.createServer(tls, answer),
  http2: http2.createSecureServer(tls, answer),
  h2c: http2.createServer(answer),
  raw: net.createServer(echo),
};

const ports = {};
for (const [name, server] of Object.entries(servers)) {
  server.listen(0, '127.0.0.1', () => {
    ports[name] = server.address().port;
    if (Object.keys(ports).length === Object.keys(servers).length) console.log(JSON.stringify(ports));
  });
}
process.stdin.on('end', () => process.exit()).resume();
