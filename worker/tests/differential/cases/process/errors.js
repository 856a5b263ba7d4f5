exports.handler = async () => {
  const out = [];
  function make() { return new Error('boom'); }
  const e = make();
  out.push(typeof e.stack, e.stack.split('\n')[0], /at make \(.*:3:\d+\)/.test(e.stack.split('\n')[1]), Error.stackTraceLimit);
  class Mine extends TypeError { constructor(m) { super(m); this.name = 'Mine'; } }
  out.push(new Mine('x').stack.split('\n')[0], String(new Mine('y')), new Mine('z') instanceof TypeError);
  class Named extends Error { get name() { return 'Named'; } } out.push(new Named('q').stack.split('\n')[0]);
  const o = { name: 'N', message: 'M' }; Error.captureStackTrace(o); out.push(o.stack.split('\n')[0], Object.keys(o));
  const p = {}; Error.captureStackTrace(p, make); out.push(typeof p.stack);
  out.push(Object.keys(e), e.hasOwnProperty('message'), 'stack' in e, new Error('').stack.split('\n')[0], new RangeError('multi\nline').stack.split('\n').slice(0, 2));
  e.stack = 'changed'; out.push(e.stack);
  Error.prepareStackTrace = (err, sites) => [err.message, Array.isArray(sites), typeof sites[0].getFileName(), typeof sites[0].getLineNumber()];
  const prepared = {}; Error.captureStackTrace(prepared); out.push(prepared.stack.slice(1)); delete Error.prepareStackTrace;
  const agg = new AggregateError([new Error('1'), 2], 'all'); out.push(agg.errors.length, agg.message, new Error('c', { cause: { a: 1 } }).cause);
  const limit = Error.stackTraceLimit; Error.stackTraceLimit = 0; const none = new Error('none'); out.push(none.stack); Error.stackTraceLimit = limit;
  return out;
};
