// What bundlers write: helpers, getters on exports, interop of default exports.
'use strict';
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __commonJS = (cb, mod) => function __require() {
  return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
};
var __export = (target, all) => {
  for (var name in all) __defProp(target, name, { get: all[name], enumerable: true });
};
var __toCommonJS = (mod) => {
  const copy = __defProp({}, '__esModule', { value: true });
  for (const key of __getOwnPropNames(mod)) __defProp(copy, key, { get: () => mod[key], enumerable: true });
  return copy;
};
var require_lib = __commonJS({
  'lib.js'(exports, module) {
    module.exports = (a) => a * 2;
  },
});
var index_exports = {};
__export(index_exports, { handler: () => handler, default: () => index_default });
module.exports = __toCommonJS(index_exports);
var double = require_lib();
var handler = async (event) => ({ doubled: double(event.number || 4), keys: Object.keys(module.exports), es: module.exports.__esModule });
var index_default = handler;
0 && (module.exports = { handler });
