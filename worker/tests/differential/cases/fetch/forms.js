exports.handler = async ({ origin }) => {
  const form = new FormData();
  form.append('a', '1');
  form.append('a', '2');
  form.append('f', new Blob(['hello'], { type: 'text/plain' }), 'f.txt');
  form.set('b', 3);
  const out = { entries: [...form].map(([name, value]) => [name, typeof value === 'string' ? value : [value.name, value.type, value.size]]), get: form.get('a'), all: form.getAll('a'), has: [form.has('b'), form.has('c')] };
  form.delete('b');
  const response = new Response(form);
  const type = response.headers.get('content-type');
  const boundary = type.slice(type.indexOf('=') + 1);
  out.length = boundary.length;
  out.text = (await response.text()).replaceAll(boundary, 'B');
  const sent = await (await fetch(`${origin}/echo`, { method: 'POST', body: form })).json();
  out.sent = sent.body.length;
  const parsed = await new Response('a=1&b=%20', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }).formData();
  out.parsed = [...parsed];
  return out;
};
