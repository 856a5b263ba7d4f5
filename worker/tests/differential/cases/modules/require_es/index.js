// ES modules by `require`: their namespaces, marked for compiled code, and those that cannot be.
const attempt = (name) => {
  try {
    return require(name);
  } catch (error) {
    return [error.name, error.code, error.message.split('\n')[0].replaceAll(__dirname, '.')];
  }
};
const told = (value) => [Array.isArray(value) ? value : Object.keys(value), value.__esModule === true, Object.getPrototypeOf(value) === null, Object.prototype.toString.call(value)];
exports.handler = async () => {
  const out = Object.fromEntries(['./a.mjs', './b.mjs', './c.mjs', './d.mjs', './e.mjs', './f.mjs', './h.mjs', 'typed'].map((name) => [name, told(attempt(name))]));
  out.again = attempt('./f.mjs');
  const a = require('./a.mjs');
  a.up();
  const cached = require.cache[require.resolve('./a.mjs')];
  out.live = [a.n, a.default(), Object.isExtensible(a), require('./a.mjs') === a, cached.exports === a, cached.loaded];
  const imported = await import('./a.mjs');
  out.imported = [imported === a, imported.default === a.default, imported.n, Object.keys(imported), (await import('./b.mjs')) === require('./b.mjs')];
  out.cycle = (await import('./g.mjs')).default.map((text) => text.replaceAll(__dirname, '.'));
  out.afterwards = attempt('./e.mjs');
  out.typed = [require('typed').typed, require('typed').default.name];
  return out;
};
