// `inspect` and `format`: values as text, in Node.js' layout. Entries of map and set iterators and
// the targets of proxies cannot be read in the engine: the former are left out.
const types = native('types');
const custom = Symbol.for('nodejs.util.inspect.custom');
const escapes = ['\\x00', '\\x01', '\\x02', '\\x03', '\\x04', '\\x05', '\\x06', '\\x07', '\\b', '\\t', '\\n', '\\x0B', '\\f', '\\r'];
const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const { hasOwn, keys: keysOf, getOwnPropertyDescriptor: described, getPrototypeOf } = Object;
const enumerable = Object.prototype.propertyIsEnumerable;

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};
const colors = Object.assign(Object.create(null), {
  reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
  hidden: [8, 28], strikethrough: [9, 29], doubleunderline: [21, 24], black: [30, 39], red: [31, 39], green: [32, 39],
  yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39], white: [37, 39], bgBlack: [40, 49],
  bgRed: [41, 49], bgGreen: [42, 49], bgYellow: [43, 49], bgBlue: [44, 49], bgMagenta: [45, 49], bgCyan: [46, 49],
  bgWhite: [47, 49], framed: [51, 54], overlined: [53, 55], gray: [90, 39], redBright: [91, 39],
  greenBright: [92, 39], yellowBright: [93, 39], blueBright: [94, 39], magentaBright: [95, 39], cyanBright: [96, 39],
  whiteBright: [97, 39], bgGray: [100, 49], bgRedBright: [101, 49], bgGreenBright: [102, 49],
  bgYellowBright: [103, 49], bgBlueBright: [104, 49], bgMagentaBright: [105, 49], bgCyanBright: [106, 49],
  bgWhiteBright: [107, 49],
});
for (const [alias, name] of [['grey', 'gray'], ['blackBright', 'gray'], ['bgGrey', 'bgGray'], ['bgBlackBright', 'bgGray'],
  ['faint', 'dim'], ['crossedout', 'strikethrough'], ['strikeThrough', 'strikethrough'], ['crossedOut', 'strikethrough'],
  ['conceal', 'hidden'], ['swapColors', 'inverse'], ['swapcolors', 'inverse'], ['doubleUnderline', 'doubleunderline']]) {
  Object.defineProperty(colors, alias, {
    get() { return this[name]; }, set(value) { this[name] = value; }, configurable: true, enumerable: false,
  });
}
const styles = Object.assign(Object.create(null), {
  special: 'cyan', number: 'yellow', bigint: 'yellow', boolean: 'yellow', undefined: 'grey', null: 'bold',
  string: 'green', symbol: 'green', date: 'magenta', regexp: 'red', module: 'underline',
});

