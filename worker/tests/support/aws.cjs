// A small double of S3, DynamoDB and Sentry, which keeps what it is given. Prints its port; ends with its input.
'use strict';

const http = require('node:http');
const { createHash } = require('node:crypto');

const objects = new Map();
const tables = new Map();
const envelopes = [];

const xml = (response, status, body) => response.writeHead(status, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// Bodies with the content encoding `aws-chunked` are `SIZE;signature\r\nBYTES\r\n` again and again, and then trailers.
function unchunked(body) {
  const parts = [];
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at);
    const size = parseInt(body.subarray(at, end).toString(), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}

function list(bucket, query, response) {
  const prefix = query.get('prefix') || '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(`/${bucket}/${prefix}`)).sort();
  const contents = keys.map((key) => `<Contents><Key>${escaped(key.slice(bucket.length + 2))}</Key><Size>${objects.get(key).body.length}</Size><LastModified>2024-02-29T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>`);
  xml(response, 200, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
}

function s3(request, path, query, body, response) {
  const [, bucket, ...rest] = path.split('/');
  if (rest.join('/') === '' && request.method === 'GET') return list(bucket, query, response);
  if (request.method === 'PUT') {
    const stored = /aws-chunked/.test(request.headers['content-encoding'] || '') ? unchunked(body) : body;
    const kept = Object.entries(request.headers).filter(([name]) => /^(content-type|cache-control|x-amz-meta-.*)$/.test(name));
    const etag = `"${createHash('md5').update(stored).digest('hex')}"`;
    objects.set(path, { body: stored, headers: { ...Object.fromEntries(kept), ETag: etag, 'Last-Modified': 'Thu, 29 Feb 2024 00:00:00 GMT' } });
    return response.writeHead(200, { ETag: etag }).end();
  }
  if (request.method === 'DELETE') {
    objects.delete(path);
    return response.writeHead(204).end();
  }
  const object = objects.get(path);
  if (!object) return xml(response, 404, request.method === 'HEAD' ? '' : `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>${escaped(rest.join('/'))}</Key><RequestId>1</RequestId></Error>`);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range || '');
  const part = range ? object.body.subarray(Number(range[1]), Number(range[2]) + 1) : object.body;
  const more = range ? { 'Content-Range': `bytes ${range[1]}-${range[2]}/${object.body.length}` } : {};
  return response.writeHead(range ? 206 : 200, { ...object.headers, ...more, 'Content-Length': part.length }).end(request.method === 'HEAD' ? undefined : part);
}

function dynamo(action, input, response) {
  const answer = (status, value) => response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value));
  const table = tables.get(input.TableName) || new Map();
  tables.set(input.TableName, table);
  const keyOf = (item) => JSON.stringify(item.id);
  if (input.TableName === 'missing') return answer(400, { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', message: 'Requested resource not found' });
  if (action === 'PutItem') {
    if (input.ConditionExpression && table.has(keyOf(input.Item))) return answer(400, { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed' });
    table.set(keyOf(input.Item), input.Item);
    return answer(200, {});
  }
  if (action === 'GetItem') return answer(200, table.has(keyOf(input.Key)) ? { Item: table.get(keyOf(input.Key)) } : {});
  if (action === 'DeleteItem') {
    table.delete(keyOf(input.Key));
    return answer(200, {});
  }
  if (action === 'Scan') return answer(200, { Items: [...table.values()], Count: table.size, ScannedCount: table.size });
  return answer(400, { __type: 'com.amazon.coral.service#UnknownOperationException', message: action });
}

function sentry(path, body, response) {
  const items = body.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  envelopes.push(items.filter(({ type }) => type).map(({ type }) => type));
  for (const { exception } of items) {
    for (const { type, value } of (exception && exception.values) || []) envelopes.push([type, value]);
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
}

http.createServer((request, response) => {
  response.sendDate = false;
  const { pathname, searchParams } = new URL(request.url, 'http://h');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const target = request.headers['x-amz-target'];
    if (target) return dynamo(target.split('.')[1], JSON.parse(body), response);
    if (pathname.startsWith('/api/')) return sentry(pathname, body, response);
    if (pathname === '/envelopes') return response.end(JSON.stringify(envelopes.splice(0)));
    if (pathname === '/echo') {
      const { host, 'user-agent': agent, ...headers } = request.headers;
      return response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ method: request.method, url: request.url, headers: Object.entries(headers).sort(), body: body.toString() }));
    }
    if (pathname === '/redirect') return response.writeHead(302, { Location: '/echo?redirected' }).end();
    if (pathname === '/cookies') return response.writeHead(200, { 'Set-Cookie': ['a=1; Path=/', 'b=2'] }).end();
    if (pathname === '/teapot') return response.writeHead(418, 'Short And Stout').end('no coffee');
    return s3(request, decodeURIComponent(pathname), searchParams, body, response);
  });
}).listen(0, '127.0.0.1', function () {
  process.stdout.write(`${this.address().port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
