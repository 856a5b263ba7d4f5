// Single functions of lodash, by their paths and as ES modules' neighbors in `lodash/fp`.
const get = require('lodash/get');
const merge = require('lodash/merge');
const template = require('lodash/template.js');
const escape = require('lodash.escape');
const fp = require('lodash/fp');

const page = template('<h1><%- title %></h1><p><%= body %></p>');

exports.handler = async (event) => {
  const title = get(event, 'Records[0].cf.request.uri', 'none');
  const names = fp.flow(fp.filter('on'), fp.map(fp.get('name')), fp.sortBy(fp.identity), fp.join(','))(event.items || []);
  if (event.fails) return page({ body: 'no title' });
  return { page: page({ title, body: escape(`<${title}> "quoted" & 'single' \``) }), names, merged: merge({ a: { b: 1 } }, event.more), immutable: fp.set('a.b', 2, { a: { b: 1, c: 3 } }), text: [escape(), escape(null), escape(0), escape(['<'])] };
};
