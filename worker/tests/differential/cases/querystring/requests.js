const querystring = require('querystring');

exports.handler = async ({ queries }) => queries.map((query) => {
  const params = querystring.parse(query);
  delete params.utm_source;
  const sorted = Object.keys(params).sort().reduce((all, key) => ({ ...all, [key.toLowerCase()]: params[key] }), {});
  return [querystring.stringify(sorted), sorted, new URLSearchParams(query).toString()];
});
