// Shared parts of `http`: words of the protocol, and checks of names and values.
const { codes } = require('internal/errors');
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;
const chunkExpression = /(?:^|\W)chunked(?:$|\W)/i;
const continueExpression = /(?:^|\W)100-continue(?:$|\W)/i;
const CRLF = '\r\n';
const methods = 'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE QUERY'.split(' ');

function _checkIsHttpToken(text) { return token.test(text); }
function _checkInvalidHeaderChar(text) { return forbidden.test(text); }

// `HTTPParser` of Node.js is made of native code. What there is of it are the names.
class HTTPParser {
  constructor() { throw new codes.ERR_BRINK_UNAVAILABLE('http.HTTPParser'); }
}
Object.assign(HTTPParser, { REQUEST: 1, RESPONSE: 2, kOnMessageBegin: 0, kOnHeaders: 1, kOnHeadersComplete: 2, kOnBody: 3, kOnMessageComplete: 4, kOnExecute: 5, kOnTimeout: 6 });

function isLenient() { return false; }
function prepareError(error, parser, raw) {
  error.rawPacket = raw;
  if (error.reason) error.message = `Parse Error: ${error.reason}`;
}
function freeParser() {}

module.exports = {
  _checkInvalidHeaderChar, _checkIsHttpToken, chunkExpression, continueExpression, CRLF, freeParser, methods,
  parsers: { name: 'parsers', ctor() { return new HTTPParser(); }, max: 1000, list: [] },
  kIncomingMessage: Symbol('IncomingMessage'), HTTPParser, isLenient, prepareError,
};
