'use strict';

// Everything by which a function in Node.js may open connections. Writes the results as JSON.
//
// node cases.cjs SETTINGS PORTS AUTHORITY, with the settings of `load` and the ports of servers.cjs.

const fs = require('node:fs');

const [settings, ports] = process.argv.slice(2, 4).map((text) => JSON.parse(text));
const ca = fs.readFileSync(process.argv[4]);
require('../../interpreters/node/connections.cjs').install(settings);

const dns = require('node:dns');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const util = require('node:util');

async function text(stream) {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

function get(client, options) {
  return new Promise((resolve, reject) => {
    client.get(options, (response) => text(response).then(resolve, reject)).on('error', reject);
  });
}

function echoed(socket) {
  return new Promise((resolve, reject) => {
    let all = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      all += chunk;
      if (all.includes('BYE')) socket.end();
    });
    socket.on('end', () => resolve(all));
    socket.write('BYE');
  });
}

function viaHttp2(url, options) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(url, options);
    session.on('error', reject);
    text(session.request({ ':path': '/h2' })).then((body) => {
      session.close();
      resolve(body);
    }, () => {});
  });
}

async function twice(client, agent, port) {
  const one = { host: 'a.example', port, path: '/1', agent };
  const both = [await get(client, one), await get(client, { ...one, path: '/2' })];
  agent.destroy();
  return both.join(', ');
}

const cause = (error) => { throw error.cause; };

const cases = {
  http: () => get(http, `http://a.example:${ports.http}/x`),
  httpAgent: () => twice(http, new http.Agent({ keepAlive: true }), ports.http),
  https: () => get(https, { host: 'a.example', port: ports.https, path: '/s', ca }),
  // As the AWS SDK makes them.
  httpsAgent: () => twice(https, new https.Agent({ keepAlive: true, maxSockets: 50, ca }), ports.https),
  httpsOtherName: () => get(https, { host: 'b.example', port: ports.https, ca }),
  httpsUnknownAuthority: () => get(https, { host: 'a.example', port: ports.https, ca: [] }),
  fetch: () => fetch(`http://a.example:${ports.http}/f`, { method: 'POST', body: '12345' }).then((r) => r.text()),
  fetchTls: () => fetch(`https://a.example:${ports.https}/f`, { method: 'POST', body: '12345' }).then((r) => r.text()),
  fetchDenied: () => fetch('http://denied.example/').catch(cause),
  fetchNoName: () => fetch('https://nothing.invalid/').catch(cause),
  denied: () => get(https, 'https://denied.example/'),
  noName: () => get(http, 'http://nothing.invalid/'),
  refused: () => get(http, 'http://a.example:1/'),
  http2: () => viaHttp2(`https://a.example:${ports.http2}`, { ca }),
  h2c: () => viaHttp2(`http://a.example:${ports.h2c}`),
  raw: () => echoed(net.connect(ports.raw, 'a.example')),
  rawListener: () => new Promise((resolve, reject) => {
    const socket = net.connect({ port: ports.raw, host: 'a.example' }, () => echoed(socket).then(resolve, reject));
    socket.on('error', reject);
  }),
  rawTls: () => new Promise((resolve, reject) => {
    const socket = tls.connect(ports.https, 'a.example', { ca, servername: 'a.example' }, () => {
      socket.write('GET /r HTTP/1.0\r\nHost: a.example\r\n\r\n');
      text(socket).then((all) => resolve(all.split('\r\n').at(-1)), reject);
    });
    socket.on('error', reject);
  }),
  rawDenied: () => echoed(net.connect(80, 'denied.example')),
  rawPrivate: () => echoed(net.connect(80, '10.0.0.1')),
  lookup: async () => {
    const { address } = await util.promisify(dns.lookup)('a.example');
    return get(http, { host: address, port: ports.http, path: '/l', headers: { host: 'a.example' } });
  },
  lookupAll: async () => (await dns.promises.lookup('b.example', { all: true })).length,
  ownServer: async () => {
    const server = http.createServer((_, response) => response.end('own'));
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const body = await get(http, `http://127.0.0.1:${server.address().port}/`);
    server.close();
    return body;
  },
  loopback: () => get(http, `http://127.0.0.1:${ports.http}/loop`),
  large: async () => {
    const body = Buffer.alloc(3_000_000);
    const sent = await fetch(`https://a.example:${ports.https}/large`, { method: 'POST', body }).then((r) => r.text());
    const got = await fetch(`https://a.example:${ports.https}/bytes/3000000`).then((r) => r.text());
    return `${sent}, ${got.length}`;
  },
  many: async () => {
    const all = Array.from({ length: 12 }, (_, n) => get(http, `http://a.example:${ports.http}/${n}`));
    return (await Promise.all(all)).length;
  },
};

async function main() {
  const results = {};
  for (const [name, run] of Object.entries(cases)) {
    try {
      results[name] = await run();
    } catch (error) {
      results[name] = `! ${error.code}`;
    }
  }
  fs.writeSync(1, JSON.stringify(results));
  process.exit();
}

main();
