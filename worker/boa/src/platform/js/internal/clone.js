// `structuredClone`.
const { kind, detach } = native('types');

function refuse(what) {
  throw new (require('internal/dom_exception'))(`${what} could not be cloned.`, 'DataCloneError');
}

function structuredClone(value, options) {
  if (arguments.length === 0) {
    throw require('internal/errors').coded(TypeError, 'ERR_MISSING_ARGS', 'The value argument must be specified');
  }
  const transfer = options && options.transfer ? [...options.transfer] : [];
  const seen = new Map();
  for (const one of transfer) {
    if (kind(one) !== 'ArrayBuffer') throw new (require('internal/dom_exception'))('Value not transferable', 'DataCloneError');
  }
  const copied = clone(value, seen);
  for (const one of transfer) detach(one);
  return copied;
}

const errors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function clone(value, seen) {
  if (typeof value === 'symbol') refuse(String(value));
  if (typeof value === 'function') refuse(Function.prototype.toString.call(value));
  if (value === null || typeof value !== 'object') return value;
  const before = seen.get(value);
  if (before !== undefined) return before;
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  const type = kind(value);
  switch (type) {
    case 'Date': return keep(new Date(Date.prototype.getTime.call(value)));
    case 'RegExp': return keep(new RegExp(value.source, value.flags));
    case 'Number': case 'String': case 'Boolean': case 'BigInt':
      return keep(Object(globalThis[type].prototype.valueOf.call(value)));
    case 'Symbol': return refuse('Object(Symbol)');
    case 'ArrayBuffer': return keep(ArrayBuffer.prototype.slice.call(value, 0));
    case 'TypedArray': {
      const Class = globalThis[Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, value)];
      const buffer = clone(value.buffer, seen);
      return keep(new Class(buffer, value.byteOffset, value.length));
    }
    case 'DataView': return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
    case 'Map': {
      const copy = keep(new Map());
      for (const [key, item] of [...Map.prototype.entries.call(value)]) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    case 'Set': {
      const copy = keep(new Set());
      for (const item of [...Set.prototype.values.call(value)]) copy.add(clone(item, seen));
      return copy;
    }
    case 'Error': {
      const Class = (Object.hasOwn(errors, value.name) && errors[value.name]) || Error;
      const made = keep(new Class());
      const put = (name, item) => Object.defineProperty(made, name, { value: item, writable: true, configurable: true, enumerable: false });
      put('stack', `${value.stack}`);
      if (Object.hasOwn(value, 'message')) put('message', `${value.message}`);
      if (Object.hasOwn(value, 'cause')) put('cause', clone(value.cause, seen));
      return made;
    }
    case 'Array': {
      const copy = keep(new Array(value.length));
      for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
      return copy;
    }
    case 'Proxy': case 'Promise': case 'WeakMap': case 'WeakSet': case 'Generator': case 'AsyncGenerator': case 'Map Iterator': case 'Set Iterator':
      return refuse(`#<${type === 'Proxy' ? 'Object' : type}>`);
    default: {
      const copy = keep({});
      for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
      return copy;
    }
  }
}

module.exports = { structuredClone };
