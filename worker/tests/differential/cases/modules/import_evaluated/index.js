// `import()` in code that is compiled at run time.
const { inFunction } = require('./lib/deep.js');
exports.handler = async () => {
  const direct = await eval("import('./lib/value.mjs')");
  const indirect = await (0, eval)("import('./lib/value.mjs')");
  const made = await new Function("return import('./lib/value.mjs')")();
  const deep = await inFunction();
  return [direct.default, indirect === direct, made === direct, deep === direct];
};
