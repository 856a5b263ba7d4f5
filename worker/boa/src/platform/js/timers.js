// Timers, immediate functions and microtasks, on the queues of the event loop.
const tasks = native('tasks');
const bySerial = new Map();
const promisified = Symbol.for('nodejs.util.promisify.custom');
const inspected = Symbol.for('nodejs.util.inspect.custom');

function notFunction(name, value) {
  const { codes } = require('internal/errors');
  throw new codes.ERR_INVALID_ARG_TYPE(name, 'Function', value);
}

class Timeout {
  constructor(callback, after, args, repeats, held = true) {
    after *= 1;
    if (!(after >= 1 && after <= 2147483647)) {
      if (after > 2147483647) {
        require('process').emitWarning(`${after} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`, 'TimeoutOverflowWarning');
      }
      after = 1;
    }
    this._idleTimeout = after;
    this._onTimeout = callback;
    this._repeat = repeats ? after : null;
    this._destroyed = false;
    hide(this, { args, held, serial: 0 });
    begin(this);
  }
  ref() {
    this[state].held = true;
    if (!this._destroyed) tasks.holdTimer(this[state].serial, true);
    return this;
  }
  unref() {
    this[state].held = false;
    if (!this._destroyed) tasks.holdTimer(this[state].serial, false);
    return this;
  }
  hasRef() { return this[state].held; }
  refresh() {
    if (!this._destroyed || this._onTimeout !== null) {
      tasks.clearTimer(this[state].serial);
      begin(this);
    }
    return this;
  }
  close() {
    clearTimeout(this);
    return this;
  }
  [Symbol.toPrimitive]() {
    const { serial } = this[state];
    if (!this[state].named && !this._destroyed) {
      this[state].named = serial;
      bySerial.set(serial, this);
    }
    return this[state].named || serial;
  }
  [inspected](_, options, inspect) {
    return inspect({ ...this }, { ...options, depth: 0 }).replace(/^\{/, 'Timeout {');
  }
  [Symbol.dispose || Symbol.for('nodejs.dispose')]() { clearTimeout(this); }
}
const state = Symbol('timer');

function hide(object, value) {
  Object.defineProperty(object, state, { value });
}

function begin(timer) {
  timer._destroyed = false;
  timer[state].serial = tasks.setTimer(() => fire(timer), Math.trunc(timer._idleTimeout), timer[state].held);
}

function fire(timer) {
  const { args } = timer[state];
  const before = timer[state].serial;
  timer[state].firing = true;
  try {
    if (args === undefined) timer._onTimeout();
    else Reflect.apply(timer._onTimeout, timer, args);
  } finally {
    timer[state].firing = false;
    if (timer._repeat !== null && !timer._destroyed) {
      if (timer[state].serial === before) begin(timer);
    } else if (timer[state].serial === before) {
      timer._destroyed = true;
      if (timer[state].named) bySerial.delete(timer[state].named);
    }
  }
}

class Immediate {
  constructor(callback, args) {
    this._onImmediate = callback;
    this._argv = args;
    this._destroyed = false;
    hide(this, { held: true, serial: tasks.setImmediate(() => runImmediate(this)) });
  }
  ref() {
    this[state].held = true;
    return this;
  }
  unref() {
    this[state].held = false;
    return this;
  }
  hasRef() { return this[state].held; }
  [Symbol.dispose || Symbol.for('nodejs.dispose')]() { clearImmediate(this); }
}

function runImmediate(immediate) {
  const callback = immediate._onImmediate;
  const args = immediate._argv;
  immediate._destroyed = true;
  immediate._onImmediate = null;
  if (args === undefined) callback();
  else callback(...args);
}

function setTimeout(callback, after, ...args) {
  if (typeof callback !== 'function') notFunction('callback', callback);
  return new Timeout(callback, after, args.length === 0 ? undefined : args, false);
}

function setInterval(callback, repeat, ...args) {
  if (typeof callback !== 'function') notFunction('callback', callback);
  return new Timeout(callback, repeat, args.length === 0 ? undefined : args, true);
}

function setImmediate(callback, ...args) {
  if (typeof callback !== 'function') notFunction('callback', callback);
  return new Immediate(callback, args.length === 0 ? undefined : args);
}

function clearTimeout(timer) {
  if (typeof timer === 'number' || typeof timer === 'string') {
    const named = bySerial.get(+timer);
    if (named === undefined) return;
    timer = named;
  }
  if (!(timer instanceof Timeout) || timer._onTimeout === null) return;
  tasks.clearTimer(timer[state].serial);
  timer._destroyed = true;
  timer._repeat = null;
  timer._idleTimeout = -1;
  timer._onTimeout = null;
  if (timer[state].named) bySerial.delete(timer[state].named);
}

function clearInterval(timer) {
  clearTimeout(timer);
}

function clearImmediate(immediate) {
  if (!(immediate instanceof Immediate) || immediate._destroyed) return;
  tasks.clearImmediate(immediate[state].serial);
  immediate._destroyed = true;
  immediate._onImmediate = null;
}

function queueMicrotask(callback) {
  if (typeof callback !== 'function') notFunction('callback', callback);
  tasks.microtask(() => { callback(); });
}

for (const [timer, name] of [[setTimeout, 'setTimeout'], [setImmediate, 'setImmediate']]) {
  Object.defineProperty(timer, promisified, { enumerable: true, get: () => require('timers/promises')[name] });
}

exports.setTimeout = setTimeout;
exports.clearTimeout = clearTimeout;
exports.setImmediate = setImmediate;
exports.clearImmediate = clearImmediate;
exports.setInterval = setInterval;
exports.clearInterval = clearInterval;
exports._unrefActive = (timer) => { timer.unref(); };
exports.active = (timer) => { timer.refresh(); };
exports.unenroll = (timer) => { clearTimeout(timer); };
exports.enroll = (item, after) => { item._idleTimeout = after; };
Object.defineProperties(exports, {
  promises: { configurable: true, enumerable: true, get: () => require('timers/promises') },
  queueMicrotask: { value: queueMicrotask },
});
