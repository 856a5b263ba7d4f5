// Headers that browsers look for, set on the way out (an ES module). engine words its errors
const policy = {
  'default-src': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'script-src': ["'self'", `'nonce-${'x'.repeat(4)}'`],
  'frame-ancestors': [],
};
const csp = Object.entries(policy).map(([key, values]) => `${key}${values.length ? ' ' : ''}${values.join(' ')}`).join('; ');
const wanted = new Map([
  ['Strict-Transport-Security', `max-age=${2 * 365 * 24 * 3600}; includeSubdomains; preload`],
  ['Content-Security-Policy', csp],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
]);

export const handler = async ({ Records: [{ cf: { request, response } }] }) => {
  const { headers } = response;
  for (const [key, value] of wanted) {
    if (key === 'Content-Security-Policy' && !headers['content-type']?.[0].value.startsWith('text/html')) continue;
    headers[key.toLowerCase()] = [{ key, value }];
  }
  for (const name of ['server', ...Object.keys(headers).filter((name) => /^x-amz-/i.test(name))]) delete headers[name];
  if (/\.(?<ending>css|js|png)$/.exec(request.uri)?.groups.ending) {
    headers['cache-control'] ??= [{ key: 'Cache-Control', value: 'public, max-age=31536000, immutable' }];
  }
  response.status = +response.status === 404 ? '404' : response.status;
  console.info(response.status, Object.keys(headers));
  return response;
};
