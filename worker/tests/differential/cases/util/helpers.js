const util = require('util');
exports.handler = async () => {
  const out = {};
  const old = (a, cb) => (a ? cb(null, a, 2) : cb(new Error('no')));
  out.promisified = await util.promisify(old)(1);
  out.rejected = await util.promisify(old)(0).catch((e) => e.message);
  const special = () => {};
  special[util.promisify.custom] = () => Promise.resolve('special');
  out.special = await util.promisify(special)();
  out.sleep = await util.promisify(setTimeout)(1, 'slept');
  out.callbackify = await new Promise((r) => util.callbackify(async (x) => x * 2)(4, (e, v) => r([e, v])));
  out.falsy = await new Promise((r) => util.callbackify(async () => { throw null; })((e) => r([e.code, e.message, e.reason])));
  function Base() {} function Derived() {}
  Base.prototype.hi = () => 'hi';
  util.inherits(Derived, Base);
  out.inherits = [new Derived().hi(), Derived.super_ === Base];
  out.codes = [() => util.promisify(1), () => util.inherits(null), () => util.callbackify('x'), () => util.format.call(), () => util.stripVTControlCharacters(5), () => util.styleText('nope', 'x')].map((f) => {
    try { return f(); } catch (e) { return [e.name, e.code, e.message, String(e)]; }
  });
  out.types = Object.keys(util.types);
  out.keys = Object.keys(util).sort();
  out.is = [util.types.isDate(new Date()), util.types.isRegExp({}), util.types.isPromise(Promise.resolve()), util.types.isAsyncFunction(async () => {}), util.types.isGeneratorFunction(function* () {}),
    util.types.isProxy(new Proxy({}, {})), util.types.isMap(new Map()), util.types.isTypedArray(Buffer.from('a')), util.types.isUint8Array(Buffer.from('a')), util.types.isNativeError(new TypeError()), util.types.isBoxedPrimitive(Object(1)), util.types.isArgumentsObject((function () { return arguments; })()), util.types.isGeneratorObject((function* () {})())];
  out.equal = [util.isDeepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), util.isDeepStrictEqual([1], ['1']), util.isDeepStrictEqual(new Set([1]), new Set([1])), util.isDeepStrictEqual(NaN, NaN), util.isDeepStrictEqual(0, -0), util.isDeepStrictEqual(new Map([[{}, 1]]), new Map([[{}, 1]]))];
  out.strip = util.stripVTControlCharacters('\u001b[31mred\u001b[39m');
  out.style = util.styleText(['bold', 'red'], 'x');
  out.args = util.parseArgs({ args: ['-f', '--bar', 'b', 'pos', '--no', '-xyz'], options: { foo: { type: 'boolean', short: 'f' }, bar: { type: 'string' } }, strict: false });
  out.deprecated = util.deprecate(() => 5, 'old', 'DEP0')();
  out.mime = [String(new util.MIMEType('text/HTML; charset=UTF-8; q="a b"')), new util.MIMEType('a/b;c=d').params.get('c')];
  out.usv = util.toUSVString('a\ud800');
  out.names = [util.getSystemErrorName(-2), util.inspect.defaultOptions];
  return out;
};
