// The server that cases of the groups `http` and `fetch` call. Prints its port; ends with its input.
'use strict';

const http = require('node:http');
const zlib = require('node:zlib');

const text = 'The quick brown fox jumps over the lazy dog. '.repeat(20);
const answers = {
  '/text': (request, response) => response.end(text),
  '/json': (request, response) => response.setHeader('Content-Type', 'application/json').end('{"a":[1,2,{"b":"ü"}]}'),
  '/gzip': (request, response) => response.setHeader('Content-Encoding', 'gzip').end(zlib.gzipSync(text)),
  '/br': (request, response) => response.setHeader('Content-Encoding', 'br').end(zlib.brotliCompressSync(text)),
  '/deflate': (request, response) => response.setHeader('Content-Encoding', 'deflate').end(zlib.deflateSync(text)),
  '/broken-gzip': (request, response) => response.setHeader('Content-Encoding', 'gzip').end('no gzip'),
  '/chunks': (request, response) => {
    response.write('one,');
    setTimeout(() => response.end('two'), 5);
  },
  '/headers': (request, response) => response
    .setHeader('X-Many', ['1', '2']).setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']).setHeader('X-Bytes', '\xe9').end(),
  '/empty': (request, response) => response.writeHead(204).end(),
  '/teapot': (request, response) => response.writeHead(418, 'Short And Stout').end('no coffee'),
  '/loop': (request, response) => response.writeHead(302, { Location: '/loop' }).end(),
  '/to-echo': (request, response) => response.writeHead(302, { Location: '/echo?redirected' }).end(),
  '/307': (request, response) => response.writeHead(307, { Location: '/echo' }).end(),
  '/303': (request, response) => response.writeHead(303, { Location: '/echo' }).end(),
  '/hang-up': (request) => request.socket.destroy(),
  '/never': () => {},
  '/cut-off': (request, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('part');
    setTimeout(() => request.socket.destroy(), 5);
  },
};

function echo(request, response) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { host, ...headers } = request.headers;
    const body = Buffer.concat(chunks).toString();
    const { method, url } = request;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ method, url, headers: Object.entries(headers).sort(), body }));
  });
}

http.createServer((request, response) => {
  response.sendDate = false;
  (answers[request.url] || echo)(request, response);
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`${this.address().port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
