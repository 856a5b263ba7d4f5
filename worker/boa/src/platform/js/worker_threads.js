// One thread. Message ports work within it.
const { EventTarget, MessageEvent, handler } = require('internal/event_target');
const data = new Map();
const queue = Symbol('queue');

class MessagePort extends EventTarget {
  constructor() {
    super();
    Object.defineProperty(this, queue, { value: { other: null, waiting: [], open: true, started: false, calls: [] } });
  }
  postMessage(value, transfer) {
    const { other, open } = this[queue];
    const copy = structuredClone(value, Array.isArray(transfer) ? { transfer } : transfer);
    if (!open || other === null) return;
    other[queue].waiting.push(copy);
    if (other[queue].started) setImmediate(deliver, other);
  }
  start() {
    this[queue].started = true;
    setImmediate(deliver, this);
  }
  close() {
    for (const port of [this, this[queue].other]) {
      if (!port || !port[queue].open) continue;
      port[queue].open = false;
      setImmediate(() => {
        deliver(port);
        port.dispatchEvent(new Event('close'));
      });
    }
  }
  on(name, listener) { return listen(this, name, listener); }
  once(name, listener) { return listen(this, name, listener, { once: true }); }
  off(name, listener) {
    const at = this[queue].calls.findIndex((one) => one.name === name && one.listener === listener);
    if (at >= 0) this.removeEventListener(name, this[queue].calls.splice(at, 1)[0].call);
    return this;
  }
  ref() {}
  unref() {}
}
MessagePort.prototype.addListener = MessagePort.prototype.on;
MessagePort.prototype.removeListener = MessagePort.prototype.off;
function listen(port, name, listener, options) {
  const call = (event) => Reflect.apply(listener, port, [name === 'message' ? event.data : event]);
  port[queue].calls.push({ name, listener, call });
  port.addEventListener(name, call, options);
  if (name === 'message') port.start();
  return port;
}
handler(MessagePort, 'message');
const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
Object.defineProperty(MessagePort.prototype, 'onmessage', {
  configurable: true, enumerable: true, get, set(listener) {
    set.call(this, listener);
    this.start();
  },
});
function deliver(port) {
  for (const value of port[queue].waiting.splice(0)) port.dispatchEvent(new MessageEvent('message', { data: value }));
}
class MessageChannel {
  constructor() {
    this.port1 = new MessagePort();
    this.port2 = new MessagePort();
    this.port1[queue].other = this.port2;
    this.port2[queue].other = this.port1;
  }
}

module.exports = require('internal/absent').absent('worker_threads', 'isMainThread MessagePort MessageChannel markAsUntransferable moveMessagePortToContext receiveMessageOnPort resourceLimits postMessageToThread threadId SHARE_ENV Worker+EventEmitter parentPort workerData BroadcastChannel+ setEnvironmentData getEnvironmentData', {
  isMainThread: true,
  MessagePort,
  MessageChannel,
  markAsUntransferable: () => {},
  receiveMessageOnPort: (port) => (port[queue].waiting.length > 0 ? { message: port[queue].waiting.shift() } : undefined),
  resourceLimits: {},
  threadId: 0,
  SHARE_ENV: Symbol.for('nodejs.worker_threads.SHARE_ENV'),
  parentPort: null,
  workerData: null,
  setEnvironmentData(key, value) {
    if (value === undefined) data.delete(key);
    else data.set(key, value);
  },
  getEnvironmentData: (key) => data.get(key),
});
