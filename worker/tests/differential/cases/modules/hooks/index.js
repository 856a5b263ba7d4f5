// Code may put itself before `require`, as agents that watch a program do.
const Module = require('module');
const path = require('path');

const seen = [];
const { require: plainRequire } = Module.prototype;
const { _load, _resolveFilename } = Module;
const note = (name, id, parent) => seen.push([name, id.replace(__dirname, '.'), parent && path.basename(parent.filename)]);

exports.handler = async ({ way }) => {
  seen.length = 0;
  const fresh = () => { for (const name of Object.keys(require.cache)) if (name !== __filename) delete require.cache[name]; };
  fresh();
  let value;
  try {
    if (way === 'require') {
      Module.prototype.require = function (id) {
        note('require', id, this);
        const got = Reflect.apply(plainRequire, this, [id]);
        return id === './one' ? { ...got, more: true } : got;
      };
    } else if (way === 'load') {
      Module._load = (id, parent, isMain) => {
        note('load', id, parent);
        return id === 'virtual' ? 'made up' : _load(id, parent, isMain);
      };
    } else if (way === 'resolve') {
      Module._resolveFilename = (id, parent, ...more) => {
        note('resolve', id, parent);
        return _resolveFilename(id.replace(/^@\//, './'), parent, ...more);
      };
    }
    const attempt = (id) => {
      try {
        return require(id);
      } catch (error) {
        return [error.code, error.message.split('\n')[0]];
      }
    };
    value = [attempt('./one'), attempt('virtual'), attempt('@/two'), attempt('./none'), typeof attempt('node:fs').readFileSync, typeof require('zlib').gzip];
  } finally {
    Module.prototype.require = plainRequire;
    Object.assign(Module, { _load, _resolveFilename });
  }
  const made = new Module('/var/task/made.js');
  return { seen, value, wrapped: Module.wrap('x'), paths: Module._nodeModulePaths('/a/node_modules/b'), kinds: Object.keys(Module._extensions), made: Object.keys(made).sort().filter((name) => !name.startsWith('_') && name !== 'paths') };
};
