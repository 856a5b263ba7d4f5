// Responses without a server: what they write to a socket, their states and events.
const http = require('http');
const { Readable, Writable } = require('stream');

class Sink extends Writable {
  constructor() {
    super();
    this.chunks = [];
  }
  _write(chunk, encoding, done) {
    this.chunks.push(chunk.toString('latin1').replace(/Date: [^\r]*/, 'Date: now').replace(/x{99,}/, (many) => `x * ${many.length}`));
    if (this.isSlow) setImmediate(done);
    else done();
  }
}
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const attempt = (act) => {
  try {
    const value = act();
    return value === undefined ? null : value;
  } catch (error) {
    return [error.name, error.code, error.message];
  }
};
const state = (response) => ({
  sent: response.headersSent, finished: response.finished, ended: response.writableEnded, wrote: response.writableFinished, length: response.writableLength,
  status: [response.statusCode, String(response.statusMessage)], keeps: response.shouldKeepAlive, last: response._last, body: response._hasBody,
  contentLength: response._contentLength, chunked: response.chunkedEncoding, destroyed: response.destroyed, closed: response.closed, mark: response.writableHighWaterMark,
  drains: response.writableNeedDrain, headers: response.getHeaders(), names: response.getHeaderNames(), raw: response.getRawHeaderNames(), waiting: [response.outputData.length, response.outputSize],
});
async function follow(act, properties, options) {
  const request = Object.assign(new http.IncomingMessage(new Sink()), { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 }, properties);
  const response = new http.ServerResponse(request, options);
  const sink = new Sink();
  const log = [];
  for (const name of ['socket', 'prefinish', 'finish', 'close', 'drain', 'error', 'pipe', 'timeout']) {
    response.on(name, (value) => log.push(name === 'error' ? [name, value.code, value.message] : name));
  }
  let value;
  try {
    value = await act(response, sink, log);
  } catch (error) {
    value = [error.name, error.code, error.message];
  }
  await wait(4);
  return { chunks: sink.chunks, log, value: value instanceof http.ServerResponse ? 'itself' : value, state: state(response), header: response._header && response._header.replace(/Date: [^\r]*/, 'Date: now') };
}
const on = (act) => (response, sink, log) => {
  response.assignSocket(sink);
  return act(response, sink, log);
};

