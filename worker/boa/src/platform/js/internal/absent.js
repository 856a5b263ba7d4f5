// Modules of Node.js that a sandbox cannot have: they load and have Node.js' names. Functions throw
// and classes throw when constructed; classes can be extended. `shape` is a list of names:
// `f` is a function, `C+` a class (`C+Base` one that extends a class of `events` or `stream`).
const { codes } = require('internal/errors');

const calls = 'a function has no sockets of its own; it calls servers with `fetch`, `http` or `https`';
// What to know where something of a module was used, and what to use instead if there is anything.
const reasons = {
  child_process: 'a function cannot start processes',
  cluster: 'a function cannot start processes',
  dgram: calls,
  dns: 'names are resolved where a call leaves: give the name to `fetch`, `http` or `https`',
  http2: calls,
  inspector: 'there is no debugger in it',
  net: calls,
  readline: 'there is no terminal',
  repl: 'there is no terminal',
  test: 'tests run before a function is published, not in it',
  tls: calls,
  vm: 'there is no second engine',
  wasi: 'there is no WebAssembly',
  worker_threads: 'a function has one thread',
};

// The error for something that there is not: `what`, and what to know about it.
function absence(what, why) {
  return new codes.ERR_BRINK_UNAVAILABLE(what, why === undefined ? reasons.net : why);
}

function absent(module, shape, real = {}) {
  const made = {};
  const unavailable = (what) => absence(what, reasons[module]);
  for (const entry of shape.split(/\s+/)) {
    const [name, base] = entry.split('+');
    const full = `${module}.${name}`;
    if (Object.hasOwn(real, name)) made[name] = real[name];
    else if (base === undefined) {
      made[name] = { [name]() {
        throw unavailable(`${full}()`);
      } }[name];
    } else {
      let value;
      Object.defineProperty(made, name, {
        configurable: true,
        enumerable: true,
        get() {
          const Base = base === 'EventEmitter' ? require('events') : base === '' ? Object : require('stream')[base];
          value = value || { [name]: class extends Base {
            constructor() { throw unavailable(full); }
          } }[name];
          return value;
        },
        set(given) { value = given; },
      });
    }
  }
  for (const name of Object.keys(real)) {
    if (!Object.hasOwn(made, name)) Object.defineProperty(made, name, Object.getOwnPropertyDescriptor(real, name));
  }
  return made;
}

// A property of `exports` that is made when it is first read, and can be assigned.
function lazily(exports, name, make) {
  let value;
  let isMade = false;
  Object.defineProperty(exports, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (!isMade) [value, isMade] = [make(), true];
      return value;
    },
    set(given) { [value, isMade] = [given, true]; },
  });
}

module.exports = { absent, absence, lazily };
