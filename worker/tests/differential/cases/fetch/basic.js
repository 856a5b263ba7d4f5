exports.handler = async ({ origin }) => {
  const out = {};
  for (const path of ['json', 'gzip', 'br', 'deflate', 'teapot', 'empty', 'headers', 'to-echo', 'chunks']) {
    const response = await fetch(`${origin}/${path}`);
    const { status, statusText, ok, redirected, type, bodyUsed } = response;
    out[path] = { status, statusText, ok, redirected, type, bodyUsed, url: response.url.slice(origin.length), headers: [...response.headers], text: await response.text(), used: response.bodyUsed };
  }
  for (const [name, init] of Object.entries({
    post: { method: 'POST', body: 'x' }, json: { method: 'post', body: JSON.stringify({ a: 1 }), headers: { 'Content-Type': 'application/json' } },
    put: { method: 'PUT' }, bytes: { method: 'POST', body: new Uint8Array([104, 105]) }, params: { method: 'POST', body: new URLSearchParams({ a: 'b c' }) },
    own: { headers: { 'User-Agent': 'me', Accept: 'text/html', 'X-A': '1' } }, pairs: { headers: [['a', '1'], ['a', '2']] }, head: { method: 'HEAD' },
  })) {
    const response = await fetch(`${origin}/echo`, init);
    out[`sent ${name}`] = await response.text();
  }
  out.post303 = await (await fetch(`${origin}/303`, { method: 'POST', body: 'x' })).json();
  out.post307 = await (await fetch(`${origin}/307`, { method: 'POST', body: 'x' })).json();
  const manual = await fetch(`${origin}/to-echo`, { redirect: 'manual' });
  out.manual = [manual.status, manual.type, manual.redirected, manual.headers.get('location')];
  out.json = await (await fetch(`${origin}/json`)).json();
  out.bytes = Buffer.from(await (await fetch(`${origin}/teapot`)).arrayBuffer()).toString();
  const cloned = await fetch(`${origin}/json`);
  const copy = cloned.clone();
  out.cloned = [await cloned.text(), await copy.text()];
  out.request = await (await fetch(new Request(`${origin}/echo`, { method: 'POST', body: 'r', headers: { 'x-r': '1' } }))).json();
  out.cookies = (await fetch(`${origin}/headers`)).headers.getSetCookie();
  return out;
};
