// Modules of Node.js that cannot work in a sandbox. They can be loaded, and have Node.js's names.
// Their functions throw, and their classes throw when constructed, but can be extended. `shape` is a
// list of names: `f` is a function, `C+` a class, `C+Base` a class that extends one of `events` or
// `stream`.
const { codes } = require('internal/errors');

const calls = 'a sandbox has no sockets; call servers with `fetch`, `http` or `https`';
// The reason for the error of each module, and a replacement if there is one.
const reasons = {
  child_process: 'a sandbox cannot start processes',
  cluster: 'a sandbox cannot start processes',
  dgram: calls,
  dns: 'the worker resolves names for a function; give the name to `fetch`, `http` or `https`',
  http2: calls,
  inspector: 'a sandbox has no debugger',
  net: calls,
  readline: 'a sandbox has no terminal',
  repl: 'a sandbox has no terminal',
  test: 'run tests before you publish a function; they cannot run in it',
  tls: calls,
  vm: 'a sandbox has no second engine',
  wasi: 'a sandbox has no WebAssembly',
  worker_threads: 'a sandbox cannot start threads for a function',
};

// The error for something that does not exist in a sandbox, with the reason.
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
