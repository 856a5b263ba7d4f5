// How a buffer is shown: its first bytes, how many more there are, and its own properties.

module.exports = function inspectBuffer(buffer, context) {
  const max = require('buffer').INSPECT_MAX_BYTES;
  const more = buffer.length - max;
  let text = native('buffer').hexOf(buffer, max);
  if (more > 0) text += ` ... ${more} more byte${more > 1 ? 's' : ''}`;
  if (context) {
    const hidden = context.showHidden;
    const extras = Object.create(null);
    let any = false;
    const isIndex = (key) => typeof key === 'string' && /^(0|[1-9]\d*)$/.test(key);
    for (const key of Reflect.ownKeys(buffer)) {
      if (isIndex(key)) continue;
      if (!hidden && !Object.prototype.propertyIsEnumerable.call(buffer, key)) continue;
      extras[key] = buffer[key];
      any = true;
    }
    if (any) {
      if (buffer.length !== 0) text += ', ';
      const shown = require('util').inspect(extras, { ...context, breakLength: Infinity, compact: true });
      text += shown.slice(shown.indexOf('{') + 2, -2);
    }
  }
  let name = 'Buffer';
  try {
    name = buffer.constructor.name || name;
  } catch {
    // A constructor that throws has no name.
  }
  return `<${name} ${text}>`;
};
