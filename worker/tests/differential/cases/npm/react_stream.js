// Rendering to a stream, with parts that come later.
process.env.NODE_ENV = 'production';
const { Writable } = require('stream');
const { Suspense, createElement: h, lazy, use } = require('react');
const { renderToPipeableStream } = require('react-dom/server');

const Later = lazy(() => new Promise((resolve) => { setTimeout(resolve, 10, { default: ({ name }) => h('p', null, `late ${name}`) }); }));

function Data({ promise }) {
  return h('code', null, use(promise));
}

function render(node, options) {
  return new Promise((resolve, reject) => {
    let html = '';
    const errors = [];
    const sink = new Writable({
      write(chunk, encoding, callback) {
        html += chunk;
        callback();
      },
      final(callback) {
        resolve({ html, errors });
        callback();
      },
    });
    const { pipe, abort } = renderToPipeableStream(node, {
      ...options,
      onAllReady: () => pipe(sink),
      onShellError: reject,
      onError: (error) => {
        errors.push(error.message);
        return 'digest';
      },
    });
    if (options.abortAfter) setTimeout(abort, options.abortAfter, new Error('too late'));
  });
}

exports.handler = async (event) => {
  const data = new Promise((resolve, reject) => { setTimeout(event.fails ? reject : resolve, 5, event.fails ? new Error('no data') : 'data'); });
  const slow = event.abortAfter ? new Promise(() => {}) : data;
  const page = h('html', null, h('body', null, h(Suspense, { fallback: 'one moment' }, h(Later, { name: event.name })), h(Suspense, { fallback: h('i', null, 'waiting') }, h(Data, { promise: slow }))));
  return render(page, { bootstrapScripts: ['/main.js'], nonce: 'n', identifierPrefix: 'e', abortAfter: event.abortAfter });
};
