// Origins of Node.js that speak TLS. Arguments: the folder of the server's certificate, and a file
// with the authority of client certificates. Prints a line of JSON with the ports, and ends with
// its standard input.
'use strict';
const { readFileSync } = require('node:fs');
const http2 = require('node:http2');
const https = require('node:https');

const [folder, authority] = process.argv.slice(2);
const tls = {
  cert: readFileSync(`${folder}/origin.pem`),
  key: readFileSync(`${folder}/origin.key`),
};
const ca = authority && readFileSync(authority);
let sessions = 0;

function who(request, body) {
  const socket = request.stream?.session?.socket ?? request.socket;
  return JSON.stringify({
    version: request.httpVersion,
    session: request.stream?.session?.number,
    method: request.method,
    target: request.url,
    authority: request.headers[':authority'] ?? request.headers.host,
    headers: request.headers,
    client: socket.getPeerCertificate?.()?.subject?.CN ?? null,
    body,
  });
}

function answer(request, response) {
  const url = new URL(request.url, 'https://any');
  const number = Number(url.searchParams.get('n') ?? 0);
  switch (url.pathname) {
    case '/silent':
      return;
    case '/stalls':
      response.writeHead(200);
      response.write('part');
      return;
    case '/drip': {
      let left = number;
      const timer = setInterval(() => {
        response.write('.');
        left -= 1;
        if (left === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 100);
      return;
    }
    case '/large-head':
      response.setHeader('x-large', 'x'.repeat(30_000));
      return response.end();
    case '/nothing':
      response.writeHead(number);
      return response.end();
    case '/early':
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      return response.end(who(request, 0));
    case '/trailers':
      response.addTrailers({ 'x-trailer': '1' });
      return response.end('whole');
    case '/big':
      response.setHeader('content-length', number);
      return response.end(Buffer.alloc(number, 'b'));
    case '/last':
      response.end(who(request, 0));
      return request.stream.session.close();
    default: {
      let body = 0;
      request.on('data', (chunk) => { body += chunk.length; });
      request.on('end', () => setTimeout(() => response.end(who(request, body)), number));
    }
  }
}

const servers = {
  // HTTP/2, or HTTP/1.1 for clients that do not offer it.
  http2: http2.createSecureServer({ ...tls, allowHTTP1: true }, answer),
  // At most two streams for each connection.
  narrow: http2.createSecureServer({ ...tls, settings: { maxConcurrentStreams: 2 } }, answer),
  http1: https.createServer(tls, answer),
  // Refuses clients without a certificate.
  strict: http2.createSecureServer(
    { ...tls, ca, requestCert: true, rejectUnauthorized: true, allowHTTP1: true }, answer),
  // Asks for one, and takes what comes.
  asking: https.createServer({ ...tls, ca, requestCert: true, rejectUnauthorized: false }, answer),
};
const ports = {};
let listening = 0;
for (const [name, server] of Object.entries(servers)) {
  server.on('session', (session) => { session.number = ++sessions; session.on('error', () => {}); });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1', () => {
    ports[name] = server.address().port;
    listening += 1;
    if (listening === Object.keys(servers).length) console.log(JSON.stringify(ports));
  });
}
process.stdin.resume().on('end', () => process.exit());
