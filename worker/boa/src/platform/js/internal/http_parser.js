// Reads HTTP/1 requests from pieces of bytes. It calls `events.request(head)` for each request, which
// returns the receiver of the body (`body(bytes)`, `end(trailers)`), or nothing to stop reading.
const { Buffer } = require('buffer');
const { methods, _checkIsHttpToken: isToken, _checkInvalidHeaderChar: isForbidden } = require('_http_common');
const HEADERS_MAX = 16384;
const LINES_MAX = 2000;

function broken(code, reason) {
  return Object.assign(new Error(`Parse Error: ${reason}`), { code, reason });
}

class RequestParser {
  constructor(events, { headersMax = HEADERS_MAX } = {}) {
    this.events = events;
    this.headersMax = headersMax;
    this.rest = Buffer.alloc(0);
    this.step = this.head;
    // Bytes of the header block that were read, of which there is a bound.
    this.size = 0;
    this.lines = [];
    this.sink = null;
    this.left = 0;
    this.isStopped = false;
  }
  get isIdle() { return this.step === this.head && this.rest.length === 0; }
  // Takes bytes. Throws what cannot be read as HTTP.
  execute(bytes) {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (!this.isStopped && this.step());
  }
  // The next line, or undefined until there is one.
  line() {
    const end = this.rest.indexOf('\n');
    if ((end === -1 ? this.rest.length : end) + this.size > this.headersMax) throw broken('HPE_HEADER_OVERFLOW', 'Header overflow');
    if (end === -1) return undefined;
    const text = this.rest.latin1Slice(0, end);
    this.rest = this.rest.subarray(end + 1);
    this.size += end + 1;
    if (!text.endsWith('\r')) throw broken('HPE_CR_EXPECTED', 'Missing expected CR after header value');
    return text.slice(0, -1);
  }
  // The lines of a header block up to the empty one, or undefined until they are there.
  block() {
    for (let line = this.line(); line !== undefined; line = this.line()) {
      if (line === '') return this.lines.splice(0);
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (colon === -1 || !isToken(name)) throw broken('HPE_INVALID_HEADER_TOKEN', 'Invalid header token');
      const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
      if (isForbidden(value)) throw broken('HPE_INVALID_HEADER_TOKEN', 'Invalid header value char');
      this.lines.push(name, value);
      if (this.lines.length > 2 * LINES_MAX) throw broken('HPE_HEADER_OVERFLOW', 'Header overflow');
    }
    return undefined;
  }
  head() {
    // Empty lines before a request are let through.
    while (this.first === undefined) {
      const line = this.line();
      if (line === undefined) return false;
      if (line !== '') this.first = line;
    }
    const rawHeaders = this.block();
    if (rawHeaders === undefined) return false;
    const [, method, url, major, minor] = /^([A-Z-]+) ([^ ]+) HTTP\/(\d)\.(\d)$/.exec(this.first) || [];
    if (method === undefined || !methods.includes(method)) throw broken('HPE_INVALID_METHOD', 'Invalid method encountered');
    this.first = undefined;
    this.size = 0;
    this.open({ method, url, major: +major, minor: +minor, rawHeaders });
    return true;
  }
  // Decides how the body is framed.
  open(head) {
    let length;
    let coding;
    for (let at = 0; at < head.rawHeaders.length; at += 2) {
      const name = head.rawHeaders[at].toLowerCase();
      const value = head.rawHeaders[at + 1];
      if (name === 'content-length') {
        if (!/^\d{1,15}$/.test(value)) throw broken('HPE_INVALID_CONTENT_LENGTH', 'Invalid character in Content-Length');
        if (length !== undefined) throw broken('HPE_UNEXPECTED_CONTENT_LENGTH', 'Content-Length already present');
        length = +value;
      } else if (name === 'transfer-encoding') coding = coding === undefined ? value : `${coding}, ${value}`;
    }
    if (coding !== undefined && (length !== undefined || !/(?:^|,)[ \t]*chunked$/i.test(coding))) {
      throw broken('HPE_INVALID_TRANSFER_ENCODING', 'Request has invalid `Transfer-Encoding`');
    }
    this.sink = this.events.request(head);
    this.isStopped = !this.sink;
    this.left = length || 0;
    this.step = coding === undefined ? this.whole : this.chunkSize;
  }
  take(next) {
    const bytes = this.rest.subarray(0, this.left);
    if (bytes.length > 0) this.sink.body(bytes);
    this.rest = this.rest.subarray(bytes.length);
    this.left -= bytes.length;
    if (this.left > 0) return false;
    this.step = next;
    return true;
  }
  whole() { return this.take(this.end); }
  chunkSize() {
    const line = this.line();
    if (line === undefined) return false;
    const [, size] = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line) || [];
    if (size === undefined) throw broken('HPE_INVALID_CHUNK_SIZE', 'Invalid character in chunk size');
    this.size = 0;
    this.left = parseInt(size, 16);
    this.step = this.left === 0 ? this.end : this.chunk;
    this.hasTrailers = this.left === 0;
    return true;
  }
  chunk() { return this.take(this.chunkEnd); }
  chunkEnd() {
    const line = this.line();
    if (line === undefined) return false;
    if (line !== '') throw broken('HPE_STRICT', 'Expected LF after chunk data');
    this.size = 0;
    this.step = this.chunkSize;
    return true;
  }
  end() {
    const trailers = this.hasTrailers ? this.block() : [];
    if (trailers === undefined) return false;
    this.hasTrailers = false;
    this.size = 0;
    this.step = this.head;
    const { sink } = this;
    this.sink = null;
    sink.end(trailers);
    return true;
  }
}

module.exports = { RequestParser };
