// A stream on which requests come and answers go, in order, until one side ends it.
const { continueExpression } = require('_http_common');
const { kUniqueHeaders } = require('internal/http_headers');
const { RequestParser } = require('internal/http_parser');
const keepsAlive = ({ connection = '' }, isNew) => (isNew ? !/(?:^|\W)close(?:$|\W)/i.test(connection) : /(?:^|\W)keep-alive(?:$|\W)/i.test(connection));

class Connection {
  constructor(server, socket, classes) {
    Object.assign(this, { server, socket, classes, waiting: [], incoming: null, count: 0 });
    this.parser = new RequestParser(this, { headersMax: server.maxHeaderSize });
    socket.server = server;
    socket.on('data', (bytes) => this.read(bytes));
    socket.on('end', () => this.ended());
    socket.on('close', () => this.closed());
    socket.on('error', (error) => { if (!server.emit('clientError', error, socket)) socket.destroy(error); });
    if (server.timeout && typeof socket.setTimeout === 'function') socket.setTimeout(server.timeout);
  }
  read(bytes) {
    try {
      this.parser.execute(typeof bytes === 'string' ? require('buffer').Buffer.from(bytes, 'latin1') : bytes);
    } catch (error) {
      if (error.reason === undefined) throw error;
      this.fail(Object.assign(error, { rawPacket: bytes }));
    }
  }
  fail(error) {
    const { server, socket } = this;
    this.parser.isStopped = true;
    if (server.emit('clientError', error, socket)) return;
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    if (socket.writable && !(socket._httpMessage && socket._httpMessage._headerSent)) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, 'latin1');
    socket.destroy(error);
  }
  ended() {
    if (!this.parser.isIdle && !this.parser.isStopped) this.fail(Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_EOF_STATE', reason: 'Invalid EOF state' }));
    else if (!this.server.httpAllowHalfOpen && this.waiting.length === 0 && !this.socket._httpMessage) this.socket.end();
    else if (this.socket._httpMessage) this.socket._httpMessage._last = true;
  }
  closed() {
    const { incoming } = this;
    if (incoming && !incoming.complete) {
      incoming.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    }
  }
  // A request's head is there: gives what takes its body.
  request({ method, url, major, minor, rawHeaders }) {
    const { server, socket, classes } = this;
    const request = new classes.IncomingMessage(socket);
    Object.assign(request, { method, url, httpVersionMajor: major, httpVersionMinor: minor, httpVersion: `${major}.${minor}`, upgrade: false, joinDuplicateHeaders: !!server.joinDuplicateHeaders });
    request._addHeaderLines(rawHeaders, rawHeaders.length);
    this.incoming = request;
    if (request.headers.upgrade !== undefined && /(?:^|\W)upgrade(?:$|\W)/i.test(request.headers.connection || '') && server.listenerCount('upgrade') > 0) {
      request.upgrade = true;
      socket.removeAllListeners('data');
      server.emit('upgrade', request, socket, this.parser.rest);
      return undefined;
    }
    const response = new classes.ServerResponse(request, { highWaterMark: socket.writableHighWaterMark, rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites });
    response._keepAliveTimeout = server.keepAliveTimeout;
    response._maxRequestsPerSocket = server.maxRequestsPerSocket;
    response.shouldKeepAlive = keepsAlive(request.headers, major === 1 && minor >= 1);
    response[kUniqueHeaders] = server[kUniqueHeaders];
    this.count++;
    if (server.maxRequestsPerSocket > 0) response.maxRequestsOnConnectionReached = this.count >= server.maxRequestsPerSocket;
    if (socket._httpMessage) this.waiting.push(response);
    else response.assignSocket(socket);
    response.on('finish', () => this.answered(request, response));
    const sink = {
      body: (bytes) => { if (!request._dumped) request.push(bytes); },
      end: (trailers) => {
        request.complete = true;
        if (trailers.length > 0) request._addHeaderLines(trailers, trailers.length);
        request.push(null);
      },
    };
    this.hand(request, response);
    return sink;
  }
  hand(request, response) {
    const { server } = this;
    const { headers } = request;
    const isNew = request.httpVersionMajor === 1 && request.httpVersionMinor >= 1;
    if (isNew && server.requireHostHeader && headers.host === undefined) response.writeHead(400, ['Connection', 'close']).end();
    else if (isNew && headers.expect !== undefined) {
      if (continueExpression.test(headers.expect)) {
        response._expect_continue = true;
        if (server.emit('checkContinue', request, response)) return;
        response.writeContinue();
        server.emit('request', request, response);
      } else if (!server.emit('checkExpectation', request, response)) response.writeHead(417).end();
    } else server.emit('request', request, response);
  }
  // A response was handed to the stream whole: the next one has its turn.
  answered(request, response) {
    const { socket, waiting } = this;
    if (!request._consuming) request._dump();
    response.detachSocket(socket);
    process.nextTick(this.classes.closed, response);
    if (this.incoming === request && request.complete) this.incoming = null;
    if (response._last) {
      if (typeof socket.destroySoon === 'function') socket.destroySoon();
      else socket.end();
    } else if (waiting.length > 0) waiting.shift().assignSocket(socket);
  }
}

// Serves what comes on a socket, or on any stream that goes both ways.
function serve(server, socket, classes) {
  return new Connection(server, socket, classes);
}

module.exports = { serve };
