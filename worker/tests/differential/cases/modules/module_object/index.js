const child = require('./child');

exports.handler = async () => ({
  keys: Object.keys(module).filter((key) => key !== 'paths').sort(),
  loaded: module.loaded,
  id: typeof module.id,
  children: module.children.map((one) => one.filename.split('/').pop()),
  child,
  same: module.exports === exports,
  self: this === module.exports,
  require: module.require('./child') === child,
});
