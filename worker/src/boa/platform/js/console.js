// `console` as a module: the global object, and the class behind it.
module.exports = console;
if (!Object.hasOwn(console, 'Console')) {
  Object.defineProperty(console, 'Console', {
    configurable: true, enumerable: true, writable: true, value: require('internal/console').Console,
  });
}
