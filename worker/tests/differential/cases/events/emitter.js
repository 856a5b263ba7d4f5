const EventEmitter = require('events');
exports.handler = async () => {
  const log = [];
  const e = new EventEmitter();
  e.on('newListener', (name, fn) => log.push(['new', String(name), typeof fn]));
  e.on('removeListener', (name) => log.push(['removed', String(name)]));
  const a = (...args) => log.push(['a', ...args]);
  e.on('x', a); e.once('x', () => log.push('once')); e.prependListener('x', () => log.push('first')); e.prependOnceListener('x', () => log.push('zeroth'));
  log.push(e.emit('x', 1, 2), e.emit('x'), e.emit('nothing'), e.listenerCount('x'), e.eventNames());
  e.off('x', a); log.push(e.listenerCount('x'), e.rawListeners('x').length);
  e.removeAllListeners('x'); log.push(e.eventNames());
  const tries = [() => e.emit('error', new TypeError('bad')), () => e.emit('error', 'text'), () => e.emit('error', { a: 1 }), () => e.emit('error'), () => e.on('x', 5), () => e.setMaxListeners(-1), () => e.once('y'), () => { EventEmitter.defaultMaxListeners = 'x'; }];
  for (const f of tries) { try { f(); log.push('no throw'); } catch (err) { log.push([err.name, err.code, err.message, err.context]); } }
  e.on(EventEmitter.errorMonitor, (err) => log.push(['monitored', err.message]));
  e.on('error', (err) => log.push(['handled', err.message]));
  e.emit('error', new Error('E'));
  log.push(e.getMaxListeners(), Object.keys(EventEmitter), Object.keys(EventEmitter.prototype), Object.keys(e), e instanceof EventEmitter.EventEmitter);
  class Sub extends EventEmitter { constructor() { super(); this.mine = 1; } }
  log.push(require('util').inspect(new Sub()));
  function Old() { EventEmitter.call(this); }
  require('util').inherits(Old, EventEmitter);
  log.push(new Old().on('q', () => log.push('old')).emit('q'));
  const order = []; const o = new EventEmitter();
  o.on('t', () => { order.push(1); o.on('t', () => order.push('late')); }); o.on('t', () => order.push(2)); o.emit('t'); log.push(order);
  const capture = new EventEmitter({ captureRejections: true });
  capture.on('p', async () => { throw new Error('async'); });
  const caught = new Promise((r) => capture.on('error', (err) => r(err.message)));
  capture.emit('p'); log.push(await caught);
  log.push(EventEmitter.getEventListeners(e, 'error').length, EventEmitter.listenerCount(e, 'error'), EventEmitter.getMaxListeners(e));
  const many = new EventEmitter(); for (let i = 0; i < 10; i++) many.on('w', () => {});
  return log;
};
