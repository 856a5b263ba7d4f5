// Errors that functions catch and pass on with their messages.
const told = (run) => {
  try {
    return run();
  } catch (error) {
    return [error.name, error.message, error instanceof Error];
  }
};

exports.handler = async () => {
  const self = { name: 'a' };
  self.self = self;
  class Request {
    constructor() {
      this.headers = [{ owner: this }];
    }
  }
  const long = { a: { b: { c: { d: {} } } } };
  long.a.b.c.d.back = long;
  const inner = { list: [1, { x: {} }] };
  inner.list[1].x.up = inner.list;
  return {
    uri: ['%', '%E0%A4%A', '%zz', 'a%2', '%C3%28'].map((text) => [told(() => decodeURIComponent(text)), told(() => decodeURI(text))]),
    encoded: [told(() => encodeURIComponent('\ud800')), told(() => encodeURI('x\udfff')), encodeURIComponent('é €/?'), encodeURI('http://x/é?a=b c#d')],
    lengths: [decodeURIComponent.length, decodeURIComponent.name, JSON.stringify.length, JSON.stringify.name],
    circles: [self, new Request(), long, inner, [self]].map((value) => told(() => JSON.stringify(value))),
    thrown: [told(() => JSON.stringify({ toJSON() { throw new RangeError('mine'); } })), told(() => decodeURIComponent({ toString() { throw new Error('mine'); } }))],
    kept: [JSON.stringify({ a: [1] }, null, 1), JSON.stringify(undefined), JSON.stringify({ a: 1, b: 2 }, ['b'])],
    global: [Object.prototype.toString.call(globalThis), Object.keys(globalThis).includes('Date')],
  };
};
