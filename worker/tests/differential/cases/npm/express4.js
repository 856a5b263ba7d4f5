// Express 4 behind `serverless-http` for API Gateway (both versions of its events), and behind
// `@vendia/serverless-express` for CloudFront.
const express = require('express4');
const serverlessHttp = require('serverless-http');
const { configure } = require('@vendia/serverless-express');

const app = express();
app.use(express.json({ limit: '1kb' }), express.urlencoded({ extended: true }), express.text(), express.raw({ type: 'application/octet-stream' }));
app.use((req, res, next) => {
  res.on('finish', () => console.log('finish', req.method, req.originalUrl, res.statusCode, res.headersSent));
  res.on('close', () => console.log('close'));
  next();
});
app.all('/echo/:name', (req, res) => res.status(201).set('X-Name', req.params.name).json({
  method: req.method, path: req.path, query: req.query, body: Buffer.isBuffer(req.body) ? req.body.toString('hex') : req.body, ip: req.ip, host: req.hostname, secure: req.secure, type: req.get('content-type'), is: req.is('json'), accepts: req.accepts(['html', 'json']), fresh: req.fresh, xhr: req.xhr,
}));
app.get('/cookies', (req, res) => res.cookie('a', 'b c', { httpOnly: true, path: '/', expires: new Date(0) }).cookie('n', 2).clearCookie('x').send('<p>é</p>'));
app.get('/go', (req, res) => res.redirect(301, '/to?ü=ß'));
app.get('/empty', (req, res) => res.sendStatus(204));
app.get('/chunks', (req, res) => {
  res.type('text').write('one,');
  setTimeout(() => res.write('two,', () => res.end('three')), 3);
});
app.get('/buffer', (req, res) => res.type('png').send(Buffer.from([137, 80, 78, 71, 0, 255])));
app.get('/formats', (req, res) => res.vary('X').format({ html: () => res.send('<b>'), json: () => res.json({ b: 1 }) }));
app.get('/jsonp', (req, res) => res.links({ next: '/2' }).append('Warning', '1').append('Warning', '2').jsonp({ a: '\u2028<' }));
app.get('/throws', (req, res, next) => next(Object.assign(new Error('thrown'), { status: 418 })));
app.get('/file', (req, res, next) => res.sendFile('/none/such', next));
const router = express.Router({ mergeParams: true });
router.get(['/one', '/two/:rest?'], (req, res) => res.send(`${req.baseUrl} ${req.url} ${JSON.stringify(req.params)}`));
router.param('rest', (req, res, next, value) => { req.params.rest = value.toUpperCase(); next(); });
app.use('/r/:id', router);
app.use('/files', express.static('/none'));
app.use((req, res) => res.status(404).send(`no ${req.url}`));
app.use((error, req, res, next) => { // eslint-disable-line no-unused-vars
  console.log('error', error.type || error.code || error.message);
  res.status(error.status || 500).json({ error: error.message, type: error.type });
});

const byServerlessHttp = serverlessHttp(app, { binary: ['image/*'], request(request, event) { request.headers['x-stage'] = event.requestContext && event.requestContext.stage; } });
const byVendia = configure({ app });
exports.handler = async (event, context) => {
  const answer = await (event.Records ? byVendia(event, context) : byServerlessHttp(event, context));
  return answer;
};
