// What programs tell of themselves: a list of short texts. It leans on as little of the language as
// it can, for the engine below it is under test.

// Node.js 20 has no such object, and compilers ask for it.
if (typeof Iterator === 'function') {
  delete Iterator.prototype[Symbol.toStringTag];
  delete globalThis.Iterator;
}

let entries = [];
let limit = 400;

class Own extends Error {}

function shown(value, depth) {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string': return "'" + value + "'";
    case 'number': return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint': return value + 'n';
    case 'symbol': return 'symbol(' + value.description + ')';
    case 'function': return KNOWN.has(value) ? KNOWN.get(value) : 'function ' + nameOf(value);
    case 'object': return shownObject(value, depth);
    default: return String(value);
  }
}

function nameOf(value) {
  const name = Object.getOwnPropertyDescriptor(value, 'name');
  const length = Object.getOwnPropertyDescriptor(value, 'length');
  return (name ? shown(name.value, 9) : '-') + '/' + (length ? shown(length.value, 9) : '-');
}

// Which properties they have, and in which order, is not what programs are about.
const KNOWN = new Map([[globalThis, 'globalThis']]);
for (const name of ['Object', 'Array', 'Function', 'String', 'Number', 'Map', 'Set', 'Promise', 'RegExp', 'Date', 'Error', 'TypeError', 'RangeError', 'Uint8Array', 'Symbol', 'WeakMap', 'Math', 'JSON', 'Reflect']) {
  const it = globalThis[name];
  KNOWN.set(it, name);
  if (it.prototype) KNOWN.set(it.prototype, name + '.prototype');
}

function shownObject(value, depth) {
  if (KNOWN.has(value)) return KNOWN.get(value);
  if (Error.prototype.isPrototypeOf(value)) return told(value);
  if (depth > 3) return '...';
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  let text = tag === 'Object' || tag === 'Array' ? '' : tag;
  try {
    if (tag === 'Date') text += ' ' + Date.prototype.valueOf.call(value);
    if (tag === 'RegExp') text += ' ' + RegExp.prototype.toString.call(value);
    if (tag === 'Map') Map.prototype.forEach.call(value, (v, k) => { text += ' ' + shown(k, depth + 1) + '=>' + shown(v, depth + 1); });
    if (tag === 'Set') Set.prototype.forEach.call(value, (v) => { text += ' ' + shown(v, depth + 1); });
  } catch (e) { text += ' not really'; }
  const isArray = Array.isArray(value);
  const keys = Reflect.ownKeys(value);
  const parts = [];
  for (let i = 0; i < keys.length; i += 1) {
    if (parts.length > 14) { parts.push('and more'); break; }
    const key = keys[i];
    const d = Reflect.getOwnPropertyDescriptor(value, key);
    if (d === undefined) { parts.push(String(key) + '?'); continue; }
    if (isArray && key === 'length') { parts.push('#' + d.value + (d.writable ? '' : ' fixed')); continue; }
    let flags = '';
    if (!d.enumerable) flags += '-e';
    if (!d.configurable) flags += '-c';
    if ('value' in d && !d.writable) flags += '-w';
    const content = 'value' in d ? shown(d.value, depth + 1) : (d.get ? 'get' : '') + (d.set ? 'set' : '');
    parts.push(String(key) + flags + ': ' + content);
  }
  return text + (isArray ? '[' + parts.join(', ') + ']' : '{' + parts.join(', ') + '}');
}

/** An error by its name; its message too if the program made it. */
function told(error) {
  let name = 'unnamed';
  try {
    const message = error.message;
    name = Own.prototype.isPrototypeOf(error) ? 'Own' : String(error.name);
    if (typeof message === 'string') {
      if (message[0] === '~') name += ' ' + message;
      const at = message.indexOf(' cannot be run here');
      if (at >= 0) name = 'rejected: ' + message.slice(0, at);
    }
  } catch (e) { name += ' and throws'; }
  return '<' + name + '>';
}

