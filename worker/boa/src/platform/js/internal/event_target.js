// The web's events: EventTarget, Event, CustomEvent, AbortController, AbortSignal.
const { codes } = require('internal/errors');
const custom = Symbol.for('nodejs.util.inspect.custom');
const secret = Symbol('event');
const kind = Symbol('kEventTarget');

class Event {
  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('type');
    if (options !== undefined) require('internal/validators').validateObject(options, 'options', { nullable: true, allowArray: true, allowFunction: true });
    const { bubbles, cancelable, composed } = options || {};
    Object.defineProperty(this, secret, {
      value: {
        type: `${type}`, bubbles: !!bubbles, cancelable: !!cancelable, composed: !!composed, target: null, current: null,
        prevented: false, stopped: false, now: false, passive: false, stamp: require('perf_hooks').performance.now(),
      },
    });
  }
  get isTrusted() { return this[secret].trusted === true; }
  get type() { return this[secret].type; }
  get target() { return this[secret].target; }
  get srcElement() { return this[secret].target; }
  get currentTarget() { return this[secret].current; }
  get bubbles() { return this[secret].bubbles; }
  get cancelable() { return this[secret].cancelable; }
  get composed() { return this[secret].composed; }
  get defaultPrevented() { return this[secret].cancelable && this[secret].prevented; }
  get returnValue() { return !this[secret].cancelable || !this[secret].prevented; }
  get timeStamp() { return this[secret].stamp; }
  get eventPhase() { return this[secret].current ? 2 : 0; }
  get cancelBubble() { return this[secret].stopped; }
  set cancelBubble(value) { if (value) this[secret].stopped = true; }
  composedPath() { return this[secret].current ? [this[secret].current] : []; }
  preventDefault() { if (!this[secret].passive) this[secret].prevented = true; }
  stopPropagation() { this[secret].stopped = true; }
  stopImmediatePropagation() { this[secret].now = true; }
  initEvent(type, bubbles = false, cancelable = false) {
    if (this[secret].current === null) Object.assign(this[secret], { type: `${type}`, bubbles: !!bubbles, cancelable: !!cancelable });
  }
  [custom](depth, options, inspect) {
    const name = this.constructor.name;
    if (depth < 0) return name;
    return `${name} ${inspect({
      type: this.type, defaultPrevented: this.defaultPrevented, cancelable: this.cancelable, timeStamp: this.timeStamp,
    }, { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth })}`;
  }
}
tag(Event, ['type', 'target', 'currentTarget', 'srcElement', 'bubbles', 'cancelable', 'composed', 'defaultPrevented', 'returnValue',
  'timeStamp', 'eventPhase', 'cancelBubble', 'composedPath', 'preventDefault', 'stopPropagation', 'stopImmediatePropagation', 'initEvent']);
Object.defineProperty(Event.prototype, 'isTrusted', { enumerable: true, configurable: false });
['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'].forEach((name, value) => {
  Object.defineProperty(Event, name, { value, enumerable: true });
  Object.defineProperty(Event.prototype, name, { value, enumerable: true });
});

class CustomEvent extends Event {
  #detail;
  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options && options.detail !== undefined ? options.detail : null;
  }
  get detail() { return this.#detail; }
}
tag(CustomEvent, ['detail']);

