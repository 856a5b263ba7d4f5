// Query strings. Reading and writing them is native, unless the caller passes its own functions.

const text = native('text');

function escape(value) {
  if (typeof value === 'string') return text.escape(value);
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return text.escape(typeof value === 'object' ? String(value) : `${value}`);
}

function unescapeBuffer(value, decodeSpaces) {
  return require('buffer').Buffer.from(text.unescapeBytes(`${value}`, !!decodeSpaces), 'latin1');
}

function unescape(value, decodeSpaces) {
  try {
    return decodeURIComponent(value);
  } catch {
    return querystring.unescapeBuffer(value, decodeSpaces).toString();
  }
}

function primitive(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : '';
  return typeof value === 'bigint' || typeof value === 'boolean' ? `${value}` : '';
}

function stringify(object, separator, equals, options) {
  const own = options && typeof options.encodeURIComponent === 'function'
    ? options.encodeURIComponent : querystring.escape;
  if (object === null || typeof object !== 'object') return '';
  const [between, sign] = [separator || '&', equals || '='];
  const keys = Object.keys(object);
  if (own === escape) return text.stringify(object, keys, between, sign);
  const pairs = [];
  for (const key of keys) {
    const value = object[key];
    const start = `${own(primitive(key))}${sign}`;
    for (const item of Array.isArray(value) ? value : [value]) {
      pairs.push(start + own(primitive(item)));
    }
  }
  return pairs.join(between);
}

function parse(query, separator, equals, options) {
  const object = Object.create(null);
  if (typeof query !== 'string' || query.length === 0) return object;
  const [between, sign] = [separator ? `${separator}` : '&', equals ? `${equals}` : '='];
  let max = 1000;
  if (options && typeof options.maxKeys === 'number') max = options.maxKeys > 0 ? options.maxKeys : -1;
  let decode = querystring.unescape;
  if (options && typeof options.decodeURIComponent === 'function') decode = options.decodeURIComponent;
  if (decode === unescape) return text.parse(object, query, between, sign, max);
  const read = (raw) => {
    try {
      return decode(raw);
    } catch {
      return querystring.unescape(raw, true);
    }
  };
  const parts = text.split(query, between, sign, max);
  for (let at = 0; at < parts.length; at += 2) {
    const [key, value] = [read(parts[at]), read(parts[at + 1])];
    if (!(key in object)) object[key] = value;
    else if (Array.isArray(object[key])) object[key].push(value);
    else object[key] = [object[key], value];
  }
  return object;
}

const querystring = module.exports = {
  unescapeBuffer,
  unescape,
  escape: { qsEscape: escape }.qsEscape,
  stringify,
  encode: stringify,
  parse,
  decode: parse,
};
