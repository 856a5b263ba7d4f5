// Pages for robots come prerendered, through the middleware of prerendercloud.
const prerendercloud = require('prerendercloud');

exports.handler = async (event) => {
  process.env.PRERENDER_SERVICE_URL = event.origin;
  prerendercloud.resetOptions();
  prerendercloud.set('prerenderToken', 'secret').set('protocol', 'https').set('retries', 0).set('timeout', 1000);
  if (event.bots) prerendercloud.set('botsOnly', true);
  if (event.local) prerendercloud.set('beforeRender', (request, done) => done(null, `<p>${request.prerender.url.requestedPath}</p>`));
  if (event.blocked) prerendercloud.set('blacklistPaths', () => event.blocked);
  const { request } = event;
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, [{ value }]]) => [name, value]));
  return new Promise((resolve) => {
    const sent = {};
    const response = { headers: sent, setHeader: (name, value) => { sent[name.toLowerCase()] = value; }, getHeader: (name) => sent[name.toLowerCase()], removeHeader: (name) => delete sent[name.toLowerCase()], writeHead(status, more) { this.statusCode = status; Object.assign(sent, more); }, end(body) { resolve({ status: this.statusCode, sent, body: body && JSON.parse(JSON.stringify(String(body)).replaceAll(event.origin, 'ORIGIN').replaceAll(new URL(event.origin).port, 'PORT')) }); } };
    prerendercloud({ headers, method: request.method, url: request.uri, originalUrl: request.uri, _requestedUrl: `https://d.example.com${request.uri}` }, response, () => resolve({ passed: request.uri, sent }));
  });
};
