// Routes: which handler a path belongs to, and the path of a route.
const { compile, match, parse, pathToRegexp, stringify, TokenData } = require('path-to-regexp');

const routes = [['/', 'home'], ['/users/:id', 'user'], ['/users/:id/posts{/:post}', 'posts'], ['/files/*path', 'file'], ['/:"odd name".:ext', 'odd'], ['/a{-:b}{-:c}', 'optional']].map(([path, name]) => ({ name, path, match: match(path), make: compile(path) }));
const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

exports.handler = async ({ uri, params, pattern }) => {
  if (pattern !== undefined) return [attempt(() => parse(pattern).tokens), attempt(() => pathToRegexp(pattern).regexp.source), attempt(() => stringify(parse(pattern)))];
  const found = routes.map((route) => ({ name: route.name, match: attempt(() => route.match(uri)) })).filter((route) => route.match);
  const made = routes.map((route) => attempt(() => route.make(params ?? {})));
  const { regexp, keys } = pathToRegexp(['/x/:y', '/z'], { end: false, sensitive: true });
  return { found, made, several: [regexp.source, regexp.flags, keys, regexp.exec(uri)], tokens: stringify(new TokenData([{ type: 'text', value: '/a' }, { type: 'param', name: 'b c' }])), raw: match('/:a', { decode: false })(uri) };
};
