// Koa behind `serverless-http` and `@vendia/serverless-express`.
const Koa = require('koa');
const { PassThrough } = require('stream');
const serverlessHttp = require('serverless-http');
const { configure } = require('@vendia/serverless-express');

const app = new Koa({ proxy: true, keys: ['secret'] });
app.on('error', (error, ctx) => console.log('error', error.message, ctx && ctx.path));
app.use(async (ctx, next) => {
  ctx.set('X-Before', '1');
  await next();
  ctx.set('X-After', `${ctx.status} ${ctx.length} ${ctx.type}`);
});
app.use(async (ctx) => {
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  const { path, method } = ctx;
  if (path === '/cookies') {
    ctx.cookies.set('a', 'b', { signed: true, expires: new Date(0), sameSite: 'lax' });
    ctx.cookies.set('n', '2', { httpOnly: false });
    ctx.body = `<p>é${ctx.cookies.get('x')}</p>`;
  } else if (path === '/go') ctx.redirect('/to?ü=ß');
  else if (path === '/empty') ctx.body = null;
  else if (path === '/chunks') {
    ctx.body = new PassThrough();
    ctx.body.write('one,');
    setTimeout(() => ctx.body.end('two'), 3);
  } else if (path === '/buffer') {
    ctx.type = 'png';
    ctx.body = Buffer.from([137, 80, 255]);
  } else if (path === '/formats') ctx.body = ctx.accepts('json', 'html') === 'json' ? { b: 1 } : '<b>';
  else if (path === '/throws') ctx.throw(418, 'thrown');
  else if (path === '/jsonp') {
    ctx.respond = false;
    ctx.res.writeHead(203, 'Own', { 'X-Own': ['a', 'b'] });
    ctx.res.end('own');
  } else if (path.startsWith('/echo/')) {
    ctx.status = 201;
    ctx.body = { path, method, query: ctx.query, body: Buffer.concat(chunks).toString('latin1'), ip: ctx.ip, host: ctx.host, href: ctx.href, protocol: ctx.protocol, is: ctx.is('json', 'urlencoded'), header: ctx.header };
  }
});

const byServerlessHttp = serverlessHttp(app, { binary: ['image/*'] });
const byVendia = configure({ app: app.callback() });
exports.handler = async (event, context) => (event.Records ? byVendia : byServerlessHttp)(event, context);
