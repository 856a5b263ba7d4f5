let count = 0;
globalThis.seen = [];

exports.handler = async (event) => {
  count += 1;
  globalThis.seen.push(event.n);
  return { count, seen: globalThis.seen };
};