class MessageEvent extends Event {
  #init;
  constructor(type, init = {}) {
    super(type, init);
    this.#init = init || {};
  }
  get data() { return this.#init.data === undefined ? null : this.#init.data; }
  get origin() { return this.#init.origin || ''; }
  get lastEventId() { return this.#init.lastEventId || ''; }
  get source() { return this.#init.source || null; }
  get ports() { return this.#init.ports || []; }
}
tag(MessageEvent, ['data', 'origin', 'lastEventId', 'source', 'ports']);

function tag(Class, names) {
  for (const name of names) Object.defineProperty(Class.prototype, name, { enumerable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
}

const listenersOf = (target) => {
  const found = target && target[kind];
  if (found === undefined) throw new codes.ERR_INVALID_THIS('EventTarget');
  return found;
};

class EventTarget {
  constructor() { Object.defineProperty(this, kind, { value: new Map() }); }
  addEventListener(type, listener, options = undefined) {
    const all = listenersOf(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('type', 'listener');
    const given = typeof options === 'boolean' ? { capture: options } : options || {};
    const { once, capture, passive, signal } = given;
    if (signal !== undefined) require('internal/validators').validateAbortSignal(signal, 'options.signal');
    if (listener === null || listener === undefined) {
      require('process').emitWarning(`addEventListener called with ${listener} which has no effect.`, 'AddEventListenerArgumentTypeWarning');
      return;
    }
    if (typeof listener !== 'function' && typeof listener !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
    if (signal !== undefined) {
      if (signal.aborted) return;
      signal.addEventListener('abort', () => this.removeEventListener(type, listener, options), { once: true });
    }
    type = `${type}`;
    const list = all.get(type) || [];
    if (list.some((one) => one.listener === listener && one.capture === !!capture)) return;
    list.push({ listener, once: !!once, capture: !!capture, passive: !!passive, removed: false });
    all.set(type, list);
  }
  removeEventListener(type, listener, options = undefined) {
    const all = listenersOf(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('type', 'listener');
    const capture = typeof options === 'boolean' ? options : !!(options && options.capture);
    drop(all, `${type}`, (one) => one.listener === listener && one.capture === capture);
  }
  dispatchEvent(event) {
    const all = listenersOf(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('event');
    if (!(event instanceof Event)) throw new codes.ERR_INVALID_ARG_TYPE('event', 'Event', event);
    const state = event[secret];
    if (state.current !== null) throw new codes.ERR_EVENT_RECURSION(event.type);
    state.target = state.current = this;
    for (const one of [...(all.get(event.type) || [])]) {
      if (one.removed) continue;
      if (one.once) drop(all, event.type, (other) => other === one);
      state.passive = one.passive;
      try {
        const { listener } = one;
        const result = typeof listener === 'function' ? Reflect.apply(listener, this, [event])
          : typeof listener.handleEvent === 'function' ? listener.handleEvent(event) : undefined;
        if (result != null && typeof result.then === 'function') result.then(undefined, late);
      } catch (error) {
        late(error);
      }
      if (state.now) break;
    }
    state.current = null;
    return !event.defaultPrevented;
  }
  [custom](depth, options, inspect) {
    const name = this.constructor.name;
    return depth < 0 ? name : `${name} ${inspect({}, { ...options, depth: options.depth === null ? null : options.depth - 1 })}`;
  }
}
tag(EventTarget, ['addEventListener', 'removeEventListener', 'dispatchEvent']);

function drop(all, type, matches) {
  const list = all.get(type);
  const at = list === undefined ? -1 : list.findIndex(matches);
  if (at < 0) return;
  list[at].removed = true;
  all.set(type, list.filter((_, other) => other !== at));
}

// What a listener throws is an uncaught exception, after the others ran.
function late(error) {
  require('process').nextTick(() => { throw error; });
}

// `onabort` and the like: a listener that can be replaced.
function handler(Class, type) {
  const held = new WeakMap();
  Object.defineProperty(Class.prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    get() {
      const value = held.get(this);
      return value === undefined ? null : value.listener;
    },
    set(listener) {
      const before = held.get(this);
      const usable = typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
      if (before === undefined) {
        if (!usable) return;
        const value = { listener, call: (event) => typeof value.listener === 'function' && Reflect.apply(value.listener, this, [event]) };
        held.set(this, value);
        this.addEventListener(type, value.call);
      } else if (usable) before.listener = listener;
      else {
        this.removeEventListener(type, before.call);
        held.delete(this);
      }
    },
  });
}

let allowed = false;
function newSignal() {
  allowed = true;
  try {
    return new AbortSignal();
  } finally {
    allowed = false;
  }
}
const abortError = () => new (require('internal/dom_exception'))('This operation was aborted', 'AbortError');
const signals = new WeakMap();
function stateOf(signal) {
  const found = signals.get(signal);
  if (found === undefined) throw new codes.ERR_INVALID_THIS('AbortSignal');
  return found;
}

class AbortSignal extends EventTarget {
  constructor() {
    if (!allowed) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
    super();
    signals.set(this, { aborted: false, reason: undefined, dependents: [] });
  }
  get aborted() { return stateOf(this).aborted; }
  get reason() { return stateOf(this).reason; }
  throwIfAborted() {
    const { aborted, reason } = stateOf(this);
    if (aborted) throw reason;
  }
  static abort(reason = abortError()) {
    const signal = newSignal();
    Object.assign(stateOf(signal), { aborted: true, reason });
    return signal;
  }
  static timeout(delay) {
    require('internal/validators').validateUint32(delay, 'delay', false);
    const signal = newSignal();
    const timer = require('timers').setTimeout(() => {
      abort(signal, new (require('internal/dom_exception'))('The operation was aborted due to timeout', 'TimeoutError'));
    }, delay);
    timer.unref();
    return signal;
  }
  static any(list) {
    if (list === null || list === undefined || typeof list[Symbol.iterator] !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('signals', 'Array', list);
    const sources = [...list];
    sources.forEach((source, at) => {
      if (!signals.has(source)) throw new codes.ERR_INVALID_ARG_TYPE(`signals[${at}]`, 'AbortSignal', source);
    });
    const signal = newSignal();
    const aborted = sources.find((source) => source.aborted);
    if (aborted !== undefined) Object.assign(stateOf(signal), { aborted: true, reason: aborted.reason });
    else for (const source of sources) stateOf(source).dependents.push(signal);
    return signal;
  }
  [custom](depth, options, inspect) {
    return depth < 0 ? 'AbortSignal' : `AbortSignal ${inspect({ aborted: this.aborted }, { ...options, depth: options.depth === null ? null : options.depth - 1 })}`;
  }
}
tag(AbortSignal, ['aborted', 'reason', 'throwIfAborted']);
handler(AbortSignal, 'abort');

function abort(signal, reason) {
  const state = stateOf(signal);
  if (state.aborted) return;
  const all = [signal];
  const mark = (one) => {
    Object.assign(stateOf(one), { aborted: true, reason });
    for (const next of stateOf(one).dependents) {
      if (!stateOf(next).aborted) {
        all.push(next);
        mark(next);
      }
    }
  };
  mark(signal);
  for (const one of all) {
    const event = new Event('abort');
    event[secret].trusted = true;
    one.dispatchEvent(event);
  }
}

class AbortController {
  #signal = newSignal();
  get signal() { return this.#signal; }
  abort(reason = abortError()) { abort(this.#signal, reason); }
  [custom](depth, options, inspect) {
    return depth < 0 ? 'AbortController' : `AbortController ${inspect({ signal: this.signal }, { ...options, depth: options.depth === null ? null : options.depth - 1 })}`;
  }
}
tag(AbortController, ['signal', 'abort']);

module.exports = { Event, CustomEvent, MessageEvent, EventTarget, AbortController, AbortSignal, handler, listenersOf, kind };
