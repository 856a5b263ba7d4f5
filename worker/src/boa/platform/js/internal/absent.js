// Modules of Node.js that a sandbox cannot have: they load and have Node.js' names. Functions throw
// and classes throw when constructed; classes can be extended. `shape` is a list of names:
// `f` is a function, `C+` a class (`C+Base` one that extends a class of `events` or `stream`).
const { codes } = require('internal/errors');

function unavailable(what) {
  return new codes.ERR_BRINK_UNAVAILABLE(what);
}

function absent(module, shape, real = {}) {
  const made = {};
  for (const entry of shape.split(/\s+/)) {
    const [name, base] = entry.split('+');
    const full = `${module}.${name}`;
    if (Object.hasOwn(real, name)) made[name] = real[name];
    else if (base === undefined) {
      made[name] = { [name]() {
        throw unavailable(`${full}()`);
      } }[name];
    } else {
      Object.defineProperty(made, name, {
        configurable: true,
        enumerable: true,
        get() {
          const Base = base === 'EventEmitter' ? require('events') : base === '' ? Object : require('stream')[base];
          const value = { [name]: class extends Base {
            constructor() { throw unavailable(full); }
          } }[name];
          Object.defineProperty(made, name, { value, writable: true, configurable: true, enumerable: true });
          return value;
        },
        set(value) { Object.defineProperty(made, name, { value, writable: true, configurable: true, enumerable: true }); },
      });
    }
  }
  for (const name of Object.keys(real)) {
    if (!Object.hasOwn(made, name)) Object.defineProperty(made, name, Object.getOwnPropertyDescriptor(real, name));
  }
  return made;
}

module.exports = { absent, unavailable };
