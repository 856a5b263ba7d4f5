// The Headers of the Fetch standard.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const kList = Symbol('headers list');
const kGuard = Symbol('guard');
const custom = Symbol.for('nodejs.util.inspect.custom');

function needs(name, count, values) {
  if (values.length >= count) return;
  throw new TypeError(`${name}: ${count} argument${count > 1 ? 's' : ''} required, but${values.length === 0 ? '' : ' only'} ${values.length} found.`);
}

function byteString(value) {
  if (typeof value === 'symbol') throw new TypeError('Could not convert argument of type symbol to string.');
  const text = String(value);
  const at = text.search(/[^\0-\xff]/);
  if (at >= 0) {
    throw new TypeError(`Cannot convert argument to a ByteString because the character at index ${at} has a value of ${text.charCodeAt(at)} which is greater than 255.`);
  }
  return text;
}

function checkName(name, method) {
  if (!token.test(name)) throw new TypeError(`Headers.${method}: ${method === 'append' || method === 'set' ? `"${name}" is an invalid header name.` : `"${name}" is an invalid header name.`}`);
}

class Headers {
  constructor(init = undefined) {
    this[kList] = new Map();
    this[kGuard] = 'none';
    if (init !== undefined) fill(this, init);
  }
  append(name, value) {
    needs('Headers.append', 2, arguments);
    append(this, byteString(name), byteString(value));
  }
  delete(name) {
    needs('Headers.delete', 1, arguments);
    name = byteString(name);
    checkName(name, 'delete');
    guarded(this);
    this[kList].delete(name.toLowerCase());
  }
  get(name) {
    needs('Headers.get', 1, arguments);
    name = byteString(name);
    checkName(name, 'get');
    const found = this[kList].get(name.toLowerCase());
    return found === undefined ? null : found[1].join(', ');
  }
  has(name) {
    needs('Headers.has', 1, arguments);
    name = byteString(name);
    checkName(name, 'has');
    return this[kList].has(name.toLowerCase());
  }
  set(name, value) {
    needs('Headers.set', 2, arguments);
    name = byteString(name);
    value = normal(byteString(value));
    checkName(name, 'set');
    checkValue(value, 'set');
    guarded(this);
    const lower = name.toLowerCase();
    const found = this[kList].get(lower);
    this[kList].set(lower, [found ? found[0] : name, [value]]);
  }
  getSetCookie() {
    const found = this[kList].get('set-cookie');
    return found === undefined ? [] : [...found[1]];
  }
  forEach(callback, self = undefined) {
    needs('Headers.forEach', 1, arguments);
    if (typeof callback !== 'function') throw new TypeError('Failed to execute \'forEach\' on \'Headers\': parameter 1 is not of type \'Function\'.');
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  * entries() { yield* sorted(this); }
  * keys() { for (const [name] of sorted(this)) yield name; }
  * values() { for (const [, value] of sorted(this)) yield value; }
  [custom](depth, options, inspect) {
    const shown = {};
    for (const [name, values] of this[kList].values()) shown[name] = values.join(', ');
    return `Headers ${(inspect || require('internal/inspect').inspect)(shown, options)}`;
  }
}
Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, writable: true, configurable: true });
Object.defineProperty(Headers.prototype, Symbol.toStringTag, { value: 'Headers', configurable: true });
for (const name of ['append', 'delete', 'get', 'has', 'set', 'getSetCookie', 'forEach', 'entries', 'keys', 'values']) {
  Object.defineProperty(Headers.prototype, name, { enumerable: true });
}

const normal = (value) => value.replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, '');
function checkValue(value, method) {
  if (/[\0\r\n]/.test(value)) throw new TypeError(`Headers.${method}: "${value}" is an invalid header value.`);
}
function guarded(headers) {
  if (headers[kGuard] === 'immutable') throw new TypeError('immutable');
}

function append(headers, name, value) {
  value = normal(value);
  checkName(name, 'append');
  checkValue(value, 'append');
  guarded(headers);
  const lower = name.toLowerCase();
  const found = headers[kList].get(lower);
  if (found) {
    if (lower === 'cookie') found[1] = [`${found[1][0]}; ${value}`];
    else found[1].push(value);
  } else headers[kList].set(lower, [name, [value]]);
}

function fill(headers, init) {
  if (init === null || (typeof init !== 'object' && typeof init !== 'function')) {
    throw new TypeError('Headers constructor: Argument 1 could not be converted to one of: sequence<sequence<ByteString>>, record<ByteString, ByteString>.');
  }
  if (init instanceof Headers) {
    for (const [name, values] of init[kList].values()) for (const value of values) append(headers, name, value);
  } else if (typeof init[Symbol.iterator] === 'function') {
    for (const pair of init) {
      const [...both] = pair;
      if (both.length !== 2) throw new TypeError(`Headers constructor: expected name/value pair to be length 2, found ${both.length}.`);
      append(headers, byteString(both[0]), byteString(both[1]));
    }
  } else {
    for (const name of Reflect.ownKeys(init)) {
      const property = Reflect.getOwnPropertyDescriptor(init, name);
      if (property && property.enumerable) append(headers, byteString(name), byteString(init[name]));
    }
  }
}

function sorted(headers) {
  const lines = [];
  for (const lower of [...headers[kList].keys()].sort()) {
    const values = headers[kList].get(lower)[1];
    if (lower === 'set-cookie') for (const value of values) lines.push([lower, value]);
    else lines.push([lower, values.join(', ')]);
  }
  return lines;
}

// Name, value, name, value: as they are sent.
function lines(headers) {
  const flat = [];
  for (const [name, values] of headers[kList].values()) {
    if (name.toLowerCase() === 'set-cookie') for (const value of values) flat.push(name, value);
    else flat.push(name, values.join(', '));
  }
  return flat;
}

// Headers as a server sent them.
function received(flat) {
  const headers = new Headers();
  for (let at = 0; at < flat.length; at += 2) append(headers, flat[at], flat[at + 1]);
  headers[kGuard] = 'immutable';
  return headers;
}

module.exports = { Headers, needs, lines, received, kGuard };
