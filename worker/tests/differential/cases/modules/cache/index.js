exports.handler = async () => {
  const first = require('./counted');
  const again = require('./counted.js');
  const file = require.resolve('./counted');
  const known = Object.keys(require.cache).map((name) => name.split('/').pop()).filter((name) => name !== 'driver.cjs');
  delete require.cache[file];
  const fresh = require('./counted');
  require.cache[file].exports = 'replaced';
  return [first.number, again === first, known, fresh.number, require('./counted'), require.resolve('node:path')];
};
