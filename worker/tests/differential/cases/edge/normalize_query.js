// Sorts and lower-cases a query so that more of it is found in the cache, three ways.
const querystring = require('querystring');
const url = require('url');
const drop = [/^utm_/, 'fbclid', 'gclid'];

exports.handler = (event, context, callback) => {
  const request = event.Records[0].cf.request;
  const before = request.querystring;
  const params = querystring.parse(before.toLowerCase());
  const sorted = {};
  Object.keys(params).sort().forEach((key) => {
    if (drop.some((rule) => (rule.test ? rule.test(key) : rule === key))) return;
    sorted[key] = params[key];
  });
  request.querystring = querystring.stringify(sorted);
  const legacy = url.parse(`${request.uri}?${before}`, true);
  const modern = new URL(`https://x${request.uri}?${before}`);
  for (const key of new Set(modern.searchParams.keys())) if (key.startsWith('utm_')) modern.searchParams.delete(key);
  modern.searchParams.sort();
  console.log(JSON.stringify(sorted), legacy.search, modern.href);
  console.log(legacy.query, modern.searchParams);
  callback(null, { ...request, legacy: url.format({ pathname: legacy.pathname, query: legacy.query }), modern: modern.search });
};
