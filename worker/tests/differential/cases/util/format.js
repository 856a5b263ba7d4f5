const util = require('util');
exports.handler = async () => [
  util.format('%s %d %i %f %j %o %O %%', 'a', 1.5, '42.9', '1.25', { a: 1 }, [1], { b: { c: {} } }),
  util.format('%s', null, undefined, 5n, Symbol('x'), -0), util.format('%s %s', 'only'), util.format('100%', 1), util.format(1, 2, '3', { a: 1 }),
  util.format('%c styled', 'css'), util.format('%s', { a: { b: 1 } }), util.format('%s', class X {}), util.format('%s', () => 1), util.format('%s', [1, [2]]),
  util.format('%d', '0x10', '5'), util.format('%i', 'abc'), util.format('%j', { toJSON() { return 'json'; } }), util.format('%x', 1), util.format(),
  util.format('a', 'b', 3), util.format('%s', new Date(0)), util.format('%s', Object.create(null)), util.format('%s', { toString() { return 'own'; } }),
  util.format('%O', { a: { b: { c: { d: 1 } } } }), util.format('%o', function f() {}), util.format('%%s', 1), util.format('%s:%s', 'x', 'y', 'z'),
  util.formatWithOptions({ colors: true }, '%s %O', 'a', { b: 1 }), util.format('%d %d', -0, 1n), (() => { const c = {}; c.c = c; return util.format('%j', c); })(),
];
