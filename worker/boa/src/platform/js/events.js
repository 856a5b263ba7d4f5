// EventEmitter and its helpers.
const { hasOwn } = Object;
const rejection = Symbol.for('nodejs.rejection');
const errorMonitor = Symbol('events.errorMonitor');
const capture = Symbol('kCapture');
const shapeMode = Symbol('shapeMode');
let defaultMax = 10;
let captureAll = false;
let asyncClass;

const errors = () => require('internal/errors');
const targets = () => require('internal/event_target');

function checkListener(listener) {
  if (typeof listener !== 'function') throw new (errors().codes.ERR_INVALID_ARG_TYPE)('listener', 'Function', listener);
}
const isTarget = (value) => value !== null && typeof value === 'object' && typeof value.addEventListener === 'function';

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}
EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
Object.defineProperty(EventEmitter.prototype, capture, { value: false, writable: true });

EventEmitter.init = function init(options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = Object.create(null);
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  this[shapeMode] = false;
  if (options && options.captureRejections) {
    require('internal/validators').validateBoolean(options.captureRejections, 'options.captureRejections');
    this[capture] = true;
  } else this[capture] = captureAll;
};

function checkMax(n, name) {
  if (typeof n !== 'number' || n < 0 || Number.isNaN(n)) {
    require('internal/validators').validateNumber(n, name, 0);
  }
}

function unhandled(error, emitter) {
  if (error instanceof Error) return error;
  const { codes } = errors();
  let text;
  try {
    text = require('internal/inspect').inspect(error);
  } catch {
    text = error;
  }
  const made = new codes.ERR_UNHANDLED_ERROR(text);
  made.context = error;
  return made;
}

function watch(emitter, result, type, args) {
  if (!emitter[capture] || result === null || result === undefined) return;
  try {
    const { then } = result;
    if (typeof then === 'function') {
      then.call(result, undefined, (error) => require('process').nextTick(() => {
        if (typeof emitter[rejection] === 'function') emitter[rejection](error, type, ...args);
        else {
          const before = emitter[capture];
          try {
            emitter[capture] = false;
            emitter.emit('error', error);
          } finally {
            emitter[capture] = before;
          }
        }
      }));
    }
  } catch (error) {
    emitter.emit('error', error);
  }
}

