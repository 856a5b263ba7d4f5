const util = require('util');
exports.handler = async () => {
  const value = { b: [1, [2, [3, [4]]]], a: new Map([['k', { n: { m: 1 } }]]), s: 'text', n: null, u: undefined, d: new Date(5), r: /x/, f() {}, y: Symbol('z'), big: 12345678n };
  const custom = { [util.inspect.custom](depth, options, inspect) { return `<<${depth} ${typeof options.stylize} ${inspect === util.inspect}>>`; } };
  return [
    util.inspect(value, { depth: 0 }), util.inspect(value, { depth: null }), util.inspect(value, { colors: true }), util.inspect(value, { sorted: true }),
    util.inspect(value, { compact: false }), util.inspect(value, { compact: true }), util.inspect(value, { breakLength: Infinity }), util.inspect(value, { breakLength: 20 }),
    util.inspect([1, 2, 3, 4, 5], { maxArrayLength: 2 }), util.inspect('abcdef', { maxStringLength: 3 }), util.inspect({ get a() { return 5; } }, { getters: true }),
    util.inspect([1], { showHidden: true }), util.inspect({ custom }), util.inspect(custom, { customInspect: false }), util.inspect(123456789.12345, { numericSeparator: true }),
    util.inspect(new Set([[1], [2]]), { showHidden: true }), util.inspect(value, true, 0, false), util.inspect({ a: { [util.inspect.custom]: () => ({ replaced: true }) } }),
    util.inspect(new Error('boom'), { depth: 0 }).split('\n')[0], util.inspect(Object.assign(new TypeError('t'), { code: 'E' })).split('\n')[0],
    util.inspect({ e: (() => { const e = new RangeError('in'); e.stack = 'RangeError: in\n    at x'; return e; })() }),
    util.inspect((() => { const e = new Error('no stack'); e.stack = undefined; return e; })()),
    util.inspect((() => { const e = new Error('m', { cause: 'why' }); e.stack = 'Error: m'; return e; })()),
  ];
};
