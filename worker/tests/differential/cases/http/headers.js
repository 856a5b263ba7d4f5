const http = require('http');
exports.handler = async ({ origin }) => new Promise((resolve, reject) => {
  const request = http.get(`${origin}/headers`, { headers: { 'X-Mine': 'a' } });
  const out = { sent: request.getHeaders(), names: request.getRawHeaderNames(), has: [request.hasHeader('HOST'), request.hasHeader('none')] };
  delete out.sent.host;
  request.on('response', (response) => {
    out.headers = response.headers;
    out.raw = response.rawHeaders;
    out.distinct = response.headersDistinct;
    out.trailers = response.trailers;
    out.instance = [response instanceof http.IncomingMessage, request instanceof http.ClientRequest, request.headersSent];
    try { request.setHeader('a', 'b'); } catch (error) { out.late = [error.code, error.message]; }
    response.resume();
    response.on('end', () => resolve(out));
  });
  request.on('error', reject);
});