const methods = {
  setMaxListeners: function setMaxListeners(n) {
    checkMax(n, 'setMaxListeners');
    this._maxListeners = n;
    return this;
  },
  getMaxListeners: function getMaxListeners() {
    return this._maxListeners === undefined ? defaultMax : this._maxListeners;
  },
  emit: function emit(type, ...args) {
    const events = this._events;
    if (type === 'error') {
      if (events !== undefined && events[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
      if (events === undefined || events.error === undefined) throw unhandled(args[0], this);
    } else if (events === undefined) return false;
    const found = events[type];
    if (found === undefined) return false;
    if (typeof found === 'function') {
      const result = Reflect.apply(found, this, args);
      if (result !== undefined && result !== null) watch(this, result, type, args);
    } else {
      for (const listener of found.slice()) {
        const result = Reflect.apply(listener, this, args);
        if (result !== undefined && result !== null) watch(this, result, type, args);
      }
    }
    return true;
  },
  addListener: function addListener(type, listener) {
    return add(this, type, listener, false);
  },
  on: undefined,
  prependListener: function prependListener(type, listener) {
    return add(this, type, listener, true);
  },
  once: function once(type, listener) {
    checkListener(listener);
    this.on(type, wrap(this, type, listener));
    return this;
  },
  prependOnceListener: function prependOnceListener(type, listener) {
    checkListener(listener);
    this.prependListener(type, wrap(this, type, listener));
    return this;
  },
  removeListener: function removeListener(type, listener) {
    checkListener(listener);
    const events = this._events;
    const list = events === undefined ? undefined : events[type];
    if (list === undefined) return this;
    if (list === listener || list.listener === listener) {
      forget(this, type);
      if (events.removeListener !== undefined) this.emit('removeListener', type, list.listener || listener);
    } else if (typeof list !== 'function') {
      let at = list.length - 1;
      while (at >= 0 && list[at] !== listener && list[at].listener !== listener) at--;
      if (at < 0) return this;
      if (list.length === 2) events[type] = list[1 - at];
      else list.splice(at, 1);
      if (events.removeListener !== undefined) this.emit('removeListener', type, listener);
    }
    return this;
  },
  off: undefined,
  removeAllListeners: function removeAllListeners(type) {
    const events = this._events;
    if (events === undefined) return this;
    if (events.removeListener === undefined) {
      if (arguments.length === 0) {
        this._events = Object.create(null);
        this._eventsCount = 0;
      } else if (events[type] !== undefined) forget(this, type);
      return this;
    }
    if (arguments.length === 0) {
      for (const key of Reflect.ownKeys(events)) if (key !== 'removeListener') this.removeAllListeners(key);
      this.removeAllListeners('removeListener');
      this._events = Object.create(null);
      this._eventsCount = 0;
      return this;
    }
    const list = events[type];
    if (typeof list === 'function') this.removeListener(type, list);
    else if (list !== undefined) for (let at = list.length - 1; at >= 0; at--) this.removeListener(type, list[at]);
    return this;
  },
  listeners: function listeners(type) {
    return this.rawListeners(type).map((listener) => listener.listener || listener);
  },
  rawListeners: function rawListeners(type) {
    const list = this._events === undefined ? undefined : this._events[type];
    if (list === undefined) return [];
    return typeof list === 'function' ? [list] : list.slice();
  },
  listenerCount: function listenerCount(type, listener) {
    const list = this._events === undefined ? undefined : this._events[type];
    if (list === undefined) return 0;
    if (listener != null) return [].concat(list).filter((one) => one === listener || one.listener === listener).length;
    return typeof list === 'function' ? 1 : list.length;
  },
  eventNames: function eventNames() {
    return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
  },
};
methods.on = methods.addListener;
methods.off = methods.removeListener;
Object.assign(EventEmitter.prototype, methods);

function forget(emitter, type) {
  if (--emitter._eventsCount === 0) emitter._events = Object.create(null);
  else delete emitter._events[type];
}

function add(emitter, type, listener, first) {
  checkListener(listener);
  let events = emitter._events;
  let list;
  if (events === undefined) {
    events = emitter._events = Object.create(null);
    emitter._eventsCount = 0;
  } else {
    if (events.newListener !== undefined) {
      emitter.emit('newListener', type, listener.listener ? listener.listener : listener);
      events = emitter._events;
    }
    list = events[type];
  }
  if (list === undefined) {
    events[type] = listener;
    emitter._eventsCount += 1;
    return emitter;
  }
  if (typeof list === 'function') list = events[type] = first ? [listener, list] : [list, listener];
  else if (first) list.unshift(listener);
  else list.push(listener);
  const max = emitter.getMaxListeners === undefined ? defaultMax : emitter._maxListeners === undefined ? defaultMax : emitter._maxListeners;
  if (max > 0 && list.length > max && !list.warned) {
    list.warned = true;
    const what = require('internal/inspect').inspect(emitter, { depth: -1 });
    const warning = new Error(`Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to ${what}. Use emitter.setMaxListeners() to increase limit`);
    warning.name = 'MaxListenersExceededWarning';
    warning.emitter = emitter;
    warning.type = type;
    warning.count = list.length;
    require('process').emitWarning(warning);
  }
  return emitter;
}

function wrap(emitter, type, listener) {
  let fired = false;
  const wrapped = function (...args) {
    if (fired) return undefined;
    emitter.removeListener(type, wrapped);
    fired = true;
    return Reflect.apply(listener, emitter, args);
  };
  Object.defineProperty(wrapped, 'name', { value: 'bound onceWrapper' });
  wrapped.listener = listener;
  return wrapped;
}

function on(target, type, listener, options) {
  if (typeof target.on === 'function') {
    if (options && options.once) target.once(type, listener);
    else target.on(type, listener);
  } else if (typeof target.addEventListener === 'function') target.addEventListener(type, listener, options);
  else throw new (errors().codes.ERR_INVALID_ARG_TYPE)('emitter', 'EventEmitter', target);
}

function off(target, type, listener) {
  if (typeof target.removeListener === 'function') target.removeListener(type, listener);
  else target.removeEventListener(type, listener);
}

const aborted = (signal) => new (errors().AbortError)(undefined, { cause: signal.reason });

async function once(emitter, name, options = {}) {
  const { validateAbortSignal } = require('internal/validators');
  const signal = options ? options.signal : undefined;
  validateAbortSignal(signal, 'options.signal');
  if (signal && signal.aborted) throw aborted(signal);
  return new Promise((resolve, reject) => {
    const end = () => {
      off(emitter, name, done);
      if (!isTarget(emitter) || typeof emitter.on === 'function') if (name !== 'error') off(emitter, 'error', fail);
      if (signal) signal.removeEventListener('abort', abort);
    };
    const done = (...args) => {
      end();
      resolve(args);
    };
    const fail = (error) => {
      end();
      reject(error);
    };
    const abort = () => {
      end();
      reject(aborted(signal));
    };
    on(emitter, name, done, { once: true });
    if (name !== 'error' && typeof emitter.once === 'function') emitter.once('error', fail);
    if (signal) signal.addEventListener('abort', abort, { once: true });
  });
}

function iterate(emitter, event, options = {}) {
  const { validateObject, validateAbortSignal } = require('internal/validators');
  validateObject(options, 'options');
  const { signal, close = [] } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal && signal.aborted) throw aborted(signal);
  const values = [];
  const waiting = [];
  let failure = null;
  let finished = false;
  const push = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else values.push(args);
  };
  const fail = (error) => {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = error;
    iterator.return();
  };
  const abort = () => fail(aborted(signal));
  const closed = () => { iterator.return(); };
  const iterator = Object.setPrototypeOf({
    next() {
      if (values.length > 0) return Promise.resolve({ value: values.shift(), done: false });
      if (failure !== null) {
        const error = failure;
        failure = null;
        return Promise.reject(error);
      }
      if (finished) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      finished = true;
      off(emitter, event, push);
      if (event !== 'error' && typeof emitter.on === 'function') off(emitter, 'error', fail);
      for (const name of close) off(emitter, name, closed);
      if (signal) signal.removeEventListener('abort', abort);
      for (const one of waiting.splice(0)) one.resolve({ value: undefined, done: true });
      return Promise.resolve({ value: undefined, done: true });
    },
    throw(error) {
      if (!(error instanceof Error)) throw new (errors().codes.ERR_INVALID_ARG_TYPE)('EventEmitter.AsyncIterator', 'Error', error);
      fail(error);
    },
    [Symbol.asyncIterator]() { return this; },
  }, Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype));
  on(emitter, event, push);
  if (event !== 'error' && typeof emitter.on === 'function') emitter.on('error', fail);
  for (const name of close) on(emitter, name, closed);
  if (signal) signal.addEventListener('abort', abort, { once: true });
  return iterator;
}
Object.defineProperty(iterate, 'name', { value: 'on' });

