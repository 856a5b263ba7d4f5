// Query strings that nest, normalized for the cache. The engine words its errors.
const qs = require('qs');
const es3 = require('querystring-es3');
const node = require('querystring');

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

exports.handler = async ({ text }) => {
  const parsed = qs.parse(text, { ignoreQueryPrefix: true });
  return {
    parsed,
    sorted: qs.stringify(parsed, { sort: (a, b) => a.localeCompare(b) }),
    ways: ['indices', 'brackets', 'repeat', 'comma'].map((arrayFormat) => qs.stringify(parsed, { arrayFormat, encodeValuesOnly: true })),
    dots: [qs.parse(text, { allowDots: true, comma: true, depth: 2, strictNullHandling: true }), qs.stringify({ a: { b: { c: 1 } }, n: null, u: undefined, d: new Date(0), l: [] }, { allowDots: true, skipNulls: true, addQueryPrefix: true })],
    limits: [attempt(() => qs.parse(text, { parameterLimit: 1, throwOnLimitExceeded: true })), attempt(() => qs.parse(text, { depth: 0, strictDepth: true })), attempt(() => qs.stringify({ a: 1 }, { charset: 'x' }))],
    latin: [qs.parse('a=%FC&utf8=%E2%9C%93', { charset: 'iso-8859-1', charsetSentinel: true }), qs.stringify({ a: 'ü ☺' }, { charset: 'iso-8859-1', format: 'RFC1738' })],
    es3: [es3.parse(text), es3.stringify(es3.parse(text)) === node.stringify(node.parse(text)), es3.encode({ a: [1, 'b c'] }), es3.parse('a:1;a:2', ';', ':', { maxKeys: 1 })],
    cycle: attempt(() => {
      const round = {};
      round.self = round;
      return qs.stringify(round);
    }),
  };
};
