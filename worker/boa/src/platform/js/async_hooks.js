// AsyncLocalStorage and AsyncResource: the event loop carries a frame (an immutable map of stores)
// from where work was queued to where it runs, over promises too. `createHook` observes nothing.
const tasks = native('tasks');
const { codes } = require('internal/errors');
const { validateFunction, validateString } = require('internal/validators');
let serial = 1;

class AsyncLocalStorage {
  static bind(fn) { return AsyncResource.bind(fn); }
  static snapshot() { return AsyncResource.bind((fn, ...args) => fn(...args)); }
  run(store, callback, ...args) {
    const before = tasks.setFrame(withStore(tasks.frame(), this, store));
    try {
      return Reflect.apply(callback, null, args);
    } finally {
      tasks.setFrame(before);
    }
  }
  exit(callback, ...args) { return this.run(undefined, callback, ...args); }
  enterWith(store) { tasks.setFrame(withStore(tasks.frame(), this, store)); }
  disable() { tasks.setFrame(withStore(tasks.frame(), this, undefined)); }
  getStore() {
    const frame = tasks.frame();
    return frame === undefined ? undefined : frame.get(this);
  }
  _enable() {}
}

function withStore(frame, storage, store) {
  const next = new Map(frame);
  if (store === undefined) next.delete(storage);
  else next.set(storage, store);
  return next;
}

class AsyncResource {
  #frame; #id; #trigger;
  constructor(type, options = {}) {
    validateString(type, 'type');
    let trigger = options;
    if (typeof options !== 'number') trigger = options.triggerAsyncId === undefined ? 1 : options.triggerAsyncId;
    if (!Number.isSafeInteger(trigger) || trigger < -1) throw new codes.ERR_INVALID_ASYNC_ID('triggerAsyncId', trigger);
    this.#frame = tasks.frame();
    this.#id = ++serial;
    this.#trigger = trigger;
  }
  runInAsyncScope(fn, thisArg, ...args) {
    const before = tasks.setFrame(this.#frame);
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      tasks.setFrame(before);
    }
  }
  emitDestroy() { return this; }
  asyncId() { return this.#id; }
  triggerAsyncId() { return this.#trigger; }
  bind(fn, thisArg) {
    validateFunction(fn, 'fn');
    const resource = this;
    const bound = thisArg === undefined
      ? function (...args) { return resource.runInAsyncScope(fn, this, ...args); }
      : (...args) => resource.runInAsyncScope(fn, thisArg, ...args);
    Object.defineProperty(bound, 'length', { value: fn.length, configurable: true });
    return bound;
  }
  static bind(fn, type, thisArg) {
    validateFunction(fn, 'fn');
    return new AsyncResource(type || fn.name || 'bound-anonymous-fn').bind(fn, thisArg);
  }
}

class AsyncHook {
  constructor(hooks) {
    for (const name of ['init', 'before', 'after', 'destroy', 'promiseResolve']) {
      if (hooks[name] !== undefined && typeof hooks[name] !== 'function') throw new codes.ERR_ASYNC_CALLBACK(`hook.${name}`);
    }
  }
  enable() { return this; }
  disable() { return this; }
}

module.exports = {
  AsyncLocalStorage,
  createHook: (hooks) => new AsyncHook(hooks),
  executionAsyncId: () => 1,
  triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}),
  asyncWrapProviders: Object.freeze(Object.assign(Object.create(null), { NONE: 0, PROMISE: 27, TickObject: 56, Timeout: 57 })),
  AsyncResource,
};
