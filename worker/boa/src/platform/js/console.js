// `console` as a module: the global object, and the class behind it.
module.exports = console;
