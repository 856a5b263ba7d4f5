const querystring = require('querystring');

const tried = (run) => {
  try {
    return run();
  } catch ({ name, code, message }) {
    return [name, code, message];
  }
};

exports.handler = async () => ({
  values: querystring.stringify({ a: 1n, b: true, c: null, d: undefined, e: NaN, f: ['x', 1, {}], g: {}, h: '', i: -0, j: 1e21, k: [], l: () => 1, m: Infinity, n: false, o: Symbol.iterator, p: new Date(0) }),
  keys: querystring.stringify({ 'a b': 'c d', 'ü€😀': "!'()*-._~", '&=': '&=', 1: 2 }),
  separators: [querystring.stringify({ a: 1, b: [2, 3] }, ';', ':'), querystring.stringify({ a: 1, b: 2 }, '', ''), querystring.stringify({ a: 1, b: 2 }, null, null), querystring.stringify({ a: 1, b: 2 }, '€', '--')],
  own: [querystring.stringify({ a: 'b c', d: ['e', ''] }, null, null, { encodeURIComponent: (text) => `<${text}>` }), querystring.stringify({ a: 'ü' }, null, null, { encodeURIComponent: 5 })],
  odd: ['abc', 5, null, undefined, [1, 2], [['a', 'b']], true].map((value) => querystring.stringify(value)),
  inherited: querystring.stringify(Object.create({ a: 1 }, { b: { value: 2, enumerable: true }, c: { value: 3 } })),
  escape: ['a b', '', 'é', 5, null, undefined, {}, [1, 2], '\ud83d\ude00', 'a\udc00b'].map((value) => querystring.escape(value)),
  errors: [() => querystring.escape('\ud800'), () => querystring.escape(Symbol('a')), () => querystring.stringify({ '\ud800': 1 })].map(tried),
  replaced: (() => {
    const { escape } = querystring;
    querystring.escape = (text) => text.toUpperCase();
    const text = querystring.stringify({ a: 'b' });
    querystring.escape = escape;
    return text;
  })(),
});
