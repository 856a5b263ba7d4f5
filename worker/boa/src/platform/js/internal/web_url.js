// `URL` and `URLSearchParams`. Both are native (platform/native/url.rs); here is how they are
// shown, and how search parameters are made from objects.

const { URL, URLSearchParams, iterator, setPairsOf } = native('url');
const custom = Symbol.for('nodejs.util.inspect.custom');

Object.setPrototypeOf(iterator, Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));

const coded = (code, message) => native('coded').coded('TypeError', code, message);

setPairsOf((init) => {
  const iterate = init[Symbol.iterator];
  const flat = [];
  if (iterate === undefined || iterate === null) {
    for (const key of Reflect.ownKeys(init)) {
      const property = Reflect.getOwnPropertyDescriptor(init, key);
      if (property === undefined || !property.enumerable) continue;
      if (typeof key === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      flat.push(key, `${init[key]}`);
    }
    return flat;
  }
  if (typeof iterate !== 'function') throw coded('ERR_ARG_NOT_ITERABLE', 'Query pairs must be iterable');
  for (const pair of init) {
    const isObject = pair !== null && (typeof pair === 'object' || typeof pair === 'function');
    const items = isObject && typeof pair[Symbol.iterator] === 'function' ? [...pair] : [];
    if (items.length !== 2) {
      throw coded('ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
    }
    flat.push(`${items[0]}`, `${items[1]}`);
  }
  return flat;
});

const SHOWN = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash'];

function define(prototype, show) {
  Object.defineProperty(prototype, custom, { configurable: true, enumerable: false, writable: true, value: show });
}

define(URL.prototype, function inspectUrl(depth, options, inspect) {
  if (typeof depth === 'number' && depth < 0) return this;
  const shown = {};
  for (const name of SHOWN) shown[name] = this[name];
  return `${this.constructor.name} ${inspect(shown, options)}`;
});

function inList(name, items, options) {
  const length = items.reduce((sum, item) => sum + item.length + 2, -2);
  if (length > (options.breakLength ?? 80)) return `${name} {\n  ${items.join(',\n  ')} }`;
  return items.length > 0 ? `${name} { ${items.join(', ')} }` : `${name} {}`;
}

define(URLSearchParams.prototype, function inspectParams(depth, options, inspect) {
  if (typeof depth === 'number' && depth < 0) return '[Object]';
  const show = (value) => inspect(value, { ...options, depth: depth === null ? null : depth - 1 });
  return inList('URLSearchParams', Array.from(this, ([name, value]) => `${show(name)} => ${show(value)}`), options);
});

module.exports = { URL, URLSearchParams };
