// Hono by its adapters for Lambda and Lambda@Edge, and by `fetch`.
import { Hono } from 'hono';
import { handle as handleLambda } from 'hono/aws-lambda';
import { handle as handleEdge } from 'hono/lambda-edge';
import { basicAuth } from 'hono/basic-auth';
import { setCookie, getCookie, setSignedCookie, getSignedCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { html, raw } from 'hono/html';
import { jwt, sign } from 'hono/jwt';
import { secureHeaders } from 'hono/secure-headers';
import { stream } from 'hono/streaming';
import { validator } from 'hono/validator';

const app = new Hono();
app.use('*', cors({ origin: ['https://a.example'], maxAge: 7 }), secureHeaders(), etag());
app.use('/auth/*', basicAuth({ username: 'u', password: 'p' }));
app.use('/jwt/*', jwt({ secret: 's', alg: 'HS256' }));
app.get('/jwt/in', (c) => c.json(c.get('jwtPayload')));
app.get('/auth/in', (c) => c.text('in'));
app.all('/echo/:name', async (c) => c.json({ method: c.req.method, path: c.req.path, name: c.req.param('name'), query: c.req.queries(), one: c.req.query('q'), body: await c.req.text(), type: c.req.header('content-type'), url: c.req.url }, 201, { 'X-Name': 'n' }));
app.post('/form', validator('form', (value, c) => (value.a ? value : c.text('no a', 400))), (c) => c.json(c.req.valid('form')));
app.get('/cookies', async (c) => {
  setCookie(c, 'a', 'b c', { path: '/', secure: true, sameSite: 'Lax' });
  await setSignedCookie(c, 's', 'v', 'secret');
  return c.html(html`<p>${getCookie(c, 'x') ?? '<none>'}${raw('<br>')}${await getSignedCookie(c, 'secret', 's')}</p>`);
});
app.get('/go', (c) => c.redirect('/to?ü=ß', 301));
app.get('/empty', (c) => c.body(null, 204));
app.get('/chunks', (c) => stream(c, async (out) => {
  await out.write('one,');
  await out.sleep(2);
  await out.write('two');
}));
app.get('/buffer', (c) => c.body(new Uint8Array([137, 80, 255]), 200, { 'Content-Type': 'image/png' }));
app.get('/throws', () => { throw new HTTPException(418, { message: 'thrown' }); });
app.get('/breaks', () => { throw new TypeError('broken'); });
app.route('/r/:id', new Hono().get('/one', (c) => c.text(JSON.stringify(c.req.param()))).get('/two/:rest{.+\\d}?', (c) => c.text(c.req.param('rest') ?? '-')));
app.onError((error, c) => {
  console.log('error', error.message);
  return error.getResponse ? error.getResponse() : c.text(`failed: ${error.message}`, 500);
});
app.notFound((c) => c.text(`no ${c.req.path}`, 404));

const lambda = handleLambda(app);
const edge = handleEdge(app);
export const handler = async (event, context) => {
  if (event.Records) return edge(event, context);
  if (!event.fetch) return lambda(event, context);
  const headers = { ...event.headers };
  if (event.token) headers.authorization = `Bearer ${await sign({ sub: 'me' }, 's')}`;
  const response = await app.request(event.fetch, { method: event.method, headers, body: event.body });
  return [response.status, [...response.headers], await response.text()];
};