function safe(value) {
  try { return shown(value, 0); } catch (e) { return 'unshowable ' + (Error.prototype.isPrototypeOf(e) ? told(e) : typeof e); }
}

function plain(text) {
  let out = '';
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    out += unit >= 32 && unit < 127 ? text[i] : '\\u' + unit.toString(16);
    if (i > 600) return out + '...';
  }
  return out;
}

/** Records values and gives the last. */
function t(...values) {
  const texts = [];
  for (let i = 0; i < values.length; i += 1) texts.push(safe(values[i]));
  const text = plain(texts.join(' '));
  if (entries.length >= limit) throw new Own('~long');
  entries.push(text);
  return values[values.length - 1];
}

function boom(label) {
  throw new Own('~' + label);
}

/** An object that tells when it becomes a primitive. */
function told_object(label, value) {
  return {
    toString() { t(label + ' toString'); return String(value); },
    valueOf() { t(label + ' valueOf'); return value; },
  };
}

/** An iterable of `count` numbers that tells what is asked of it. `ways` may hold: `throws` at that step,
 * `badReturn`, `returnThrows`, `noReturn`, `withThrow`. */
function it(label, count, ways = {}) {
  let n = 0;
  const iterator = {
    next(sent) {
      t(label + ' next', sent);
      n += 1;
      if (ways.throws === n) boom(label + ' next');
      return n > count ? { done: true, value: label + ' end' } : { done: false, value: n };
    },
  };
  if (!ways.noReturn) {
    iterator.return = function (value) {
      t(label + ' return', value);
      if (ways.returnThrows) boom(label + ' return');
      return ways.badReturn ? 5 : { done: true, value };
    };
  }
  if (ways.withThrow) iterator.throw = (error) => { t(label + ' throw', error); return { done: ways.withThrow > 1, value: 'threw' }; };
  return { [Symbol.iterator]() { t(label + ' iterator'); return iterator; } };
}

/** The same for `for await`. */
function ait(label, count, ways = {}) {
  const iterator = it(label, count, ways)[Symbol.iterator]();
  const outer = {};
  for (const name of ['next', 'return', 'throw']) {
    if (iterator[name]) outer[name] = (value) => (ways.sync ? iterator[name](value) : new Promise((done) => done(iterator[name](value))));
  }
  return { [Symbol.asyncIterator]() { t(label + ' asyncIterator'); return outer; } };
}

function thenable(label, value, fails) {
  return { then(done, failed) { t(label + ' then'); if (fails) failed(value); else done(value); } };
}

/** A proxy that tells of each operation on it. */
function px(label, target) {
  const handler = {};
  for (const name of ['get', 'set', 'has', 'deleteProperty', 'ownKeys', 'getOwnPropertyDescriptor', 'defineProperty', 'getPrototypeOf', 'setPrototypeOf', 'isExtensible', 'preventExtensions', 'apply', 'construct']) {
    handler[name] = (...values) => {
      const key = values[1];
      t(label + ' ' + name + (typeof key === 'string' ? ' ' + key : ''));
      return Reflect[name](...values);
    };
  }
  return new Proxy(target, handler);
}

/** Tells how a promise ends, in time. */
function later(label, promise) {
  Promise.resolve(promise).then((value) => t(label, value), (error) => t(label + ' failed', error));
  return label;
}

async function once(load) {
  const mine = [];
  entries = mine;
  try {
    const program = await load();
    const value = await program.run();
    t('returned', value);
  } catch (error) {
    mine.push(plain('thrown ' + safe(error)));
  }
  for (let i = 0; i < 2; i += 1) await new Promise((done) => setTimeout(done, 0));
  entries = [];
  // Elements that a program gave to the prototype are gone, and the length is not.
  Array.prototype.length = 0;
  return mine;
}

module.exports = { t, boom, told, told_object, it, ait, thenable, px, later, once, Own };
