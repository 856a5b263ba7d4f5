// Pages made of template literals, with tagged ones that escape.
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (one) => entities[one]);
class Html { constructor(text) { this.text = text; } toString() { return this.text; } }
const html = (strings, ...values) => new Html(strings.raw.reduce((whole, part, n) => {
  const value = values[n - 1];
  const shown = Array.isArray(value) ? value.join('') : value instanceof Html ? value : escape(value ?? '');
  return whole + shown + part;
}));
const page = ({ title, lang = 'en', children }) => html`<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title></head>
<body>\u00e9${children}</body></html>`;

const routes = [
  [/^\/$/, async () => ({ title: 'Home & more', children: html`<h1>${'<hello>'}</h1>` })],
  [/^\/p\/(?<slug>[^/]+)$/, async ({ slug }) => ({ title: decodeURIComponent(slug), children: [1, 2].map((n) => html`<p>${n}</p>`) })],
  [/^\/list$/, async (_, query) => {
    const count = Number(query.get('n'));
    if (!Number.isInteger(count)) throw Object.assign(new RangeError(`n is ${query.get('n')}`), { status: 400 });
    const dates = Array.from({ length: count }, (_, n) => new Date(Date.UTC(2024, n, 29)).toISOString().slice(0, 10));
    return { title: `${count} items`, lang: 'de', children: html`<ul>${dates.map((date) => html`<li>${date}</li>`)}</ul>` };
  }],
];

exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const found = routes.map(([pattern, render]) => [pattern.exec(request.uri), render]).find(([match]) => match);
  const answer = (status, body) => ({
    status: `${status}`,
    body: `${body}`,
    bodyEncoding: 'text',
    headers: { etag: [{ value: `"${require('crypto').createHash('sha1').update(`${body}`).digest('hex').slice(0, 8)}"` }], 'content-length': [{ value: String(Buffer.byteLength(`${body}`)) }] },
  });
  if (!found) return answer(404, page({ title: 'Not found' }));
  try {
    return answer(200, page(await found[1]({ ...found[0].groups }, new URLSearchParams(request.querystring))));
  } catch (error) {
    console.error(error.name, error.status, Object.keys(error), `${error}`);
    return answer(error.status || 500, page({ title: error.message }));
  }
};
