const http = require('http');
const { Readable } = require('stream');
const send = (url, options, act) => new Promise((resolve, reject) => {
  const request = http.request(url, options, async (response) => {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    resolve(JSON.parse(Buffer.concat(chunks)));
  });
  request.on('error', reject);
  act(request);
});
exports.handler = async ({ origin }) => ({
  written: await send(`${origin}/echo`, { method: 'POST' }, (request) => { request.write('one '); request.write(Buffer.from('two ')); request.end('three'); }),
  sized: await send(`${origin}/echo`, { method: 'POST', headers: { 'Content-Length': 3 } }, (request) => { request.write('abc'); request.end(); }),
  none: await send(`${origin}/echo`, { method: 'POST' }, (request) => request.end()),
  view: await send(`${origin}/echo`, { method: 'POST' }, (request) => request.end(new Uint8Array([104, 105]))),
  base64: await send(`${origin}/echo`, { method: 'PUT' }, (request) => request.end('aGk=', 'base64')),
  piped: await send(`${origin}/echo`, { method: 'POST' }, (request) => Readable.from(['a', 'b']).pipe(request)),
  large: (await send(`${origin}/echo`, { method: 'POST' }, (request) => request.end('x'.repeat(200000)))).body.length,
});
