const zlib = require('zlib');
exports.handler = async () => ({
  keys: Object.keys(zlib),
  constants: zlib.constants,
  codes: zlib.codes,
  frozen: Object.isFrozen(zlib.constants),
  names: [zlib.Gzip.name, zlib.createGzip.name, zlib.gzip.name, zlib.gzipSync.name],
  level: zlib.Z_BEST_SPEED,
});