function listenersOf(target, type) {
  if (typeof target.listeners === 'function') return target.listeners(type);
  const list = targets().listenersOf(target).get(type) || [];
  return list.map((one) => one.listener);
}

function getMaxListeners(target) {
  if (typeof target.getMaxListeners === 'function') return target.getMaxListeners();
  if (isTarget(target)) return maxOf.get(target) === undefined ? defaultMax : maxOf.get(target);
  throw new (errors().codes.ERR_INVALID_ARG_TYPE)('emitter', ['EventEmitter', 'EventTarget'], target);
}
const maxOf = new WeakMap();

function setMaxListeners(n = defaultMax, ...emitters) {
  checkMax(n, 'setMaxListeners');
  if (emitters.length === 0) defaultMax = n;
  for (const target of emitters) {
    if (typeof target.setMaxListeners === 'function') target.setMaxListeners(n);
    else if (isTarget(target)) maxOf.set(target, n);
    else throw new (errors().codes.ERR_INVALID_ARG_TYPE)('eventTargets', ['EventEmitter', 'EventTarget'], target);
  }
}

function listenerCount(emitter, type) {
  if (typeof emitter.listenerCount === 'function') return emitter.listenerCount(type);
  return Reflect.apply(methods.listenerCount, emitter, [type]);
}

function addAbortListener(signal, listener) {
  if (signal === undefined) throw new (errors().codes.ERR_INVALID_ARG_TYPE)('signal', 'AbortSignal', signal);
  require('internal/validators').validateAbortSignal(signal, 'signal');
  require('internal/validators').validateFunction(listener, 'listener');
  let remove;
  if (signal.aborted) queueMicrotask(() => listener());
  else {
    signal.addEventListener('abort', listener, { once: true });
    remove = () => signal.removeEventListener('abort', listener);
  }
  const stop = () => { if (remove) remove(); };
  return { [Symbol.dispose || Symbol.for('nodejs.dispose')]: stop };
}

module.exports = EventEmitter;
const { init } = EventEmitter;
delete EventEmitter.init;
EventEmitter.addAbortListener = addAbortListener;
EventEmitter.once = once;
EventEmitter.on = iterate;
EventEmitter.getEventListeners = (target, type) => {
  if (typeof target.listeners !== 'function' && !isTarget(target)) throw new (errors().codes.ERR_INVALID_ARG_TYPE)('emitter', ['EventEmitter', 'EventTarget'], target);
  return listenersOf(target, type);
};
EventEmitter.getMaxListeners = getMaxListeners;
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.usingDomains = false;
EventEmitter.captureRejectionSymbol = rejection;
Object.defineProperties(EventEmitter, {
  captureRejections: {
    enumerable: true,
    get: () => captureAll,
    set(value) {
      require('internal/validators').validateBoolean(value, 'EventEmitter.captureRejections');
      captureAll = value;
    },
  },
  EventEmitterAsyncResource: {
    enumerable: true,
    get() {
      if (asyncClass !== undefined) return asyncClass;
      const { AsyncResource } = require('async_hooks');
      asyncClass = class EventEmitterAsyncResource extends EventEmitter {
        #resource;
        constructor(options = {}) {
          super(options);
          this.#resource = new AsyncResource((typeof options === 'string' ? options : options.name) || new.target.name);
        }
        emit(type, ...args) { return this.#resource.runInAsyncScope(super.emit, this, type, ...args); }
        emitDestroy() { this.#resource.emitDestroy(); }
        get asyncId() { return this.#resource.asyncId(); }
        get triggerAsyncId() { return this.#resource.triggerAsyncId(); }
        get asyncResource() { return this.#resource; }
      };
      return asyncClass;
    },
  },
});
EventEmitter.errorMonitor = errorMonitor;
Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  enumerable: true,
  get: () => defaultMax,
  set(n) {
    checkMax(n, 'defaultMaxListeners');
    defaultMax = n;
  },
});
EventEmitter.setMaxListeners = setMaxListeners;
EventEmitter.init = init;
EventEmitter.listenerCount = listenerCount;
