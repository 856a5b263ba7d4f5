exports.handler = async ({ origin }) => {
  const base = new Request(`${origin}/echo`, { method: 'POST', body: 'one', headers: { 'X-Base': '1' } });
  const derived = new Request(base.clone(), { headers: { 'X-Derived': '1' }, method: 'PUT' });
  const copy = base.clone();
  const out = { base: [base.method, base.bodyUsed], derived: [derived.method, [...derived.headers]], text: await copy.text(), used: [copy.bodyUsed, base.bodyUsed] };
  out.sent = await (await fetch(base)).json();
  out.after = base.bodyUsed;
  out.overridden = await (await fetch(derived, { method: 'PATCH', body: 'two' })).json();
  out.url = await (await fetch(new URL(`${origin}/echo?a=b c#hash`))).json();
  out.signal = [derived.signal.constructor.name, derived.signal.aborted];
  out.many = (await Promise.all(Array.from({ length: 8 }, (_, n) => fetch(`${origin}/echo?n=${n}`).then((response) => response.json())))).map((echo) => echo.url);
  out.data = await (await fetch('data:text/plain;base64,aGVsbG8=')).text();
  return out;
};
