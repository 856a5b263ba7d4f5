// A function cannot speak HTTP/2 itself. It can use `fetch`.
const names = ['STATUS', 'METHOD', 'AUTHORITY', 'SCHEME', 'PATH'];
module.exports = require('internal/absent').absent('http2', 'connect constants createServer createSecureServer getDefaultSettings getPackedSettings getUnpackedSettings performServerHandshake sensitiveHeaders Http2ServerRequest+Readable Http2ServerResponse+Stream', {
  constants: {
    ...Object.fromEntries(names.map((name) => [`HTTP2_HEADER_${name}`, `:${name.toLowerCase()}`])),
    ...Object.fromEntries(['Accept', 'Authorization', 'Cache-Control', 'Content-Encoding', 'Content-Length', 'Content-Type', 'Cookie', 'Date', 'Etag', 'Host',
      'Location', 'Set-Cookie', 'User-Agent', 'Vary'].map((name) => [`HTTP2_HEADER_${name.toUpperCase().replaceAll('-', '_')}`, name.toLowerCase()])),
    ...Object.fromEntries(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE'].map((name) => [`HTTP2_METHOD_${name}`, name])),
    HTTP_STATUS_OK: 200, HTTP_STATUS_NO_CONTENT: 204, HTTP_STATUS_MOVED_PERMANENTLY: 301, HTTP_STATUS_FOUND: 302, HTTP_STATUS_NOT_MODIFIED: 304,
    HTTP_STATUS_BAD_REQUEST: 400, HTTP_STATUS_UNAUTHORIZED: 401, HTTP_STATUS_FORBIDDEN: 403, HTTP_STATUS_NOT_FOUND: 404, HTTP_STATUS_INTERNAL_SERVER_ERROR: 500,
    NGHTTP2_NO_ERROR: 0, NGHTTP2_CANCEL: 8, NGHTTP2_SESSION_SERVER: 0, NGHTTP2_SESSION_CLIENT: 1,
  },
  getDefaultSettings: () => ({ headerTableSize: 4096, enablePush: true, initialWindowSize: 65535, maxFrameSize: 16384, maxConcurrentStreams: 4294967295, maxHeaderSize: 65535, maxHeaderListSize: 65535, enableConnectProtocol: false }),
  sensitiveHeaders: Symbol('sensitiveHeaders'),
});