const ways = {
  endText: [on((r) => r.end('hello'))],
  socketLater: [async (r, s) => { r.end('hello'); await wait(1); r.assignSocket(s); }],
  writes: [on((r, s, log) => { log.push(r.write('a', () => log.push('written')), r.write(Buffer.from('bé'))); r.end('c', () => log.push('ended')); })],
  slowWrites: [on(async (r) => { r.write('a'); await wait(1); r.write('b'); await wait(1); r.end(); })],
  endBytes: [on((r) => r.end(Buffer.from('hello')))],
  head: [on((r) => { r.setHeader('Content-Length', 5); r.end('hello'); }), { method: 'HEAD' }],
  headImplicit: [on((r) => r.end('hello')), { method: 'HEAD' }],
  noContent: [on((r) => { r.statusCode = 204; r.end('x'); })],
  noContentChunked: [on((r) => { r.writeHead(204, { 'Transfer-Encoding': 'chunked' }); r.end('x'); })],
  notModified: [on((r) => { r.writeHead(304, { ETag: '"x"' }); r.end(); })],
  old: [on((r) => { r.write('a'); r.end('b'); }), { httpVersionMinor: 0, headers: { te: 'x' } }],
  reason: [on((r) => { r.setHeader('A', '1'); r.writeHead(201, 'Made', { B: '2', A: '3', 'Set-Cookie': ['a=1', 'b=2'] }); r.end('x'); })],
  pairs: [on((r) => { r.writeHead(200, ['A', '1', 'A', '2', 'Cookie', ['x', 'y']]); r.end('x'); })],
  listOfPairs: [on((r) => { r.writeHead(200, [['A', '1'], ['A', '2']]); r.end('x'); })],
  pairsAfterSet: [on((r) => { r.setHeader('a', '0'); r.writeHead(200, ['A', '1', 'A', '2']); r.end('x'); })],
  oddPairs: [on((r) => r.writeHead(200, ['A']))],
  statuses: [(r) => [99, 1000, '200', 'x', NaN, undefined, 200.7, 799].map((status) => attempt(() => new http.ServerResponse(r.req).writeHead(status)._header.split('\r\n')[0]))],
  twice: [on((r) => { r.writeHead(200); r.writeHead(200); })],
  trailers: [on((r) => { r.writeHead(200, { Trailer: 'X-A' }); r.write('a'); r.addTrailers({ 'X-A': '1', 'X-B': ['2', '3'] }); r.addTrailers([['X-C', '4']]); r.end(); })],
  badTrailers: [(r) => [attempt(() => r.addTrailers({ 'a b': '1' })), attempt(() => r.addTrailers({ a: '\n' }))]],
  trailersOfNothing: [on((r) => { r.writeHead(200, { Trailer: 'X-A', 'Content-Length': 2 }); r.end('ab'); })],
  flushed: [on(async (r) => { r.setHeader('x', 'y'); r.flushHeaders(); await wait(1); r.end('late'); })],
  informed: [on((r) => { r.writeContinue(); r.writeProcessing(); r.writeEarlyHints({ link: '</a.css>; rel=preload; as=style', 'x-y': 'z' }); r.end('x'); })],
  badHints: [(r) => [attempt(() => r.writeEarlyHints({ link: 'bad' })), attempt(() => r.writeEarlyHints({})), attempt(() => r.writeEarlyHints())]],
  expectation: [on((r) => { r._expect_continue = true; r.end('x'); })],
  removed: [on((r) => { for (const name of ['connection', 'content-length', 'transfer-encoding', 'date']) r.removeHeader(name); r.end('x'); })],
  removedLength: [on((r) => { r.removeHeader('Content-Length'); r.end('x'); })],
  closing: [on((r) => { r.setHeader('Connection', 'close'); r.end('x'); })],
  keepAlive: [on((r) => { r._keepAliveTimeout = 5000; r._maxRequestsPerSocket = 3; r.end('x'); })],
  ownKeepAlive: [on((r) => { r._keepAliveTimeout = 5000; r.setHeader('Keep-Alive', 'timeout=1'); r.end('x'); })],
  lastOfConnection: [on((r) => { r.maxRequestsOnConnectionReached = true; r.end('x'); })],
  noDate: [on((r) => { r.sendDate = false; r.end('x'); })],
  ownDate: [on((r) => { r.setHeader('DATE', 'mine'); r.end('x'); })],
  latin1: [on((r) => { r.setHeader('X', 'é'); r.end('é', 'latin1'); })],
  disposition: [on((r) => { r.setHeader('Content-Length', 1); r.setHeader('Content-Disposition', 'attachment; filename="é.txt"'); r.end('x'); })],
  message: [on((r) => { r.statusMessage = 'Fine'; r.end('x'); })],
  badMessage: [on((r) => { r.statusMessage = 'F\n'; r.end('x'); })],
  afterEnd: [on((r, s, log) => { r.end('x'); log.push(r.write('y', (error) => log.push(error && error.code))); r.end('z', (error) => log.push('e', error && error.code)); r.end(() => log.push('again')); })],
  badBodies: [(r) => [attempt(() => r.write(null)), attempt(() => r.write(5)), attempt(() => r.end({}))]],
  tooLate: [on((r) => { r.flushHeaders(); return [attempt(() => r.setHeader('a', 'b')), attempt(() => r.removeHeader('a')), attempt(() => r.appendHeader('a', 'b')), attempt(() => r.setHeaders(new Map()))]; })],
  badHeaders: [(r) => [attempt(() => r.setHeader('a b', 'c')), attempt(() => r.setHeader('a')), attempt(() => r.setHeader('a', '\u0100')), attempt(() => r.setHeader('', 'x')), attempt(() => r.getHeader()), attempt(() => r.hasHeader(5)), attempt(() => r.appendHeader('a', '\n')), attempt(() => r.setHeaders([])), attempt(() => r.setHeaders({}))]],
  headers: [(r) => { r.setHeaders(new Headers([['a', '1'], ['set-cookie', 'x'], ['set-cookie', 'y']])); r.appendHeader('a', '2'); r.appendHeader('a', ['3', '4']); r.appendHeader('New', 'n'); return [r.getHeader('A'), r.getHeaders(), r._renderHeaders(), Object.getPrototypeOf(r.getHeaders())]; }],
  destroyed: [on(async (r, s, log) => { s.on('close', () => log.push('socket closed')); s.on('error', (error) => log.push(error.message)); r.destroy(new Error('mine')); await wait(1); log.push(r.write('x', (error) => log.push(error.code))); r.end('y'); return [String(r.errored), r.destroyed]; })],
  destroyedFirst: [async (r, s, log) => { r.destroy(); s.on('close', () => log.push('socket closed')); await wait(1); r.assignSocket(s); }],
  assignedTwice: [on((r, s) => r.assignSocket(s))],
  detached: [on((r, s) => { r.detachSocket(s); return [r.socket, s._httpMessage]; })],
  drains: [on(async (r, s, log) => { s.isSlow = true; log.push(r.write('x'.repeat(20000))); await new Promise((resolve) => s.once('drain', resolve)); r.end(); await new Promise((resolve) => r.once('finish', resolve)); })],
  drainsLater: [async (r, s, log) => { log.push(r.write('x'.repeat(20000)), r.writableNeedDrain); r.assignSocket(s); await wait(4); r.end(); }],
  mark: [(r, s, log) => { log.push(r.write('abcdef')); r.assignSocket(s); }, {}, { highWaterMark: 3 }],
  corked: [on(async (r, s, log) => { r.cork(); r.write('a'); r.write('b'); log.push(r.writableCorked); await wait(1); log.push(s.chunks.length); r.uncork(); await wait(1); r.end(); })],
  corkedFirst: [(r, s, log) => { r.cork(); r.write('a'); r.write('b'); log.push(r.writableCorked); r.uncork(); r.assignSocket(s); r.end(); }],
  strict: [on((r) => { r.strictContentLength = true; r.setHeader('Content-Length', 3); r.write('a'); r.end('b'); })],
  strictMore: [on((r) => { r.strictContentLength = true; r.setHeader('Content-Length', 3); r.write('abcd'); })],
  refused: [on((r) => r.end('b')), { method: 'HEAD' }, { rejectNonStandardBodyWrites: true }],
  piped: [on(async (r) => { Readable.from(['a', 'b', 'c']).pipe(r); await wait(5); })],
  pipedFrom: [on((r, s) => r.pipe(s))],
  empty: [on((r) => { r.write(''); r.end(); })],
  timeout: [(r, s, log) => { s.setTimeout = (ms) => log.push(`set ${ms}`); r.setTimeout(7, () => log.push('called')); r.assignSocket(s); s.emit('timeout'); }],
  socketCloses: [on(async (r, s, log) => { r.write('a'); s.destroy(); await wait(1); log.push(r.write('b')); })],
  oldName: [on((r) => { r.writeHeader(202, { a: 1 }); r.end(); })],
  bothFramings: [on((r) => { r.setHeader('Transfer-Encoding', 'chunked'); r.setHeader('Content-Length', '3'); r.end('abc'); })],
};

exports.handler = async () => {
  const out = { keys: [Object.keys(new http.OutgoingMessage()), Object.keys(new http.ServerResponse({}))] };
  for (const [name, way] of Object.entries(ways)) out[name] = await follow(...way);
  return out;
};
