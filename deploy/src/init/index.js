'use strict';

// Runs for each request that a viewer sends to /hello. It answers by itself, or lets the request
// pass to the cache and the origin by returning it.
exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  console.log('asked for', request.uri);
  if (request.uri !== '/hello') return request;
  return {
    status: '200',
    headers: { 'content-type': [{ key: 'Content-Type', value: 'text/plain' }] },
    body: `Hello from the edge, ${request.clientIp}\n`,
  };
};
