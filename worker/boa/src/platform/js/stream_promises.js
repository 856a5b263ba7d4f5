// `pipeline` and `finished` as promises.
const more = require('internal/stream_more');

function pipeline(...streams) {
  return new Promise((resolve, reject) => {
    const last = streams[streams.length - 1];
    let options = {};
    if (last && typeof last === 'object' && !last._readableState && !last._writableState && typeof last.on !== 'function' &&
        typeof last[Symbol.asyncIterator] !== 'function' && typeof last[Symbol.iterator] !== 'function' && typeof last.getWriter !== 'function') {
      options = streams.pop();
    }
    more.join(streams, (error, value) => (error ? reject(error) : resolve(value)), options);
  });
}

function finished(stream, options) {
  return new Promise((resolve, reject) => {
    const stop = more.finished(stream, options, (error) => {
      if (options && options.cleanup) stop();
      if (error) reject(error);
      else resolve();
    });
  });
}

module.exports = { finished, pipeline };
