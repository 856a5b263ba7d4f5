// Named channels within the process.
const { codes } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const channels = new Map();

class Channel {
  _subscribers = undefined;
  _stores = undefined;
  constructor(name) { this.name = name; }
  get hasSubscribers() { return (this._subscribers !== undefined && this._subscribers.length > 0) || (this._stores !== undefined && this._stores.size > 0); }
  subscribe(subscription) {
    validateFunction(subscription, 'subscription');
    this._subscribers = [...(this._subscribers || []), subscription];
  }
  unsubscribe(subscription) {
    const at = this._subscribers === undefined ? -1 : this._subscribers.indexOf(subscription);
    if (at < 0) return false;
    this._subscribers = this._subscribers.filter((_, other) => other !== at);
    return true;
  }
  bindStore(store, transform) { (this._stores = this._stores || new Map()).set(store, transform); }
  unbindStore(store) { return this._stores !== undefined && this._stores.delete(store); }
  publish(message) {
    for (const subscription of this._subscribers || []) {
      try {
        subscription(message, this.name);
      } catch (error) {
        require('process').nextTick(() => { throw error; });
      }
    }
  }
  runStores(context, fn, thisArg, ...args) {
    let run = () => {
      this.publish(context);
      return Reflect.apply(fn, thisArg, args);
    };
    for (const [store, transform] of this._stores || []) {
      const next = run;
      run = () => store.run(transform === undefined ? context : transform(context), next);
    }
    return run();
  }
}

function channel(name) {
  if (channels.has(name)) return channels.get(name);
  if (typeof name !== 'string' && typeof name !== 'symbol') throw new codes.ERR_INVALID_ARG_TYPE('channel', ['string', 'symbol'], name);
  const made = new Channel(name);
  channels.set(name, made);
  return made;
}

const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
class TracingChannel {
  constructor(names) {
    for (const event of events) this[event] = typeof names === 'string' ? channel(`tracing:${names}:${event}`) : names[event];
  }
  get hasSubscribers() { return events.some((event) => this[event].hasSubscribers); }
  subscribe(handlers) { for (const event of events) if (handlers[event]) this[event].subscribe(handlers[event]); }
  unsubscribe(handlers) { return events.every((event) => !handlers[event] || this[event].unsubscribe(handlers[event])); }
  traceSync(fn, context = {}, thisArg = undefined, ...args) {
    return this.start.runStores(context, () => {
      try {
        return (context.result = Reflect.apply(fn, thisArg, args));
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  tracePromise(fn, context = {}, thisArg = undefined, ...args) {
    const settled = (name, value) => {
      context[name] = value;
      if (name === 'error') this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(fn, thisArg, args)).then(
          (value) => {
            settled('result', value);
            return value;
          },
          (error) => {
            settled('error', error);
            throw error;
          });
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
  traceCallback(fn, position = -1, context = {}, thisArg = undefined, ...args) {
    const callback = args.at(position);
    validateFunction(callback, 'callback');
    const { error: failed, asyncStart, asyncEnd } = this;
    function wrapped(error, result) {
      if (error) {
        context.error = error;
        failed.publish(context);
      } else context.result = result;
      return asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback, this, arguments);
        } finally {
          asyncEnd.publish(context);
        }
      });
    }
    args.splice(position, 1, wrapped);
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(fn, thisArg, args);
      } catch (error) {
        context.error = error;
        failed.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }
}

module.exports = {
  channel,
  hasSubscribers: (name) => channels.has(name) && channels.get(name).hasSubscribers,
  subscribe: (name, subscription) => channel(name).subscribe(subscription),
  tracingChannel: (names) => new TracingChannel(names),
  unsubscribe: (name, subscription) => channel(name).unsubscribe(subscription),
  Channel,
};
