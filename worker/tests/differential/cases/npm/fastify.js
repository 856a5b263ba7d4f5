// Fastify, by `@fastify/aws-lambda` and by its own `inject`.
const Fastify = require('fastify');
const { Readable } = require('stream');
const awsLambdaFastify = require('@fastify/aws-lambda');

const app = Fastify({ genReqId: () => 'id', trustProxy: true, routerOptions: { ignoreTrailingSlash: true } });
app.addHook('onRequest', async (request) => { request.begun = true; });
app.addHook('onSend', async (request, reply, payload) => { reply.header('x-kind', payload === null ? 'null' : typeof payload); return payload; });
app.addHook('onResponse', async (request, reply) => console.log('response', request.method, request.url, reply.statusCode));
app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (request, body, done) => done(null, body.toString('hex')));
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))));
app.all('/echo/:name', async (request, reply) => {
  reply.code(201).header('X-Name', encodeURIComponent(request.params.name));
  return { method: request.method, url: request.url, query: request.query, body: request.body, ip: request.ip, host: request.host, protocol: request.protocol, begun: request.begun, stage: request.awsLambda.event && request.awsLambda.event.requestContext.stage };
});
const body = { type: 'object', required: ['x'], properties: { x: { type: 'integer' } } };
app.post('/checked', { schema: { body, response: { 200: { type: 'object', properties: { x: { type: 'string' } } } } } }, async (request) => ({ ...request.body, hidden: 1 }));
app.get('/cookies', (request, reply) => reply.header('set-cookie', ['a=1', 'b=2']).type('text/html').send('<p>é</p>'));
app.get('/go', (request, reply) => reply.redirect('/to', 301));
app.get('/empty', (request, reply) => reply.code(204).send());
app.get('/chunks', (request, reply) => reply.type('text/plain').send(Readable.from(['one,', 'two'])));
app.get('/buffer', (request, reply) => reply.type('image/png').send(Buffer.from([137, 80, 255])));
app.get('/throws', async () => { throw Object.assign(new Error('thrown'), { statusCode: 418, code: 'MINE' }); });
app.get('/raw', (request, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { 'X-Own': '1' });
  reply.raw.end('own');
});
app.register(async (part) => {
  part.decorate('here', 'inside');
  part.get('/one', async function () { return [this.here, part.prefix]; });
  part.setNotFoundHandler((request, reply) => reply.code(404).send('none here'));
}, { prefix: '/r/:id' });

const byAdapter = awsLambdaFastify(app, { binaryMimeTypes: ['image/png'] });
exports.handler = async (event, context) => {
  if (!event.Records) {
    const answer = await byAdapter(event, context);
    delete answer.headers.date;
    return answer;
  }
  const { method, uri, querystring } = event.Records[0].cf.request;
  const answer = await app.inject({ method, url: `${uri}?${querystring}`, payload: method === 'POST' ? { x: '7' } : undefined, headers: { host: 'h' }, cookies: { c: 'd' } });
  delete answer.headers.date;
  return { status: answer.statusCode, message: answer.statusMessage, headers: answer.headers, body: answer.body, trailers: answer.trailers, cookies: answer.cookies, sent: answer.raw.res.headersSent, url: answer.raw.req.url, raw: answer.raw.req.headers };
};
