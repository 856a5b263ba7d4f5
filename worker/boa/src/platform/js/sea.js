// A function is not an executable file, so it has no assets.
const { coded } = require('internal/errors');
const refuse = () => coded(Error, 'ERR_NOT_IN_SINGLE_EXECUTABLE_APPLICATION', 'Operation cannot be invoked when not in a single-executable application');
function ask(key) {
  require('internal/validators').validateString(key, 'key');
  throw refuse();
}
module.exports = {
  isSea: () => false,
  getAsset(key, encoding) { return ask(key, encoding); },
  getRawAsset(key) { return ask(key); },
  getAssetAsBlob(key, options) { return ask(key, options); },
};
