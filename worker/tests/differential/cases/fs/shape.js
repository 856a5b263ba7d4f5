const fs = require('fs');
exports.handler = async () => ({
  keys: Object.keys(fs).sort(),
  constants: fs.constants,
  kinds: [typeof fs.ReadStream, typeof fs.promises.readFile, fs.readFile.name, fs.readFileSync.name],
});
