// A client like those of npm: options by hand, redirects, timeouts, JSON.
const http = require('http');
const { Writable } = require('stream');
const { URL } = require('url');
function call(method, target, { body, headers = {}, redirects = 5, timeout = 1000 } = {}) {
  return new Promise((resolve, reject) => {
    const url = new URL(target);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const options = { protocol: url.protocol, hostname: url.hostname, port: url.port, path: url.pathname + url.search, method, headers: { ...headers }, timeout, agent: new http.Agent({ keepAlive: true }) };
    if (payload) Object.assign(options.headers, { 'Content-Type': 'application/json', 'Content-Length': payload.length });
    const request = http.request(options);
    request.once('response', (response) => {
      const { statusCode, headers: { location } } = response;
      if (statusCode >= 300 && statusCode < 400 && location) {
        response.resume();
        if (redirects === 0) reject(new Error('too many redirects'));
        else resolve(call(statusCode === 303 ? 'GET' : method, new URL(location, url), { headers, redirects: redirects - 1, timeout, body: statusCode === 303 ? undefined : body }));
        return;
      }
      const chunks = [];
      response.pipe(new Writable({ write(chunk, encoding, done) { chunks.push(chunk); done(); } }))
        .on('finish', () => resolve([statusCode, Buffer.concat(chunks).toString()]));
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    request.on('error', reject);
    if (payload) request.write(payload);
    request.end();
  });
}
const tell = (promise) => promise.catch((error) => [error.message, error.code]);
exports.handler = async ({ origin }) => [
  await tell(call('GET', `${origin}/to-echo`)),
  await tell(call('POST', `${origin}/echo`, { body: { a: 'ü' }, headers: { 'X-Key': 'k' } })),
  await tell(call('POST', `${origin}/307`, { body: [1] })),
  await tell(call('POST', `${origin}/303`, { body: [1] })),
  await tell(call('GET', `${origin}/loop`)),
  await tell(call('GET', `${origin}/never`, { timeout: 30 })),
  await tell(call('GET', 'http://127.0.0.1:1/')),
  (await Promise.all(Array.from({ length: 8 }, (_, n) => tell(call('GET', `${origin}/echo?n=${n}`))))).map(([status, text]) => [status, JSON.parse(text).url]),
];
