// The server that cases of the groups `http`, `fetch` and `npm` call. Prints its port; ends with its input.
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
  '/jwks.json': (request, response) => response.setHeader('Content-Type', 'application/json').end(keys),
  '/oauth2/token': token,
  '/oauth2/revoke': (request, response) => response.end(),
  '/cut-off': (request, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('part');
    setTimeout(() => request.socket.destroy(), 5);
  },
};

// The keys of `cases/npm/jose_remote.js`.
const keys = '{"keys":[{"kty":"RSA","n":"szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw","e":"AQAB","kid":"rsa-1","use":"sig","alg":"RS256"},{"kty":"EC","x":"-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0","y":"DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM","crv":"P-256","kid":"ec-1","use":"sig","alg":"ES256"},{"crv":"Ed25519","x":"wIAvXoxYqEu_G09M4cDR01-9n1Yu1DuffrchUl7InhE","kty":"OKP","kid":"ed-1","use":"sig","alg":"EdDSA"}]}';

// An issuer whose codes and refresh tokens are the tokens that it gives for them.
function token(request, response) {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    const form = new URLSearchParams(body);
    const given = form.get('code') || form.get('refresh_token') || '';
    response.writeHead(given.includes('.') ? 200 : 400, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(given.includes('.') ? { id_token: given, access_token: 'access', refresh_token: given } : { error: 'invalid_grant' }));
  });
}

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
