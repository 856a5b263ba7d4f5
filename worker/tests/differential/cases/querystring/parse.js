const querystring = require('querystring');

const inputs = ['', 'a=1', 'a=1&b=2&a=3&a=4', 'a', '=', '&', '&&a&&', 'a==b', '=x', 'a=%20b+c', 'a=%zz', 'a=%e2%82%ac', 'a=%e2%82', '%41=%42', 'a=ü', 'ü%ff=1', 'a=€%', '__proto__=1', 'toString=x', 'a%3Db=c', 'a=b=c', 'x[]=1&x[]=2', '+=+', 'a=%E0%A4%A', 'a=1;b=2'];

exports.handler = async () => ({
  plain: inputs.map((input) => Object.entries(querystring.parse(input))),
  separators: [querystring.parse('a:1;b:2', ';', ':'), querystring.parse('a::1;;b::2', ';;', '::'), querystring.parse('a=1&b=2', '', ''), querystring.parse('a=1&b=2', null, null), querystring.parse('a,b', ',')].map((value) => ({ ...value })),
  limits: [1, 2, 0, -1, 3.5].map((maxKeys) => Object.keys(querystring.parse('&a=1&b=2&&c=3&d=4', null, null, { maxKeys }))),
  many: Object.keys(querystring.parse(Array.from({ length: 1200 }, (_, at) => `k${at}=v`).join('&'))).length,
  own: [{ ...querystring.parse('a=%41+b', null, null, { decodeURIComponent: (text) => `<${text}>` }) }, { ...querystring.parse('a=%41&b=x', null, null, { decodeURIComponent: () => { throw new Error('no'); } }) }],
  odd: [querystring.parse(5), querystring.parse(null), querystring.parse(undefined)].map((value) => Object.keys(value)),
  prototype: Object.getPrototypeOf(querystring.parse('a=1')) === null,
  unescape: ['%41+%zz', '%', '%4', 'ü%41', '%C3%BC', '%ff'].map((text) => [querystring.unescape(text), querystring.unescapeBuffer(text).toString('hex'), querystring.unescapeBuffer(text, true).toString('latin1')]),
  same: [querystring.decode === querystring.parse, querystring.encode === querystring.stringify, Object.keys(querystring)],
});
