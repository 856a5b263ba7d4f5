// `module`: names of modules, `require` for files that have none, and the functions with which others
// can hook into `require`. They are called once one of them was replaced.
const natives = native('modules');
const { codes } = require('internal/errors');
const names = Object.freeze(natives.names().split('\n'));
const prefixedOnly = ['node:sea', 'node:test', 'node:test/reporters'];
const isBuiltin = (name) => names.includes(String(name).replace(/^node:/, '')) || prefixedOnly.includes(name);
const root = '/var/task';

function Module(id = '', parent = undefined) {
  Object.assign(this, { id, path: require('path').dirname(id), exports: {}, filename: null, loaded: false, children: [] });
  Object.defineProperty(this, 'parent', { value: parent, configurable: true, writable: true });
}
const nameOf = (module) => (module && (module.filename || module.id)) || `${root}/index.js`;

Module.prototype.load = function load(filename) {
  this.filename = filename;
  this.exports = natives.require(filename, filename);
  this.loaded = true;
};
Module.prototype.require = function (id) {
  require('internal/validators').validateString(id, 'id');
  if (id === '') throw new codes.ERR_INVALID_ARG_VALUE('id', id, 'must be a non-empty string');
  return Module._load(id, this, false);
};
Module.prototype._compile = function (content, filename) { // eslint-disable-line no-unused-vars
  const run = new Function('exports', 'require', 'module', '__filename', '__dirname', content);
  const { dirname } = require('path');
  return Reflect.apply(run, this.exports, [this.exports, (id) => this.require(id), this, filename, dirname(filename)]);
};

function createRequire(filename) {
  const { URL, fileURLToPath } = require('url');
  const isURL = filename instanceof URL || /^file:/.test(filename);
  if (!isURL && !(typeof filename === 'string' && filename.startsWith('/'))) {
    throw new codes.ERR_INVALID_ARG_VALUE('filename', filename, 'must be a file URL object, file URL string, or absolute path string');
  }
  return natives.createRequire(isURL ? fileURLToPath(filename) : filename);
}
// The folders in which a file in this folder finds packages, nearest first.
function _nodeModulePaths(from) {
  const paths = [];
  for (let folder = require('path').resolve(from); ; folder = require('path').dirname(folder)) {
    if (!folder.endsWith('/node_modules')) paths.push(folder === '/' ? '/node_modules' : `${folder}/node_modules`);
    if (folder === '/') return paths;
  }
}
class SourceMap {
  constructor(payload) { this.payload = payload; }
  findEntry() { return {}; }
  findOrigin() { return {}; }
}

const wrapper = ['(function (exports, require, module, __filename, __dirname) { ', '\n});'];
const cache = natives.createRequire(`${root}/index.js`).cache;
module.exports = Object.assign(Module, {
  _cache: cache,
  _pathCache: Object.create(null),
  _extensions: Object.assign(Object.create(null), {
    '.js': (module, filename) => module.load(filename),
    '.json': (module, filename) => module.load(filename),
    '.node': () => { throw require('internal/absent').absence('an addon in native code', 'a function cannot contain native code'); },
  }),
  globalPaths: [],
  _debug() {},
  isBuiltin,
  _findPath(request) {
    try {
      return natives.resolve(`${root}/index.js`, request);
    } catch {
      return false;
    }
  },
  _nodeModulePaths,
  _resolveLookupPaths: (request, parent) => (isBuiltin(request) ? null : _nodeModulePaths(require('path').dirname(nameOf(parent)))),
  _load(request, parent, isMain) { // eslint-disable-line no-unused-vars
    return natives.require(nameOf(parent), `${request}`.startsWith('node:') ? request : Module._resolveFilename(request, parent, isMain));
  },
  _resolveFilename: (request, parent, isMain, options) => natives.resolve(nameOf(parent), request), // eslint-disable-line no-unused-vars
  createRequire,
  _initPaths() {},
  _preloadModules() {},
  syncBuiltinESMExports() {},
  Module,
  builtinModules: names,
  runMain() {},
  findSourceMap() {},
  register() {},
  SourceMap,
});
for (const [name, value] of [['wrap', (script) => wrapper[0] + script + wrapper[1]], ['wrapper', wrapper]]) {
  Object.defineProperty(Module, name, { value, configurable: true, writable: true });
}

const { _load, _resolveFilename, prototype: { require: plainRequire } } = Module;
natives.hook((filename, id) => {
  if (Module.prototype.require === plainRequire && Module._load === _load && Module._resolveFilename === _resolveFilename) {
    return natives.require(filename, id);
  }
  let asking = cache[filename];
  if (asking === undefined) asking = Object.assign(new Module(filename), { filename });
  return Reflect.apply(Module.prototype.require, asking, [id]);
});
