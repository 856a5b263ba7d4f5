// What there is of `module`: names, and `require` for ES modules, which is that of platform modules.
const names = 'assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns dns/promises events fs fs/promises http http2 https inspector module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url util util/types v8 vm wasi worker_threads zlib'.split(' ');
const isBuiltin = (name) => {
  name = String(name);
  return names.includes(name.replace(/^node:/, '')) || name === 'node:test';
};

function Module(id = '', parent = undefined) {
  Object.assign(this, { id, path: require('path').dirname(id), exports: {}, filename: null, loaded: false, children: [] });
}
function createRequire(filename) {
  if (typeof filename !== 'string' && !(filename instanceof URL)) {
    const { codes } = require('internal/errors');
    throw new codes.ERR_INVALID_ARG_VALUE('filename', filename, 'must be a file URL object, file URL string, or absolute path string');
  }
  const made = (name) => {
    if (isBuiltin(name)) return require(name.replace(/^node:/, ''));
    throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- ${filename}`), { code: 'MODULE_NOT_FOUND' });
  };
  made.resolve = (name) => name;
  made.cache = Object.create(null);
  return made;
}
module.exports = Object.assign(Module, {
  Module, builtinModules: names, isBuiltin, createRequire, _cache: Object.create(null), _extensions: Object.create(null), globalPaths: [],
  syncBuiltinESMExports() {}, findSourceMap() {}, _nodeModulePaths: () => [],
});
