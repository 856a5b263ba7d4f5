// Domains: what is told to them, over timers, ticks, promises and emitters, and how they nest.
const domain = require('domain');
const EventEmitter = require('events');
const { AsyncLocalStorage } = require('async_hooks');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const told = (error, own) => [error && error.message, !!error && error.domain === own, error && error.domainThrown, !!(error && error.domainEmitter), typeof (error && error.domainBound), Object.keys(Object(error)), process.domain === own, typeof process.domain];
async function follow(act) {
  const own = domain.create();
  const log = [];
  own.on('error', (error) => log.push(told(error, own)));
  const note = (name) => log.push([name, process.domain === own, domain.active === own, domain._stack.length]);
  log.push(await act(own, note));
  await wait(4);
  log.push([process.domain === own, domain._stack.length]);
  return log;
}

const ways = {
  timer: (own, note) => own.run(() => { setTimeout(() => { note('timer'); throw new Error('timer'); }, 1); }),
  immediate: (own, note) => own.run(() => { setImmediate(() => { note('immediate'); throw new Error('immediate'); }); }),
  tick: (own, note) => own.run(() => { process.nextTick(() => { note('tick'); throw new Error('tick'); }); }),
  microtask: (own, note) => own.run(() => { queueMicrotask(() => note('microtask')); }),
  rejection: (own) => own.run(() => { Promise.reject(new Error('rejected')); }),
  asyncFunction: (own, note) => { own.run(async () => { note('begun'); await null; note('awaited'); await wait(1); note('waited'); throw new Error('async'); }); },
  handled: (own) => own.run(() => Promise.reject(new Error('handled')).catch((error) => error.message)),
  then: (own, note) => own.run(() => Promise.resolve(1).then(() => { note('then'); setTimeout(() => { throw new Error('later'); }); })),
  emitted: (own) => own.run(() => { const emitter = new EventEmitter(); return [emitter.emit('error', new Error('emitted')), emitter.domain === own, Object.keys(emitter)]; }),
  emittedLater: (own, note) => {
    const emitter = own.run(() => new EventEmitter());
    emitter.on('x', () => note('x'));
    emitter.emit('x');
    emitter.emit('error', new Error('later'));
    return own.members.length;
  },
  listened: (own) => own.run(() => { const emitter = new EventEmitter(); let got; emitter.on('error', (error) => { got = error.message; }); emitter.emit('error', new Error('mine')); return got; }),
  added: (own, note) => {
    const emitter = new EventEmitter();
    own.add(emitter);
    emitter.on('x', () => note('x'));
    emitter.emit('x');
    emitter.emit('error', new TypeError('added'));
    own.remove(emitter);
    try { emitter.emit('error', new Error('removed')); } catch (error) { return [error.message, own.members.length, emitter.domain]; }
    return null;
  },
  bound: (own, note) => [own.bind((...values) => { note('bound'); return values; })(1, 2), own.bind(() => {}).domain === own],
  intercepted: (own) => [own.intercept((...values) => values)(null, 6, 7), own.intercept((...values) => values)(new Error('intercepted'), 6)],
  values: (own) => [own.run((...values) => values, 1, 2), own.run(function () { return this === own; })],
  nested: (own, note) => own.run(() => {
    const inner = domain.create();
    const caught = [];
    inner.on('error', (error) => caught.push(error.message, process.domain === own));
    note('outer');
    inner.run(() => { note('inner'); setTimeout(() => { throw new Error('in the inner'); }, 1); });
    note('outer again');
    return caught;
  }),
  thrownInside: (own, note) => own.run(() => {
    const inner = domain.create();
    inner.on('error', (error) => { note(`inner ${error.message}`); throw new Error('from the inner'); });
    setTimeout(() => inner.run(() => { throw new Error('in the inner'); }), 1);
  }),
  entered: (own, note) => { own.enter(); note('entered'); setTimeout(() => note('timer'), 1); own.exit(); note('exited'); },
  emptyReason: (own) => own.run(() => { new EventEmitter().emit('error'); }),
  odd: (own) => own.run(() => { setTimeout(() => { throw 'a text'; }, 1); }),
  storage: (own, note) => {
    const storage = new AsyncLocalStorage();
    return storage.run('stored', () => own.run(() => new Promise((resolve) => setTimeout(() => { note('timer'); resolve(storage.getStore()); }, 1))));
  },
  storageInside: (own, note) => {
    const storage = new AsyncLocalStorage();
    own.run(() => storage.run('stored', () => { setTimeout(() => { note(storage.getStore()); throw new Error('stored'); }, 1); }));
  },
  members: (own) => [Object.keys(own), own instanceof EventEmitter, own instanceof domain.Domain, own.domain === undefined, Reflect.ownKeys(domain.Domain.prototype).sort(), domain.create === domain.createDomain, EventEmitter.usingDomains],
};

exports.handler = async () => {
  const out = {};
  for (const [name, way] of Object.entries(ways)) out[name] = await follow(way);
  try {
    process.setUncaughtExceptionCaptureCallback(() => {});
  } catch (error) {
    out.capture = [error.code, error.message];
  }
  return out;
};
