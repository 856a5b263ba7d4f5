// The natives as the crate's documentation tells them, for its own tests.
(() => {
  const own = Reflect.ownKeys, proto = Reflect.getPrototypeOf;
  const describe = Reflect.getOwnPropertyDescriptor;
  const numeric = (value) => -(-value);
  const call = Reflect['apply'];
  const object = (value) => {
    if (typeof value !== 'object' && typeof value !== 'function' || value === null) {
      throw new TypeError('Iterator result ' + String(value) + ' is not an object');
    }
    return value;
  };
  const ITERATOR = Symbol['iterator'], ASYNC = Symbol['asyncIterator'];
  const returns = (iterator) => {
    const found = iterator['return'];
    if (found === null || found === undefined) return undefined;
    if (typeof found !== 'function') throw new TypeError('return is not a function');
    return found;
  };
  const open = (iterable) => {
    const method = iterable[ITERATOR];
    if (typeof method !== 'function') throw new TypeError('it is not iterable');
    return object(call(method, iterable, []));
  };
  class Iterator {
    constructor(iterator) {
      this['iterator'] = iterator;
      this['method'] = iterator['next'];
      this['open'] = true;
      this['value'] = undefined;
    }
    step() {
      this['open'] = false;
      const result = object(call(this['method'], this['iterator'], []));
      if (result['done']) return false;
      this['value'] = result['value'];
      this['open'] = true;
      return true;
    }
    fail(error) {
      if (this['open']) {
        this['open'] = false;
        try {
          const method = returns(this['iterator']);
          if (method) call(method, this['iterator'], []);
        } catch { /* the error is told */ }
      }
      return error;
    }
    end() {
      if (!this['open']) return;
      this['open'] = false;
      const method = returns(this['iterator']);
      if (method) object(call(method, this['iterator'], []));
    }
  }
  class AsyncIterator extends Iterator {
    next() {
      this['open'] = false;
      return call(this['method'], this['iterator'], []);
    }
    took(result) {
      if (object(result)['done']) return false;
      this['value'] = result['value'];
      this['open'] = true;
      return true;
    }
    ends() {
      if (!this['open']) return false;
      this['open'] = false;
      const method = returns(this['iterator']);
      if (!method) return false;
      this['value'] = call(method, this['iterator'], []);
      return true;
    }
    fails() {
      try { return this['ends'](); } catch { return false; }
    }
    ended(result) { object(result); }
  }
  const resolve = (value) => Promise['resolve'](value);
  const fromSync = (iterator) => ({
    next() {
      const result = object(iterator['next']());
      return resolve(result['value'])['then']((value) => ({ done: result['done'], value }));
    },
    get return() {
      const method = returns(iterator);
      return method && (() => resolve(call(method, iterator, [])));
    },
  });
  const natives = {
    __proto__: null,
    forIn(object) {
      const names = [];
      if (object !== null && object !== undefined) {
        const seen = new Set();
        for (let at = Object(object); at !== null; at = proto(at)) {
          const keys = own(at);
          for (let i = 0; i < keys['length']; i++) {
            const key = keys[i];
            if (typeof key !== 'string' || seen['has'](key)) continue;
            const found = describe(at, key);
            if (found === undefined) continue;
            seen['add'](key);
            if (found['enumerable']) names['push']([at, key]);
          }
        }
      }
      let at = 0;
      return {
        __proto__: null,
        [Symbol['iterator']]() { return this; },
        next() {
          while (at < names['length']) {
            const pair = names[at++];
            if (describe(pair[0], pair[1]) !== undefined) return { value: pair[1], done: false };
          }
          return { value: undefined, done: true };
        },
      };
    },
    expression(source, flags) {
      return new RegExp(source, flags);
    },
    pow(base, exponent) {
      const a = numeric(base), b = numeric(exponent);
      if (typeof a === 'bigint' || typeof b === 'bigint') return a ** b;
      if (b !== b) return NaN;
      if ((a === 1 || a === -1) && (b === Infinity || b === -Infinity)) return NaN;
      return a ** b;
    },
    once(value) {
      if (typeof value !== 'object' && typeof value !== 'function' || value === null) return value;
      if (Array['isArray'](value)) return value;
      let opened;
      return {
        [ITERATOR]() {
          const iterator = open(value);
          opened = { iterator, method: iterator['next'] };
          return this;
        },
        next() {
          if (opened === undefined) return { value: undefined, done: true };
          const result = object(call(opened['method'], opened['iterator'], []));
          if (result['done']) {
            opened = undefined;
            return { value: undefined, done: true };
          }
          return { value: result['value'], done: false };
        },
        get return() {
          const from = opened && opened['iterator'];
          const method = from && returns(from);
          return method && (() => call(method, from, []));
        },
      };
    },
    place: (object, key) => ({ object, key, value: object[key] }),
    raise(place, exponent) {
      return place['object'][place['key']] = natives['pow'](place['value'], exponent);
    },
    iterate: (iterable) => new Iterator(open(iterable)),
    iterateAsync(iterable) {
      const method = iterable[ASYNC];
      if (method === null || method === undefined) {
        return new AsyncIterator(fromSync(open(iterable)));
      }
      return new AsyncIterator(object(call(method, iterable, [])));
    },
    none: Symbol('none'),
    cell: Object['seal']({ __proto__: null, v: undefined }),
    first: (value) => value,
    define(target, key, value) {
      Object['defineProperty'](target, key, {
        value, writable: true, enumerable: true, configurable: true,
      });
    },
    class() {},
    bound: (method, target) => (...values) => call(method, target, values),
    global(name) {
      if (!(name in globalThis)) throw new ReferenceError(name + ' is not defined');
      return globalThis[name];
    },
  };
  return Object['freeze'](natives);
})()
