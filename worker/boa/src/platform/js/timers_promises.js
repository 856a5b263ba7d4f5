// Timers as promises.
const timers = require('timers');
const { AbortError, codes } = require('internal/errors');
const { validateAbortSignal, validateBoolean, validateObject } = require('internal/validators');

function checked(options) {
  validateObject(options, 'options');
  const { signal, ref = true } = options;
  validateAbortSignal(signal, 'options.signal');
  validateBoolean(ref, 'options.ref');
  return { signal, ref };
}

function later(begin, end, value, options = {}) {
  let signal;
  let ref;
  try {
    ({ signal, ref } = checked(options));
  } catch (error) {
    return Promise.reject(error);
  }
  if (signal && signal.aborted) return Promise.reject(new AbortError(undefined, { cause: signal.reason }));
  return new Promise((resolve, reject) => {
    let abort;
    const timer = begin(() => {
      if (signal) signal.removeEventListener('abort', abort);
      resolve(value);
    });
    if (!ref) timer.unref();
    if (!signal) return;
    abort = () => {
      end(timer);
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}

const setTimeout = (after, value, options) => later((done) => timers.setTimeout(done, after), timers.clearTimeout, value, options);
const setImmediate = (value, options) => later(timers.setImmediate, timers.clearImmediate, value, options);

async function* setInterval(after, value, options = {}) {
  const { signal, ref } = checked(options);
  if (signal && signal.aborted) throw new AbortError(undefined, { cause: signal.reason });
  let ready = 0;
  let wake = null;
  let failed = false;
  const stir = () => {
    if (wake) wake();
    wake = null;
  };
  const timer = timers.setInterval(() => {
    ready += 1;
    stir();
  }, after);
  if (!ref) timer.unref();
  const abort = () => {
    failed = true;
    timers.clearInterval(timer);
    stir();
  };
  if (signal) signal.addEventListener('abort', abort, { once: true });
  try {
    while (!failed) {
      if (ready === 0) await new Promise((resolve) => { wake = resolve; });
      for (; ready > 0; ready--) yield value;
    }
    throw new AbortError(undefined, { cause: signal.reason });
  } finally {
    timers.clearInterval(timer);
    if (signal) signal.removeEventListener('abort', abort);
  }
}

class Scheduler {
  constructor() { throw new codes.ERR_ILLEGAL_CONSTRUCTOR(); }
  yield() { return setImmediate(); }
  wait(delay, options) { return setTimeout(delay, undefined, { signal: options && options.signal }); }
}

module.exports = { setTimeout, setImmediate, setInterval, scheduler: Object.create(Scheduler.prototype) };
