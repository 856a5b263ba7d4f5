const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
const called = (start) => new Promise((resolve) => start((error, value) => resolve(error ? error.message : value)));
exports.handler = async () => {
  const ints = Array.from({ length: 200 }, () => crypto.randomInt(3, 6));
  const view = crypto.randomFillSync(new Uint32Array(8), 4);
  const uuids = [crypto.randomUUID(), crypto.randomUUID({ disableEntropyCache: true })];
  return [crypto.randomBytes(7).length, (await called((done) => crypto.randomBytes(9, done))).length, Math.min(...ints), Math.max(...ints), view.length, [...view.subarray(0, 4)],
    view.subarray(4).some((n) => n !== 0), uuids.map((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), uuids[0] !== uuids[1],
    (await called((done) => crypto.randomFill(Buffer.alloc(5), done))).length, typeof (await called((done) => crypto.randomInt(5, done))), crypto.randomInt(1), typeof crypto.randomBytes(1.5)];
};
