// The header block of an outgoing message: checks of its lines, and its text.
const { codes } = require('internal/errors');
const { _checkIsHttpToken: isToken, _checkInvalidHeaderChar: isForbidden, chunkExpression } = require('_http_common');

// Where a message keeps its headers, as `[name, value]` by lower-case name, and which of them are
// to be one line each.
const kOutHeaders = Symbol('kOutHeaders');
const kUniqueHeaders = Symbol('kUniqueHeaders');
const closes = /(?:^|\W)close(?:$|\W)/i;

function validateHeaderName(name, label) {
  if (typeof name !== 'string' || !name || !isToken(name)) throw new codes.ERR_INVALID_HTTP_TOKEN(label || 'Header name', name);
}
function validateHeaderValue(name, value) {
  if (value === undefined) throw new codes.ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (isForbidden(value)) throw new codes.ERR_INVALID_CHAR('header content', name);
}
function parseUniqueHeadersOption(headers) {
  return Array.isArray(headers) ? new Set(headers.map((name) => name.toLowerCase())) : null;
}

const misread = (value) => require('buffer').Buffer.from(`${value}`, 'latin1').toString();

// Gathers the lines of a header block, and notes what they say about the message.
class Block {
  constructor(message, firstLine) {
    this.message = message;
    this.text = firstLine;
    this.has = Object.create(null);
  }
  add(name, value, check) {
    if (check) validateHeaderName(name);
    // As Node.js does it: such a name of a file is read as latin1, and then as UTF-8.
    if (this.message._contentLength && name.length === 19 && name.toLowerCase() === 'content-disposition') {
      value = Array.isArray(value) ? value.map(misread) : misread(value);
    }
    if (!Array.isArray(value)) {
      this.line(name, value, check);
      return;
    }
    const unique = this.message[kUniqueHeaders];
    const isJoined = (value.length > 1 && name.length === 6 && name.toLowerCase() === 'cookie') || (unique && unique.has(name.toLowerCase()));
    if (isJoined) this.line(name, value.join('; '), check);
    else for (const one of value) this.line(name, one, check);
  }
  line(name, value, check) {
    if (check) validateHeaderValue(name, value);
    this.text += `${name}: ${value}\r\n`;
    const { message } = this;
    const lower = name.toLowerCase();
    if (lower === 'connection') {
      message._removedConnection = false;
      if (closes.test(value)) message._last = true;
      else message.shouldKeepAlive = true;
    } else if (lower === 'transfer-encoding') {
      message._removedTE = false;
      if (chunkExpression.test(value)) message.chunkedEncoding = true;
    } else if (lower === 'content-length') {
      message._contentLength = +value;
      message._removedContLen = false;
    } else if (lower === 'keep-alive') message._defaultKeepAlive = false;
    this.has[lower] = true;
  }
  addAll(headers) {
    if (headers === this.message[kOutHeaders]) for (const key in headers) this.add(headers[key][0], headers[key][1], false);
    else if (!Array.isArray(headers)) for (const name of Object.keys(headers)) this.add(name, headers[name], true);
    else if (Array.isArray(headers[0])) for (const [name, value] of headers) this.add(name, value, true);
    else if (headers.length % 2 !== 0) throw new codes.ERR_INVALID_ARG_VALUE('headers', headers);
    else for (let at = 0; at < headers.length; at += 2) this.add(headers[at], headers[at + 1], true);
  }
  // What the author did not say about the connection.
  addConnection() {
    const { message } = this;
    if (message._removedConnection) {
      message._last = !message.shouldKeepAlive;
      return;
    }
    if (this.has.connection) return;
    const keeps = message.shouldKeepAlive && (this.has['content-length'] || message.useChunkedEncodingByDefault || message.agent);
    if (keeps && !message.maxRequestsOnConnectionReached) {
      this.text += 'Connection: keep-alive\r\n';
      if (!message._keepAliveTimeout || !message._defaultKeepAlive) return;
      const max = ~~message._maxRequestsPerSocket > 0 ? `, max=${message._maxRequestsPerSocket}` : '';
      this.text += `Keep-Alive: timeout=${Math.floor(message._keepAliveTimeout / 1000)}${max}\r\n`;
      return;
    }
    if (!keeps) message._last = true;
    this.text += 'Connection: close\r\n';
  }
  // How one finds the end of the body, if the author did not say.
  addFraming() {
    const { message, has } = this;
    if (has['content-length'] || has['transfer-encoding']) return;
    if (!message._hasBody) message.chunkedEncoding = false;
    else if (!message.useChunkedEncodingByDefault) message._last = true;
    else if (!has.trailer && !message._removedContLen && typeof message._contentLength === 'number') {
      this.text += `Content-Length: ${message._contentLength}\r\n`;
    } else if (!message._removedTE) {
      this.text += 'Transfer-Encoding: chunked\r\n';
      message.chunkedEncoding = true;
    } else message._last = true;
  }
}

module.exports = { kOutHeaders, kUniqueHeaders, validateHeaderName, validateHeaderValue, parseUniqueHeadersOption, Block };
