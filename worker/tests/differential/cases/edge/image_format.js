'use strict';
// Rewrites images to the best format that a browser takes, at sizes from a list.
const path = require('path');
const { URLSearchParams } = require('url');

const widths = [320, 640, 1024, 1920];
const accepted = (header = '') => header
  .split(',')
  .map((part) => {
    const [type, ...parameters] = part.trim().split(';');
    const q = parameters.map((p) => p.trim().match(/^q=([\d.]+)$/)).find(Boolean);
    return { type: type.toLowerCase(), q: q ? Number.parseFloat(q[1]) : 1 };
  })
  .filter(({ type, q }) => type && q > 0)
  .sort((a, b) => b.q - a.q);

module.exports.handler = async (event) => {
  const { cf: { request } } = event.Records[0];
  const { dir, name, ext } = path.parse(request.uri);
  if (!/^\.(png|jpe?g)$/i.test(ext)) return request;
  const query = new URLSearchParams(request.querystring);
  const types = accepted(request.headers.accept?.[0]?.value);
  const takes = (format) => types.some(({ type }) => type === `image/${format}`);
  const format = query.get('format') || ['avif', 'webp'].find(takes) || ext.slice(1).replace('jpeg', 'jpg');
  const dpr = Math.min(3, Math.max(1, Number(query.get('dpr')) || 1));
  const wish = parseInt(query.get('w'), 10) * dpr;
  const width = Number.isNaN(wish) ? null : widths.find((one) => one >= wish) ?? widths.at(-1);
  query.delete('dpr');
  if (width === null) query.delete('w');
  else query.set('w', width);
  query.append('format', format);
  query.sort();
  request.uri = path.posix.join(dir, width ? `w_${width}` : 'full', `${decodeURIComponent(name)}.${format}`);
  request.querystring = query.toString();
  console.log(types, [...query], query.size, 'q' in Object.fromEntries(query));
  return request;
};
