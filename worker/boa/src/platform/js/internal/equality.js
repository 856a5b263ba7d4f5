// Deep equality, strict and loose.
const { kind } = native('types');
const { keys: keysOf, hasOwn, getPrototypeOf } = Object;
const enumerable = Object.prototype.propertyIsEnumerable;

function equal(a, b, strict) {
  return compare(a, b, strict, []);
}

function compare(a, b, strict, seen) {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  if (strict) {
    if (typeof a !== 'object') return typeof a === 'number' && Number.isNaN(a) && Number.isNaN(b);
    if (typeof b !== 'object' || a === null || b === null) return false;
    if (getPrototypeOf(a) !== getPrototypeOf(b)) return false;
  } else {
    if (a === null || typeof a !== 'object') {
      // eslint-disable-next-line eqeqeq
      return (b === null || typeof b !== 'object') && (a == b || (Number.isNaN(a) && Number.isNaN(b)));
    }
    if (b === null || typeof b !== 'object') return false;
  }
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  const [ka, kb] = [kind(a), kind(b)];
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    const [la, lb] = [ownKeys(a, true), ownKeys(b, true)];
    return la.length === lb.length && walk(a, b, strict, seen, la, 'array');
  }
  if (ka !== kb && (ka === 'Error' || kb === 'Error' || !/^(|Other)$/.test(ka))) return false;
  switch (ka) {
    case 'Date':
      if (Date.prototype.getTime.call(a) !== Date.prototype.getTime.call(b) &&
        !(Number.isNaN(Date.prototype.getTime.call(a)) && Number.isNaN(Date.prototype.getTime.call(b)))) return false;
      break;
    case 'RegExp':
      if (a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex) return false;
      break;
    case 'Error':
      if (a.message !== b.message || a.name !== b.name) return false;
      if (hasOwn(a, 'cause') !== hasOwn(b, 'cause') || (hasOwn(a, 'cause') && !compare(a.cause, b.cause, strict, seen))) return false;
      if (hasOwn(a, 'errors') !== hasOwn(b, 'errors') || (hasOwn(a, 'errors') && !compare(a.errors, b.errors, strict, seen))) return false;
      break;
    case 'TypedArray': case 'DataView': case 'ArrayBuffer': case 'SharedArrayBuffer':
      if (!sameBytes(a, b, strict)) return false;
      if (ka === 'TypedArray') {
        const [la, lb] = [ownKeys(a, true), ownKeys(b, true)];
        return la.length === lb.length && walk(a, b, strict, seen, la, 'plain');
      }
      break;
    case 'Set':
      return a.size === b.size && walk(a, b, strict, seen, undefined, 'set');
    case 'Map':
      return a.size === b.size && walk(a, b, strict, seen, undefined, 'map');
    case 'Number': case 'String': case 'Boolean': case 'BigInt': case 'Symbol': {
      const { valueOf } = globalThis[ka].prototype;
      if (!Object.is(valueOf.call(a), valueOf.call(b))) return false;
      break;
    }
    case 'Promise': case 'WeakMap': case 'WeakSet':
      return false;
    default:
  }
  return walk(a, b, strict, seen, undefined, 'plain');
}

function ownKeys(value, indexed) {
  const keys = keysOf(value);
  return indexed ? keys.filter((key) => !/^(0|[1-9]\d*)$/.test(key)) : keys;
}

function sameBytes(a, b, strict) {
  if (a.byteLength !== b.byteLength) return false;
  const tag = a[Symbol.toStringTag];
  if (!strict && (tag === 'Float32Array' || tag === 'Float64Array')) {
    for (let at = 0; at < a.length; at++) if (a[at] !== b[at] && !(Number.isNaN(a[at]) && Number.isNaN(b[at]))) return false;
    return true;
  }
  const view = (value) => (ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));
  const [x, y] = [view(a), view(b)];
  for (let at = 0; at < x.length; at++) if (x[at] !== y[at]) return false;
  return true;
}

function walk(a, b, strict, seen, keys, shape) {
  if (keys === undefined) {
    keys = keysOf(a);
    if (keys.length !== keysOf(b).length) return false;
  }
  for (const key of keys) if (!enumerable.call(b, key)) return false;
  if (strict) {
    const symbols = (value) => Object.getOwnPropertySymbols(value).filter((key) => enumerable.call(value, key));
    const own = symbols(a);
    if (own.length !== symbols(b).length) return false;
    for (const key of own) if (!enumerable.call(b, key)) return false;
    keys = [...keys, ...own];
  }
  const before = seen.find((pair) => pair[0] === a || pair[1] === b);
  if (before !== undefined) return before[0] === a && before[1] === b;
  seen.push([a, b]);
  const same = contents(a, b, strict, seen, shape) && keys.every((key) => compare(a[key], b[key], strict, seen));
  seen.pop();
  return same;
}

function contents(a, b, strict, seen, shape) {
  if (shape === 'array') {
    for (let at = 0; at < a.length; at++) {
      if (hasOwn(a, at) !== hasOwn(b, at) && (strict || hasOwn(a, at))) return false;
      if (hasOwn(a, at) && !compare(a[at], b[at], strict, seen)) return false;
    }
    return true;
  }
  if (shape === 'set') {
    const rest = new Set(b);
    const later = [];
    for (const value of a) if (!rest.delete(value)) later.push(value);
    for (const value of later) {
      if (strict && (value === null || typeof value !== 'object')) return false;
      const found = [...rest].find((other) => compare(value, other, strict, seen));
      if (found === undefined && !rest.has(undefined)) return false;
      rest.delete(found);
    }
    return rest.size === 0;
  }
  if (shape === 'map') {
    const rest = new Map(b);
    const later = [];
    for (const [key, value] of a) {
      if (rest.has(key) && compare(value, rest.get(key), strict, seen)) rest.delete(key);
      else if (rest.has(key) && (strict || (key !== null && typeof key === 'object'))) return false;
      else later.push([key, value]);
    }
    for (const [key, value] of later) {
      if (strict && (key === null || typeof key !== 'object')) return false;
      const found = [...rest].find(([other, item]) => compare(key, other, strict, seen) && compare(value, item, strict, seen));
      if (found === undefined) return false;
      rest.delete(found[0]);
    }
    return rest.size === 0;
  }
  return true;
}

module.exports = { equal };