function paint(text, style) {
  const color = colors[styles[style]];
  return color === undefined ? text : `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
}
const plain = (text) => text;

function inspect(value, options, ...rest) {
  const ctx = {
    budget: {}, indentationLvl: 0, seen: [], currentDepth: 0, stylize: plain, userOptions: undefined, ...defaults,
  };
  if (rest.length > 0 || typeof options === 'boolean') {
    if (typeof options === 'boolean') ctx.showHidden = options;
    if (rest[0] !== undefined) ctx.depth = rest[0];
    if (rest[1] !== undefined) ctx.colors = rest[1];
  } else if (options) {
    for (const key of keysOf(options)) {
      if (hasOwn(defaults, key) || key === 'stylize') ctx[key] = options[key];
      else if (ctx.userOptions === undefined) ctx.userOptions = options;
    }
  }
  if (ctx.colors) ctx.stylize = paint;
  if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
  if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
  return formatValue(ctx, value, 0);
}
inspect.custom = custom;
inspect.colors = colors;
inspect.styles = styles;
Object.defineProperty(inspect, 'defaultOptions', {
  get() { return defaults; },
  set(options) {
    require('internal/validators').validateObject(options, 'options');
    Object.assign(defaults, options);
  },
});

function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  }
  if (/[\x00-\x1f\x27\x5c\x7f-\x9f\ud800-\udfff]/.test(text)) {
    text = text.replace(/[\x00-\x1f\x5c\x7f-\x9f]|'|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (char) => {
      if (char === "'") return mark === "'" ? "\\'" : char;
      if (char === '\\') return '\\\\';
      const code = char.charCodeAt(0);
      if (code < 14) return escapes[code];
      return code < 256 ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : `\\u${code.toString(16).toUpperCase()}`;
    });
  }
  return mark + text + mark;
}

function separate(text) {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, '_');
}

function number(value, separated) {
  if (Object.is(value, -0)) return '-0';
  const text = `${value}`;
  if (!separated || !/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole, part] = text.split('.');
  return part === undefined ? separate(whole) : `${separate(whole)}.${part.replace(/(\d{3})(?=\d)/g, '$1_')}`;
}

function primitive(style, value, ctx) {
  switch (typeof value) {
    case 'string': {
      let trailer = '';
      if (value.length > ctx.maxStringLength) {
        const rest = value.length - ctx.maxStringLength;
        value = value.slice(0, ctx.maxStringLength);
        trailer = `... ${rest} more character${rest > 1 ? 's' : ''}`;
      }
      if (ctx.compact !== true && value.length > 16 && value.length > ctx.breakLength - ctx.indentationLvl - 4 && value.includes('\n')) {
        return value.split(/(?<=\n)/).map((line) => style(quote(line), 'string'))
          .join(` +\n${' '.repeat(ctx.indentationLvl + 2)}`) + trailer;
      }
      return style(quote(value), 'string') + trailer;
    }
    case 'number': return style(number(value, ctx.numericSeparator), 'number');
    case 'bigint': return style(`${ctx.numericSeparator ? separate(String(value)) : value}n`, 'bigint');
    case 'boolean': return style(`${value}`, 'boolean');
    case 'undefined': return style('undefined', 'undefined');
    case 'symbol': return style(symbolText(value), 'symbol');
    default: return style('null', 'null');
  }
}

function symbolText(symbol) {
  const text = Symbol.prototype.toString.call(symbol);
  return /[\x00-\x1f\x7f-\x9f]/.test(text) ? quote(text).slice(1, -1) : text;
}

function formatValue(ctx, value, recurseTimes, typedArray) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return primitive(ctx.stylize, value, ctx);
  const kind = types.kind(value);
  if (ctx.customInspect && !(kind === 'Proxy' && ctx.showProxy)) {
    const own = value[custom];
    if (typeof own === 'function' && own !== inspect && !(value.constructor && value.constructor.prototype === value && hasOwn(value, 'constructor'))) {
      const depth = ctx.depth === null ? null : ctx.depth - recurseTimes;
      const options = { ...ctx.userOptions };
      for (const key of keysOf(defaults)) options[key] = ctx[key];
      options.depth = depth;
      options.stylize = ctx.stylize;
      const answer = Reflect.apply(own, value, [depth, options, inspect]);
      if (answer !== value) {
        return typeof answer === 'object' || typeof answer === 'function'
          ? formatValue(ctx, answer, recurseTimes)
          : String(typeof answer === 'string' ? answer : primitive(ctx.stylize, answer, ctx)).replaceAll('\n', `\n${' '.repeat(ctx.indentationLvl)}`);
      }
    }
  }
  if (ctx.seen.includes(value)) {
    if (ctx.circular === undefined) ctx.circular = new Map();
    let index = ctx.circular.get(value);
    if (index === undefined) {
      index = ctx.circular.size + 1;
      ctx.circular.set(value, index);
    }
    return ctx.stylize(`[Circular *${index}]`, 'special');
  }
  return formatRaw(ctx, value, recurseTimes, kind, typedArray);
}

function constructorName(object, ctx, recurseTimes, protos) {
  let first;
  const start = object;
  while (object) {
    const found = described(object, 'constructor');
    if (found !== undefined && typeof found.value === 'function' && found.value.name !== '' && isInstance(start, found.value)) {
      if (protos !== undefined && (first !== object || !builtIn(found.value.name))) addPrototypeProperties(ctx, start, first || start, recurseTimes, protos);
      return String(found.value.name);
    }
    object = getPrototypeOf(object);
    if (first === undefined) first = object;
  }
  if (first === null) return null;
  const name = internalName(start);
  if (recurseTimes > ctx.depth && ctx.depth !== null) return `${name} <Complex prototype>`;
  const inner = constructorName(first, ctx, recurseTimes + 1, protos);
  if (inner === null) return `${name} <${inspect(first, { ...ctx, customInspect: false, depth: -1 })}>`;
  return `${name} <${inner}>`;
}

const builtIn = (name) => /^[A-Z]/.test(name) && typeof globalThis[name] === 'function';

function isInstance(object, type) {
  try {
    return object instanceof type;
  } catch {
    return false;
  }
}

function internalName(value) {
  const kind = types.kind(value);
  if (kind === '' || kind === 'Other' || kind === 'Proxy' || kind === 'Module') return Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'TypedArray' ? typedName(value) : kind;
}

const typedName = (value) => Reflect.get(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, value);

// With showHidden, what the prototypes have beside methods.
function addPrototypeProperties(ctx, main, object, recurseTimes, output) {
  let depth = 0;
  let keys;
  let set;
  do {
    if (depth !== 0 || main === object) {
      object = getPrototypeOf(object);
      if (object === null) break;
      const found = described(object, 'constructor');
      if (found !== undefined && typeof found.value === 'function' && builtIn(found.value.name)) break;
    }
    if (depth === 0) set = new Set();
    else keys.forEach((key) => set.add(key));
    keys = Reflect.ownKeys(object);
    ctx.seen.push(main);
    for (const key of keys) {
      if (key === 'constructor' || hasOwn(main, key) || (depth !== 0 && set.has(key))) continue;
      const found = described(object, key);
      if (typeof found.value === 'function') continue;
      const text = property(ctx, object, recurseTimes, key, 0, found, main);
      output.push(ctx.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    ctx.seen.pop();
  } while (++depth !== 3);
}

function prefixOf(name, tag, fallback, size = '') {
  if (name === null) {
    if (tag !== '' && fallback !== tag) return `[${fallback}${size}: null prototype] [${tag}] `;
    return `[${fallback}${size}: null prototype] `;
  }
  if (tag !== '' && name !== tag) return `${name}${size} [${tag}] `;
  return `${name}${size} `;
}

function keysFor(value, hidden, indexed) {
  const symbols = Object.getOwnPropertySymbols(value);
  let keys;
  if (hidden) keys = Object.getOwnPropertyNames(value);
  else {
    try {
      keys = keysOf(value);
    } catch {
      keys = Object.getOwnPropertyNames(value);
    }
  }
  if (indexed) {
    let at = 0;
    while (at < keys.length && /^(0|[1-9]\d*)$/.test(keys[at])) at++;
    keys = keys.slice(at);
    if (hidden) keys = keys.filter((key) => key !== 'length' || !Array.isArray(value) || true);
  }
  if (symbols.length > 0) keys.push(...(hidden ? symbols : symbols.filter((key) => enumerable.call(value, key))));
  return keys;
}

function formatRaw(ctx, value, recurseTimes, kind, typedArray) {
  let protos;
  if (ctx.showHidden && (recurseTimes <= ctx.depth || ctx.depth === null)) protos = [];
  const name = constructorName(value, ctx, recurseTimes, protos);
  if (protos !== undefined && protos.length === 0) protos = undefined;
  let tag = value[Symbol.toStringTag];
  if (typeof tag !== 'string' || (tag !== '' && (ctx.showHidden ? hasOwn : (object, key) => enumerable.call(object, key))(value, Symbol.toStringTag))) tag = '';
  let base = '';
  let formatter = () => [];
  let braces;
  let keys;
  let extras = 0; // 0 object, 1 array, 2 array of values with extra keys
  let entries = true;
  if (Symbol.iterator in value || name === null) {
    entries = false;
    if (Array.isArray(value)) {
      const prefix = name !== 'Array' || tag !== '' ? prefixOf(name, tag, 'Array', `(${value.length})`) : '';
      keys = keysFor(value, ctx.showHidden, true);
      braces = [`${prefix}[`, ']'];
      if (value.length === 0 && keys.length === 0 && protos === undefined) return `${braces[0]}]`;
      extras = 2;
      formatter = formatArray;
    } else if (kind === 'Set') {
      const size = Reflect.get(Set.prototype, 'size', value);
      const prefix = prefixOf(name, tag, 'Set', `(${size})`);
      keys = keysFor(value, ctx.showHidden);
      formatter = name !== null ? formatSet : (c, v, r) => formatSet(c, new Set(Set.prototype.values.call(v)), r);
      if (size === 0 && keys.length === 0 && protos === undefined) return `${prefix}{}`;
      braces = [`${prefix}{`, '}'];
    } else if (kind === 'Map') {
      const size = Reflect.get(Map.prototype, 'size', value);
      const prefix = prefixOf(name, tag, 'Map', `(${size})`);
      keys = keysFor(value, ctx.showHidden);
      formatter = formatMap;
      if (size === 0 && keys.length === 0 && protos === undefined) return `${prefix}{}`;
      braces = [`${prefix}{`, '}'];
    } else if (kind === 'TypedArray') {
      const length = Reflect.get(getPrototypeOf(Uint8Array.prototype), 'length', value);
      keys = length > 1000 ? [] : keysFor(value, ctx.showHidden, true);
      const fallback = typedName(value);
      const prefix = prefixOf(name, tag, fallback, `(${length})`);
      braces = [`${prefix}[`, ']'];
      if (length === 0 && keys.length === 0 && !ctx.showHidden) return `${braces[0]}]`;
      formatter = (c, v) => formatTyped(c, v, length);
      extras = 2;
    } else if (kind === 'Map Iterator' || kind === 'Set Iterator') {
      keys = keysFor(value, ctx.showHidden);
      braces = [`[${tag}] {`, '}'];
    } else entries = true;
  }
  if (entries) {
    if (Object.prototype.toString.call(value) === '[object Arguments]' && tag === '') {
      keys = keysFor(value, ctx.showHidden);
      braces = ['[Arguments] {', '}'];
      if (keys.length === 0) return '[Arguments] {}';
    } else {
      keys = keysFor(value, ctx.showHidden);
      braces = ['{', '}'];
      if (kind === 'Function' || typeof value === 'function') {
        base = functionBase(value, name, tag);
        if (keys.length === 0 && protos === undefined) return ctx.stylize(base, 'special');
      } else if (kind === 'RegExp') {
        base = RegExp.prototype.toString.call(value);
        const prefix = prefixOf(name, tag, 'RegExp');
        if (prefix !== 'RegExp ') base = `${prefix}${base}`;
        if ((keys.length === 0 && protos === undefined) || (recurseTimes > ctx.depth && ctx.depth !== null)) return ctx.stylize(base, 'regexp');
      } else if (kind === 'Date') {
        base = Number.isNaN(Date.prototype.getTime.call(value)) ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value);
        const prefix = prefixOf(name, tag, 'Date');
        if (prefix !== 'Date ') base = `${prefix}${base}`;
        if (keys.length === 0 && protos === undefined) return ctx.stylize(base, 'date');
      } else if (kind === 'Error' || isInstance(value, Error)) {
        base = errorText(value, name, tag, ctx, keys);
        if (keys.length === 0 && protos === undefined) return base;
      } else if (kind === 'ArrayBuffer' || kind === 'SharedArrayBuffer') {
        const prefix = prefixOf(name, tag, kind);
        if (typedArray === undefined) formatter = formatBuffer;
        else if (keys.length === 0 && protos === undefined) return `${prefix}{ byteLength: ${number(value.byteLength, false)} }`;
        braces[0] = `${prefix}{`;
        keys.unshift('byteLength');
      } else if (kind === 'DataView') {
        braces[0] = `${prefixOf(name, tag, 'DataView')}{`;
        keys.unshift('byteLength', 'byteOffset', 'buffer');
      } else if (kind === 'Promise') {
        braces[0] = `${prefixOf(name, tag, 'Promise')}{`;
        formatter = formatPromise;
      } else if (kind === 'WeakSet' || kind === 'WeakMap') {
        braces[0] = `${prefixOf(name, tag, kind)}{`;
        formatter = (c) => [c.stylize('<items unknown>', 'special')];
      } else if (kind === 'Number' || kind === 'String' || kind === 'Boolean' || kind === 'Symbol' || kind === 'BigInt') {
        base = boxed(value, kind, ctx, keys, name, tag);
        if (kind === 'String') keys = keys.slice(String.prototype.valueOf.call(value).length);
        if (keys.length === 0 && protos === undefined) return base;
      } else if (kind === 'Generator' || kind === 'AsyncGenerator') {
        braces[0] = `${prefixOf(name, tag, 'Generator')}{`;
      } else if (kind === 'Module') {
        braces[0] = '[Module: null prototype] {';
        formatter = namespaceExports(keys);
        keys = [];
      } else {
        if (name === 'Object' && tag === '') {
          if (keys.length === 0 && protos === undefined) return '{}';
        } else if (keys.length === 0 && protos === undefined) {
          return `${prefixOf(name, tag, 'Object')}{}`;
        } else braces[0] = `${prefixOf(name, tag, 'Object')}{`;
      }
    }
  }
  if (recurseTimes > ctx.depth && ctx.depth !== null) {
    const text = prefixOf(name, tag, kind === 'Array' ? 'Array' : 'Object').slice(0, -1);
    return ctx.stylize(`[${name === null ? text : text}]`, 'special');
  }
  recurseTimes += 1;
  ctx.seen.push(value);
  ctx.currentDepth = recurseTimes;
  let output;
  try {
    output = formatter(ctx, value, recurseTimes);
    for (const key of keys) output.push(property(ctx, value, recurseTimes, key, extras));
    if (protos !== undefined) output.push(...protos);
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error;
    return ctx.stylize(`[${name}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`, 'special');
  }
  if (ctx.circular !== undefined) {
    const index = ctx.circular.get(value);
    if (index !== undefined) {
      const reference = ctx.stylize(`<ref *${index}>`, 'special');
      if (ctx.compact !== true) base = base === '' ? reference : `${reference} ${base}`;
      else braces[0] = `${reference} ${braces[0]}`;
    }
  }
  ctx.seen.pop();
  if (ctx.sorted) {
    const compare = ctx.sorted === true ? undefined : ctx.sorted;
    if (extras === 0) output = output.sort(compare);
    else if (keys.length > 1) {
      const sorted = output.slice(output.length - keys.length).sort(compare);
      output.splice(output.length - keys.length, keys.length, ...sorted);
    }
  }
  return reduce(ctx, output, base, braces, extras, recurseTimes, value);
}

// An export may have no value yet.
const namespaceExports = (keys) => (ctx, value, recurseTimes) => keys.map((key) => {
  try {
    return property(ctx, value, recurseTimes, key, 0);
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const text = property(ctx, { [key]: '' }, recurseTimes, key, 0);
    return text.slice(0, text.lastIndexOf(' ') + 1) + ctx.stylize('<uninitialized>', 'special');
  }
});

function boxed(value, kind, ctx, keys, name, tag) {
  const inner = globalThis[kind].prototype.valueOf.call(value);
  let text = `[${kind}`;
  if (kind !== name) text += name === null ? ' (null prototype)' : ` (${name})`;
  text += `: ${primitive(plain, inner, { ...ctx, maxStringLength: Infinity, breakLength: Infinity })}]`;
  if (tag !== '' && tag !== name) text += ` [${tag}]`;
  return keys.length !== 0 && kind !== 'String' ? text : ctx.stylize(text, kind.toLowerCase());
}

function functionBase(value, name, tag) {
  if (types.isClass(value)) {
    let base = `[class ${hasOwn(value, 'name') && value.name ? value.name : '(anonymous)'}`;
    if (name !== 'Function' && name !== null) base += ` [${name}]`;
    if (tag !== '' && name !== tag) base += ` [${tag}]`;
    if (name !== null) {
      const parent = getPrototypeOf(value).name;
      if (parent) base += ` extends ${parent}`;
    } else base += ' extends null';
    return `${base}]`;
  }
  const type = functionType(value);
  let base = `[${type}`;
  if (name === null) base += ' (null prototype)';
  base += value.name === '' || typeof value.name !== 'string' ? ' (anonymous)' : `: ${value.name}`;
  base += ']';
  if (name !== type && name !== null) base += ` ${name}`;
  if (tag !== '' && name !== tag) base += ` [${tag}]`;
  return base;
}

const protoTag = (value) => {
  let proto = getPrototypeOf(value);
  while (proto !== null) {
    const found = described(proto, Symbol.toStringTag);
    if (found !== undefined && typeof found.value === 'string') return found.value;
    proto = getPrototypeOf(proto);
  }
  return '';
};

function functionType(value) {
  const tag = protoTag(value);
  return /^(Async|Generator|AsyncGenerator)Function$/.test(tag) ? tag : 'Function';
}

function errorText(error, name, tag, ctx, keys) {
  const own = error.name != null ? String(error.name) : 'Error';
  let stack = typeof error.stack === 'string' && error.stack ? error.stack : Error.prototype.toString.call(error);
  if (!ctx.showHidden && keys.length !== 0) {
    for (const key of ['name', 'message', 'stack']) {
      const at = keys.indexOf(key);
      if (at !== -1 && (typeof error[key] !== 'string' || stack.includes(error[key]))) keys.splice(at, 1);
    }
  }
  if ('cause' in error && hasOwn(error, 'cause') && !keys.includes('cause')) keys.push('cause');
  if (Array.isArray(error.errors) && hasOwn(error, 'errors') && !keys.includes('errors')) keys.push('errors');
  stack = improved(stack, name, own, tag);
  const at = error.message ? stack.indexOf(error.message) : -1;
  let from = stack.indexOf('\n    at', at === -1 ? 0 : at + error.message.length);
  if (from === -1) stack = `[${stack}]`;
  if (ctx.indentationLvl !== 0) stack = stack.replaceAll('\n', `\n${' '.repeat(ctx.indentationLvl)}`);
  return stack;
}

function improved(stack, name, own, tag) {
  let length = own.length;
  if (name === null || (own.endsWith('Error') && stack.startsWith(own) &&
      (stack.length === length || stack[length] === ':' || stack[length] === '\n'))) {
    let fallback = 'Error';
    if (name === null) {
      const start = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/.exec(stack) || /^([a-z_A-Z0-9-]*Error)$/.exec(stack);
      fallback = (start && start[1]) || '';
      length = fallback.length;
      fallback = fallback || 'Error';
    }
    const prefix = prefixOf(name, tag, fallback).slice(0, -1);
    if (own !== prefix) {
      if (prefix.includes(own)) {
        stack = length === 0 ? `${prefix}: ${stack}` : `${prefix}${stack.slice(length)}`;
      } else stack = `${prefix} [${own}]${stack.slice(length)}`;
    }
  }
  return stack;
}

function more(rest) {
  return `... ${rest} more item${rest > 1 ? 's' : ''}`;
}

function formatArray(ctx, value, recurseTimes) {
  const length = Math.min(Math.max(0, ctx.maxArrayLength), value.length);
  const output = [];
  for (let at = 0; at < length; at++) {
    if (!hasOwn(value, at)) return formatHoles(ctx, value, recurseTimes, length, output, at);
    output.push(property(ctx, value, recurseTimes, at, 1));
  }
  if (value.length > length) output.push(more(value.length - length));
  return output;
}

function formatHoles(ctx, value, recurseTimes, max, output, at) {
  const keys = keysOf(value);
  let index = at;
  for (; at < keys.length && output.length < max; at++) {
    const key = keys[at];
    if (!/^(0|[1-9]\d{0,9})$/.test(key) || +key > 4294967294) break;
    if (`${index}` !== key) {
      const holes = key - index;
      output.push(ctx.stylize(`<${holes} empty item${holes > 1 ? 's' : ''}>`, 'undefined'));
      index = +key;
      if (output.length === max) break;
    }
    output.push(property(ctx, value, recurseTimes, key, 1));
    index++;
  }
  const rest = value.length - index;
  if (output.length !== max) {
    if (rest > 0) output.push(ctx.stylize(`<${rest} empty item${rest > 1 ? 's' : ''}>`, 'undefined'));
  } else if (rest > 0) output.push(more(rest));
  return output;
}

function formatTyped(ctx, value, length) {
  const max = Math.min(Math.max(0, ctx.maxArrayLength), length);
  const output = [];
  for (let at = 0; at < max; at++) output.push(primitive(ctx.stylize, value[at], ctx));
  if (length > max) output.push(more(length - max));
  if (ctx.showHidden) {
    ctx.indentationLvl += 2;
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer']) {
      output.push(`[${key}]: ${formatValue(ctx, value[key], ctx.currentDepth, true)}`);
    }
    ctx.indentationLvl -= 2;
  }
  return output;
}

function formatSet(ctx, value, recurseTimes) {
  const output = [];
  const max = Math.min(Math.max(0, ctx.maxArrayLength), value.size);
  ctx.indentationLvl += 2;
  for (const item of Set.prototype.values.call(value)) {
    if (output.length >= max) break;
    output.push(formatValue(ctx, item, recurseTimes));
  }
  if (value.size > max) output.push(more(value.size - max));
  ctx.indentationLvl -= 2;
  return output;
}

function formatMap(ctx, value, recurseTimes) {
  const output = [];
  const size = Reflect.get(Map.prototype, 'size', value);
  const max = Math.min(Math.max(0, ctx.maxArrayLength), size);
  ctx.indentationLvl += 2;
  for (const [key, item] of Map.prototype.entries.call(value)) {
    if (output.length >= max) break;
    output.push(`${formatValue(ctx, key, recurseTimes)} => ${formatValue(ctx, item, recurseTimes)}`);
  }
  if (size > max) output.push(more(size - max));
  ctx.indentationLvl -= 2;
  return output;
}

function formatBuffer(ctx, value) {
  let bytes;
  try {
    bytes = new Uint8Array(value);
  } catch {
    return [ctx.stylize('(detached)', 'special')];
  }
  const max = Math.min(Math.max(0, ctx.maxArrayLength), bytes.length);
  let text = '';
  for (let at = 0; at < max; at++) text += `${at ? ' ' : ''}${bytes[at] < 16 ? '0' : ''}${bytes[at].toString(16)}`;
  const rest = bytes.length - max;
  if (rest > 0) text += ` ... ${rest} more byte${rest > 1 ? 's' : ''}`;
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${text}>`];
}

function formatPromise(ctx, value, recurseTimes) {
  const [state, result] = types.promise(value);
  if (state === 'pending') return [ctx.stylize('<pending>', 'special')];
  ctx.indentationLvl += 2;
  const text = formatValue(ctx, result, recurseTimes);
  ctx.indentationLvl -= 2;
  return [state === 'rejected' ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}

function property(ctx, value, recurseTimes, key, type, found, original = value) {
  let text;
  let gap = ' ';
  found = found || described(value, key) || { value: value[key], configurable: true, enumerable: true };
  if (found.value !== undefined) {
    const by = ctx.compact !== true || type !== 0 ? 2 : 3;
    ctx.indentationLvl += by;
    text = formatValue(ctx, found.value, recurseTimes);
    if (by === 3 && ctx.breakLength < width(text, ctx.colors)) gap = `\n${' '.repeat(ctx.indentationLvl)}`;
    ctx.indentationLvl -= by;
  } else if (found.get !== undefined) {
    const label = found.set !== undefined ? 'Getter/Setter' : 'Getter';
    if (ctx.getters && (ctx.getters === true || (ctx.getters === 'get' && found.set === undefined) || (ctx.getters === 'set' && found.set !== undefined))) {
      ctx.indentationLvl += 2;
      try {
        const got = Reflect.apply(found.get, original, []);
        if (got === null) text = `${ctx.stylize(`[${label}:`, 'special')} ${ctx.stylize('null', 'null')}${ctx.stylize(']', 'special')}`;
        else if (typeof got === 'object') text = `${ctx.stylize(`[${label}]`, 'special')} ${formatValue(ctx, got, recurseTimes)}`;
        else text = `${ctx.stylize(`[${label}:`, 'special')} ${primitive(ctx.stylize, got, ctx)}${ctx.stylize(']', 'special')}`;
      } catch (error) {
        text = `${ctx.stylize(`[${label}:`, 'special')} <Inspection threw (${error.message})>${ctx.stylize(']', 'special')}`;
      }
      ctx.indentationLvl -= 2;
    } else text = ctx.stylize(`[${label}]`, 'special');
  } else if (found.set !== undefined) text = ctx.stylize('[Setter]', 'special');
  else text = ctx.stylize('undefined', 'undefined');
  if (type === 1) return text;
  let name;
  if (typeof key === 'symbol') name = `[${ctx.stylize(symbolText(key), 'symbol')}]`;
  else if (key === '__proto__') name = "['__proto__']";
  else if (found.enumerable === false) name = `[${key}]`;
  else if (identifier.test(key)) name = ctx.stylize(key, 'name');
  else name = ctx.stylize(quote(key), 'string');
  return `${name}:${gap}${text}`;
}

function strip(text) {
  return text.replace(/[\u001b\u009b][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001b\u005c|\u009c))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]))/g, '');
}

// Columns of a text: wide characters take two.
function columns(text) {
  let count = 0;
  for (const char of strip(text).normalize('NFC')) {
    const code = char.codePointAt(0);
    if (code < 32 || (code >= 0x7f && code < 0xa0) || (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) ||
        (code >= 0xfe00 && code <= 0xfe0f)) continue;
    count += code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd)) ? 2 : 1;
  }
  return count;
}

function width(text, colored) {
  if (!colored && /^[ -~]*$/.test(text)) return text.length;
  return columns(text);
}

function reduce(ctx, output, base, braces, extras, recurseTimes, value) {
  if (ctx.compact !== true) {
    if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
      const count = output.length;
      if (extras === 2 && count > 6) output = group(ctx, output, value);
      if (ctx.currentDepth - recurseTimes < ctx.compact && count === output.length) {
        const start = output.length + ctx.indentationLvl + braces[0].length + base.length + 10;
        if (fits(ctx, output, start, base)) {
          const joined = output.join(', ');
          if (!joined.includes('\n')) return `${base ? `${base} ` : ''}${braces[0]} ${joined} ${braces[1]}`;
        }
      }
    }
    const indentation = `\n${' '.repeat(ctx.indentationLvl)}`;
    return `${base ? `${base} ` : ''}${braces[0]}${indentation}  ${output.join(`,${indentation}  `)}${indentation}${braces[1]}`;
  }
  if (fits(ctx, output, 0, base)) return `${braces[0]}${base ? ` ${base}` : ''} ${output.join(', ')} ${braces[1]}`;
  const indentation = `\n${' '.repeat(ctx.indentationLvl)}`;
  const head = base === '' && braces[0].length === 1 ? ' ' : `${base ? ` ${base}` : ''}\n${' '.repeat(ctx.indentationLvl)}  `;
  return `${braces[0]}${head}${output.join(`,${indentation}  `)} ${braces[1]}`;
}

function fits(ctx, output, start, base) {
  let total = output.length + start;
  if (total + output.length > ctx.breakLength) return false;
  for (const text of output) {
    total += ctx.colors ? strip(text).length : text.length;
    if (total > ctx.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

// Many short items of an array in columns.
function group(ctx, output, value) {
  let total = 0;
  let longest = 0;
  let at = 0;
  let length = output.length;
  if (ctx.maxArrayLength < output.length) length--;
  const lengths = new Array(length);
  for (; at < length; at++) {
    const size = width(output[at], ctx.colors);
    lengths[at] = size;
    total += size + 2;
    if (longest < size) longest = size;
  }
  const actual = longest + 2;
  if (actual * 3 + ctx.indentationLvl >= ctx.breakLength || !(total / actual > 5 || longest <= 6)) return output;
  const biased = Math.max(actual - 3 - Math.sqrt(actual - total / output.length), 1);
  const count = Math.min(Math.round(Math.sqrt(2.5 * biased * length) / biased),
    Math.floor((ctx.breakLength - ctx.indentationLvl) / actual), ctx.compact * 4, 15);
  if (count <= 1) return output;
  const grouped = [];
  const widths = [];
  for (let column = 0; column < count; column++) {
    let line = 0;
    for (let row = column; row < length; row += count) if (lengths[row] > line) line = lengths[row];
    widths.push(line + 2);
  }
  let pad = String.prototype.padStart;
  if (value !== undefined && !Array.prototype.every.call(output.slice(0, length), (_, row) => typeof value[row] === 'number' || typeof value[row] === 'bigint')) {
    pad = String.prototype.padEnd;
  }
  for (let row = 0; row < length; row += count) {
    const end = Math.min(row + count, length);
    let text = '';
    let column = row;
    for (; column < end - 1; column++) text += pad.call(`${output[column]}, `, widths[column - row] + output[column].length - lengths[column], ' ');
    if (pad === String.prototype.padStart) {
      text += output[column].padStart(widths[column - row] + output[column].length - lengths[column] - 2, ' ');
    } else text += output[column];
    grouped.push(text);
  }
  if (ctx.maxArrayLength < output.length) grouped.push(output[length]);
  for (let rest = length + (ctx.maxArrayLength < output.length ? 1 : 0); rest < output.length; rest++) grouped.push(output[rest]);
  return grouped;
}

function hasOwnToString(value) {
  if (types.kind(value) === 'Proxy') return true;
  if (typeof value.toString !== 'function') return false;
  if (hasOwn(value, 'toString')) return true;
  let pointer = value;
  do pointer = getPrototypeOf(pointer); while (pointer !== null && !hasOwn(pointer, 'toString'));
  if (pointer === null) return false;
  const found = described(pointer, 'constructor');
  return found !== undefined && typeof found.value === 'function' && !/^(Object|Array|Date|RegExp|Error|Map|Set|Promise|Function|Boolean|Number|String|Symbol|BigInt|\w+Error|\w+Array)$/.test(found.value.name);
}

const formatNumber = (value, options) => number(value, options && options.numericSeparator);

function directive(code, value, options) {
  switch (code) {
    case 's':
      if (typeof value === 'number') return formatNumber(value, options);
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value === 'object' && value !== null && !(types.kind(value) === 'Error' || hasOwnToString(value))) {
        return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
      }
      if (typeof value === 'object' && value !== null && types.kind(value) === 'Error' && !hasOwn(value, 'toString') && value.toString === Error.prototype.toString) {
        return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
      }
      return String(value);
    case 'j':
      try {
        return JSON.stringify(value);
      } catch (error) {
        if (/circular|cyclic/i.test(error.message)) return '[Circular]';
        throw error;
      }
    case 'd':
      if (typeof value === 'bigint') return `${value}n`;
      return typeof value === 'symbol' ? 'NaN' : formatNumber(Number(value), options);
    case 'i':
      if (typeof value === 'bigint') return `${value}n`;
      return typeof value === 'symbol' ? 'NaN' : formatNumber(parseInt(value, 10), options);
    case 'f': return typeof value === 'symbol' ? 'NaN' : formatNumber(parseFloat(value), options);
    case 'o': return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case 'O': return inspect(value, options);
    default: return '';
  }
}

function formatWithOptions(options, ...args) {
  let text = '';
  let join = '';
  let at = 0;
  if (typeof args[0] === 'string') {
    if (args.length === 1) return args[0];
    const first = args[0];
    at = 1;
    text = first.replace(/%([sjdiOofc%])/g, (whole, code) => {
      if (code === '%') return '%';
      if (at === args.length) return whole;
      return directive(code, args[at++], options);
    });
    join = ' ';
  }
  for (; at < args.length; at++) {
    text += join + (typeof args[at] === 'string' ? args[at] : inspect(args[at], options));
    join = ' ';
  }
  return text;
}

module.exports = { inspect, format: (...args) => formatWithOptions(undefined, ...args), formatWithOptions, strip, columns, quote, colors };
