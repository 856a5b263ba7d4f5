'use strict';

// Runs for each request that a viewer sends to /hello. It answers by itself, or lets the request
// pass to the cache and the origin by returning it.
//
// It runs in the machine's Node.js, with everything that Node.js has. Packages belong beside this
// file: `npm install --prefix function NAME`.
const { createHash } = require('node:crypto');

exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  console.log('asked for', request.uri);
  if (request.uri !== '/hello') return request;
  const color = createHash('sha256').update(request.clientIp).digest('hex').slice(0, 6);
  return {
    status: '200',
    headers: { 'content-type': [{ key: 'Content-Type', value: 'text/plain' }] },
    body: `Hello from the edge, ${request.clientIp}; your color is #${color}\n`,
  };
};
