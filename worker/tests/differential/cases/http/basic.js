const http = require('http');
const ask = (...values) => new Promise((resolve, reject) => {
  const body = typeof values[values.length - 1] === 'string' && values.length > 1 ? values.pop() : undefined;
  const request = http.request(...values, (response) => {
    const chunks = [];
    response.setEncoding('utf8');
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve({ status: response.statusCode, message: response.statusMessage, version: response.httpVersion, complete: response.complete, text: chunks.join('') }));
  });
  request.on('error', reject);
  request.end(body);
});
exports.handler = async ({ origin }) => {
  const { hostname, port } = new URL(origin);
  return [
    await ask(`${origin}/json`),
    await ask(new URL(`${origin}/text`)),
    await ask(`${origin}/echo`, { method: 'POST', headers: { 'X-One': '1' } }, 'sent body'),
    await ask({ hostname, port, path: '/echo?x=1', method: 'PUT', headers: { 'Content-Type': 'text/plain' } }, 'put'),
    await ask({ host: hostname, port: Number(port), path: '/echo', method: 'delete' }),
    await ask(`${origin}/echo`, { auth: 'user:pass', method: 'POST' }),
    await ask(`${origin}/teapot`),
    await ask(`${origin}/empty`),
    await ask(`${origin}/chunks`),
    await ask(`${origin}/to-echo`),
    await ask(`${origin}/text`, { method: 'HEAD' }),
    await ask(`${origin}/echo`, { headers: ['Host', 'a.example', 'X-A', '1', 'X-B', '2'] }),
  ];
};
