// What there is of `module`: names, and `require` for ES modules.
const natives = native('modules');
const names = Object.freeze(natives.names().split('\n'));
const prefixedOnly = ['node:sea', 'node:test', 'node:test/reporters'];
const isBuiltin = (name) => names.includes(String(name).replace(/^node:/, '')) || prefixedOnly.includes(name);

function Module(id = '', parent = undefined) {
  Object.assign(this, { id, path: require('path').dirname(id), exports: {}, filename: null, loaded: false, children: [] });
}
function createRequire(filename) {
  const { URL, fileURLToPath } = require('url');
  const isURL = filename instanceof URL || /^file:/.test(filename);
  if (!isURL && !(typeof filename === 'string' && filename.startsWith('/'))) {
    const { codes } = require('internal/errors');
    throw new codes.ERR_INVALID_ARG_VALUE('filename', filename, 'must be a file URL object, file URL string, or absolute path string');
  }
  return natives.createRequire(isURL ? fileURLToPath(filename) : filename);
}
module.exports = Object.assign(Module, {
  Module, builtinModules: names, isBuiltin, createRequire, _cache: Object.create(null), _extensions: Object.create(null), globalPaths: [],
  syncBuiltinESMExports() {}, findSourceMap() {}, _nodeModulePaths: () => [],
});
