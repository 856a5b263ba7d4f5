// A viewer in Node.js: 200 requests at once over one connection of HTTP/2, an upload, and a request
// over HTTP/1.1. Arguments: the authority's file and the gateway's port.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';

const [authority, port] = process.argv.slice(2);
const ca = readFileSync(authority);
const servername = 'shop.test';

function ask(session, headers, body) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':authority': servername, ...headers });
    let status;
    let text = '';
    stream.on('response', (answer) => { status = answer[':status']; });
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => { text += chunk; });
    stream.on('end', () => resolve({ status, text }));
    stream.on('error', reject);
    stream.end(body);
  });
}

const session = http2.connect(`https://127.0.0.1:${port}`, { ca, servername });
// The gateway tells how many requests may run at once.
await new Promise((resolve) => session.once('remoteSettings', resolve));
const paths = Array.from({ length: 200 }, (_, number) => `/page/${number}`);
const answers = await Promise.all(paths.map((path) => ask(session, { ':path': path })));
const right = answers.filter(({ status, text }, at) => (
  status === 200 && text.startsWith(`GET ${paths[at]}\n`)
));
console.log(`http2: ${right.length} answers`);
const headers = { ':path': '/count', ':method': 'POST', 'content-type': 'x' };
const upload = await ask(session, headers, 'x'.repeat(300_000));
console.log(`upload: ${upload.text}`);
session.close();

https.get({ host: '127.0.0.1', port, ca, servername, headers: { host: servername } }, (answer) => {
  console.log(`https: ${answer.statusCode}`);
  answer.resume();
});
