const http = require('http');
const https = require('https');
const tell = (work) => {
  try {
    const request = work();
    request.on('error', () => {});
    request.destroy();
    return 'fine';
  } catch (error) {
    return [error.name, error.message, error.code];
  }
};
exports.handler = async () => [
  tell(() => http.request('foo')),
  tell(() => http.request('https://example.com/')),
  tell(() => https.request('http://example.com/')),
  tell(() => http.request({ path: '/a b' })),
  tell(() => http.request({ method: 'A B' })),
  tell(() => http.request({ method: 5 })),
  tell(() => http.request({ headers: { 'a b': 'c' } })),
  tell(() => http.request({ headers: { ab: 'c\u0100' } })),
  tell(() => http.request({ headers: { ab: undefined } })),
  tell(() => http.request({ hostname: 5 })),
  tell(() => http.request({ agent: 5 })),
  tell(() => http.request({ timeout: 'x' })),
  tell(() => http.request('http://127.0.0.1:1/').write(5)),
  tell(() => http.request('http://127.0.0.1:1/').setHeader('a')),
  tell(() => http.validateHeaderName('a b')),
  tell(() => http.validateHeaderValue('a', '\n')),
];
