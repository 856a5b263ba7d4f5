'use strict'; // engine words its errors

// What rollup makes: interop helpers, a namespace frozen, `this` as exports, async iterators.
Object.defineProperty(exports, '__esModule', { value: true });

function _interopNamespaceDefault(e) {
  var n = Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } });
  if (e) {
    Object.keys(e).forEach(function (k) {
      if (k !== 'default') {
        var d = Object.getOwnPropertyDescriptor(e, k);
        Object.defineProperty(n, k, d.get ? d : { enumerable: true, get: function () { return e[k]; } });
      }
    });
  }
  n.default = e;
  return Object.freeze(n);
}
var url = require('node:url');
var stream = require('stream');
var zlib__namespace = /*#__PURE__*/_interopNamespaceDefault(require('zlib'));

const chunks = async function* (text) {
  for (const part of text.match(/.{1,3}/gs) ?? []) {
    await new Promise(setImmediate);
    yield Buffer.from(part);
  }
};
const collect = async (readable) => {
  const parts = [];
  for await (const part of readable) parts.push(part);
  return Buffer.concat(parts);
};

const handler = async (event) => {
  const { request } = event.Records[0].cf;
  const address = new url.URL(request.uri, 'https://example.org');
  switch (address.pathname) {
    case '/throw': return request.nothing.here;
    case '/reject': return Promise.reject(new url.URL('https://x'));
    case '/text': throw 'only a text';
  }
  const zipped = await collect(stream.Readable.from(chunks(`${address.pathname} ümläut `.repeat(9))).pipe(zlib__namespace.createGzip()));
  const text = zlib__namespace.gunzipSync(zipped).toString();
  const { promise, ...rest } = { promise: Promise.allSettled([1, Promise.reject(new TypeError('x'))]), kept: [, 1] };
  const settled = (await promise).map(({ status, value = null, reason }) => [status, value, reason?.message]);
  return { text, length: zipped.length < text.length, settled, rest, frozen: Object.isFrozen(zlib__namespace), tag: Object.prototype.toString.call(zlib__namespace) };
};

exports.default = handler;
exports.handler = handler;
