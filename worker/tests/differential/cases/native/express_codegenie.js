// Express 5 behind `@codegenie/serverless-express`, with events of API Gateway and of CloudFront.
const express = require('express');
const serverlessExpress = require('@codegenie/serverless-express');

const app = express();
app.use(express.json());
app.post('/carts/:id', (req, res) => res.status(201).set('X-Id', req.params.id).json({ body: req.body, query: req.query, path: req.path }));
app.get('/page', (req, res) => res.cookie('a', '1').cookie('b', '2').send('<p>ü</p>'));
app.get('/image', (req, res) => res.type('png').send(Buffer.from([137, 80, 78, 71])));

app.use((req, res) => res.status(404).send(`no ${req.url}`));
exports.handler = serverlessExpress({ app, log: { info() {}, debug() {}, error() {} } });
