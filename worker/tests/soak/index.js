// One event of everything that a busy function does, with different data each time.
const crypto = require('crypto');
const querystring = require('querystring');

const seen = new Map();
let served = 0;

function text(n) {
  const items = [];
  for (let i = 0; i < 20; i++) items.push({ [`key-${n}-${i}`]: `value ${n * i}`, id: n, tags: ['a', `b${i}`] });
  return JSON.stringify({ n, items, note: 'x'.repeat(n % 1000) });
}

async function work(n, request) {
  const parsed = JSON.parse(text(n));
  const digest = crypto.createHash('sha256').update(Buffer.from(`${parsed.note}${n}`)).digest('hex');
  const query = querystring.parse(`a=${n}&b=${digest}&c=1&c=2`);
  seen.set(`visitor-${n % 500}`, { digest, at: n });
  await Promise.all([1, 2, 3].map(async (i) => (await i) * 2));
  await new Promise((resolve) => setImmediate(resolve));
  if (n % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  if (n % 16 === 0) console.log('event', n, digest);
  if (n % 100 === 0) query.extra = new Function('a', `return a + ${n}; // ${'y'.repeat(2000)}`)(n);
  const url = new URL(`https://example.com/${n}?${querystring.stringify(query)}`);
  request.uri = url.pathname;
  request.headers['x-digest'] = [{ key: 'X-Digest', value: digest }];
  for (let i = 0; i < 10; i++) request.headers[`x-${i}`] = [{ key: `X-${i}`, value: `${n}-${i}` }];
  return request;
}

exports.handler = async (event) => {
  const n = event.n;
  served += 1;
  if (n % 97 === 0) throw new RangeError(`event ${n} is thrown`);
  if (n % 101 === 0) return Promise.reject(new Error(`event ${n} is rejected`));
  if (n % 103 === 0) setTimeout(() => {}, 60000);
  if (n % 5003 === 0) {
    // Nobody catches it, which costs the environment.
    setTimeout(() => { throw new Error(`event ${n} ends its environment`); }, 0);
    return new Promise(() => {});
  }
  const answer = await work(n, event.request);
  return { request: answer, served };
};
