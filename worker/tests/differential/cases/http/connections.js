// A server that is handed streams: what it reads from them and writes to them.
const http = require('http');
const { Duplex } = require('stream');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function talk(pieces, listener = echo, options = {}, prepare = () => {}) {
  const server = http.createServer(options, listener);
  const log = [];
  prepare(server, log);
  const got = [];
  const stream = new Duplex({
    read() {},
    write(chunk, encoding, done) {
      got.push(chunk.toString('latin1'));
      done();
    },
    final(done) {
      got.push('<fin>');
      done();
    },
  });
  stream.on('error', (error) => log.push(error.code)).on('close', () => log.push('closed'));
  server.emit('connection', stream);
  for (const piece of [].concat(pieces)) {
    stream.push(piece === null ? null : Buffer.from(piece, 'latin1'));
    await wait(1);
  }
  await wait(5);
  const { destroyed } = stream;
  stream.destroy();
  return [got.join('').replace(/Date: [^\r]*/g, 'Date: now'), log, destroyed];
}
function echo(request, response) {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    response.setHeader('X-Url', request.url);
    response.end(JSON.stringify([request.method, request.headers, request.rawHeaders, body, request.trailers, request.httpVersion, request.complete]));
  });
}

exports.handler = async () => ({
  get: await talk('GET /a?b HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2\r\n\r\n'),
  inPieces: await talk(['POST / HTTP/1.1\r\nHo', 'st: h\r\nContent-Len', 'gth: 5\r\n\r\nab', 'cde']),
  chunked: await talk('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n'),
  pipelined: await talk('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
  old: await talk('GET / HTTP/1.0\r\n\r\n'),
  oldKeepsAlive: await talk('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'),
  noHost: await talk('GET / HTTP/1.1\r\n\r\n'),
  noHostAllowed: await talk('GET / HTTP/1.1\r\n\r\n', echo, { requireHostHeader: false }),
  bad: await talk('NOPE\r\n\r\n'),
  badMethod: await talk('NOPE / HTTP/1.1\r\nHost: h\r\n\r\n'),
  badLength: await talk('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n'),
  bothFramings: await talk('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  expect: await talk('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi'),
  expectOther: await talk('POST / HTTP/1.1\r\nHost: h\r\nExpect: x\r\nContent-Length: 2\r\n\r\nhi'),
  checkContinue: await talk('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n', echo, {}, (server, log) => server.on('checkContinue', (request, response) => {
    log.push('asked');
    response.writeHead(413).end();
  })),
  head: await talk('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n'),
  upgrade: await talk('GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\nrest', echo, {}, (server, log) => server.on('upgrade', (request, socket, first) => {
    log.push(request.upgrade, String(first));
    socket.end('yo');
  })),
  upgradeUnheard: await talk('GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: ws\r\n\r\n'),
  endsEarly: await talk(['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab', null]),
  endsAfter: await talk(['GET / HTTP/1.1\r\nHost: h\r\n\r\n', null]),
  clientError: await talk('x\r\n\r\n', echo, {}, (server, log) => server.on('clientError', (error, socket) => {
    log.push(error.code);
    socket.end('HTTP/1.1 400 x\r\n\r\n');
  })),
  bigHead: await talk(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'y'.repeat(20000)}\r\n\r\n`),
  unreadBody: await talk('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: h\r\n\r\n', (request, response) => response.end(request.url)),
  late: await talk('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n', (request, response) => setTimeout(() => response.end(request.url), request.url === '/1' ? 3 : 1)),
  events: await talk('GET / HTTP/1.1\r\nHost: h\r\n\r\n', (request, response) => response.end('x'), {}, (server, log) => server.prependListener('request', (request, response) => {
    for (const name of ['prefinish', 'finish', 'close']) response.on(name, () => log.push(name));
    for (const name of ['end', 'close']) request.on(name, () => log.push(`request ${name}`));
  })),
});
