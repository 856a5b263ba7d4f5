// Domains: errors of work go to the domain in which the work was begun. The event loop carries a
// frame with the domain from where work is queued to where it runs, also over promises.
const EventEmitter = require('events');
const { codes } = require('internal/errors');
const tasks = native('tasks');
const key = Symbol('domain');
const stack = [];
const setCapture = process.setUncaughtExceptionCaptureCallback;
const { init, prototype: { emit: plainEmit } } = EventEmitter;
EventEmitter.usingDomains = true;

let current = null;
Object.defineProperty(process, 'domain', {
  enumerable: true, configurable: true, get: () => current, set(domain) { current = domain; },
});
process.setUncaughtExceptionCaptureCallback = function setUncaughtExceptionCaptureCallback(fn) { // eslint-disable-line no-unused-vars
  throw new codes.ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE();
};

// Makes the domain, or none, the one in which work is begun from now on.
function activate(domain) {
  exports.active = current = domain;
  const before = tasks.frame();
  if (!domain && (before === undefined || !before.has(key))) return;
  const frame = new Map(before);
  if (domain) frame.set(key, domain);
  else frame.delete(key);
  tasks.setFrame(frame.size === 0 ? undefined : frame);
}
// Errors that nobody catches come here while a domain on the stack has a listener for them.
function capture() {
  setCapture(null);
  if (stack.some((domain) => domain.listenerCount('error') > 0)) setCapture((error) => current._errorHandler(error));
}
function clear() {
  stack.length = 0;
  activate(null);
  capture();
}
const top = (none) => (stack.length === 0 ? none : stack[stack.length - 1]);
const mark = (error, members) => {
  for (const name of Object.keys(members)) {
    Object.defineProperty(error, name, { value: members[name], enumerable: name !== 'domain', configurable: true, writable: true });
  }
};
const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

class Domain extends EventEmitter {
  constructor() {
    super();
    this.members = [];
  }
  _errorHandler(error) {
    let caught = false;
    if (isObject(error)) mark(error, { domain: this, domainThrown: true });
    while (exports.active === this) this.exit();
    if (stack.length === 0) {
      if (this.listenerCount('error') > 0) {
        setCapture(null);
        try {
          caught = this.emit('error', error);
        } finally {
          capture();
        }
      }
    } else {
      try {
        caught = this.emit('error', error);
      } catch (other) {
        capture();
        if (stack.length === 0) throw other;
        activate(top(null));
        caught = current._errorHandler(other);
      }
    }
    clear();
    return caught;
  }
  enter() {
    activate(this);
    stack.push(this);
    capture();
  }
  exit() {
    const at = stack.lastIndexOf(this);
    if (at === -1) return;
    stack.splice(at);
    activate(top(undefined));
    capture();
  }
  add(emitter) {
    if (emitter.domain === this) return;
    if (emitter.domain) emitter.domain.remove(emitter);
    // Two domains that hold each other would call each other without end.
    if (this.domain && emitter instanceof Domain) {
      for (let outer = this.domain; outer; outer = outer.domain) if (emitter === outer) return;
    }
    Object.defineProperty(emitter, 'domain', { configurable: true, enumerable: false, value: this, writable: true });
    this.members.push(emitter);
  }
  remove(emitter) {
    emitter.domain = null;
    const at = this.members.indexOf(emitter);
    if (at !== -1) this.members.splice(at, 1);
  }
  run(fn, ...args) {
    this.enter();
    const value = Reflect.apply(fn, this, args);
    this.exit();
    return value;
  }
  intercept(callback) {
    const domain = this;
    return function runIntercepted(...args) {
      const [error] = args;
      if (error instanceof Error) {
        mark(error, { domainBound: callback, domainThrown: false, domain });
        domain.emit('error', error);
        return undefined;
      }
      return runBound(this, domain, callback, args.slice(1));
    };
  }
  bind(callback) {
    const domain = this;
    function runBoundly(...args) { return runBound(this, domain, callback, args); }
    Object.defineProperty(runBoundly, 'domain', { configurable: true, enumerable: false, value: domain, writable: true });
    return runBoundly;
  }
}
Domain.prototype.members = undefined;

function runBound(self, domain, callback, args) {
  domain.enter();
  const value = Reflect.apply(callback, self, args);
  domain.exit();
  return value;
}

function create() { return new Domain(); }
Object.assign(exports, { _stack: stack, Domain, createDomain: create, create, active: null });

tasks.watchFrames(
  (frame) => { if (frame.has(key)) frame.get(key).enter(); },
  (frame) => { if (frame.has(key)) frame.get(key).exit(); });

// An emitter belongs to the domain in which it was made.
EventEmitter.init = function (options) {
  Object.defineProperty(this, 'domain', { configurable: true, enumerable: false, value: null, writable: true });
  if (exports.active && !(this instanceof Domain)) this.domain = exports.active;
  return Reflect.apply(init, this, [options]);
};
EventEmitter.prototype.emit = function emit(...args) {
  const { domain } = this;
  const [type, error] = args;
  if (domain === null || domain === undefined || this === process || (type === 'error' && this.listenerCount(type) > 0)) {
    return Reflect.apply(plainEmit, this, args);
  }
  if (type !== 'error') {
    domain.enter();
    const value = Reflect.apply(plainEmit, this, args);
    domain.exit();
    return value;
  }
  const thrown = error || new codes.ERR_UNHANDLED_ERROR(error);
  if (isObject(thrown)) mark(thrown, { domainEmitter: this, domain, domainThrown: false });
  // The listeners run outside of the domain, and so cannot end up here again.
  const before = stack.slice();
  const active = current;
  const at = stack.lastIndexOf(domain);
  if (at !== -1) stack.splice(at);
  activate(top(null));
  capture();
  domain.emit('error', thrown);
  stack.splice(0, stack.length, ...before);
  activate(active);
  capture();
  return false;
};

// A rejected promise that nobody handled is told to the domain in which it was rejected.
const processEmit = process.emit;
Object.defineProperty(process, 'emit', {
  configurable: true,
  enumerable: false,
  writable: true,
  value: function emit(type, ...args) {
    const frame = type === 'unhandledRejection' ? tasks.frame() : undefined;
    if (frame !== undefined && frame.has(key)) return frame.get(key).emit('error', args[0]);
    return Reflect.apply(processEmit, this, [type, ...args]);
  },
});
process.on('newListener', (name, listener) => {
  if (name === 'uncaughtException' && listener !== clear && process.listenerCount(name, clear) === 0) process.on(name, clear);
});
process.on('removeListener', (name, listener) => {
  if (name === 'uncaughtException' && listener !== clear && process.listenerCount(name) === 1) process.removeListener(name, clear);
});
