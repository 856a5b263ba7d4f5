const crypto = require('crypto');
const failed = (work) => {
  try {
    const value = work();
    return Buffer.isBuffer(value) ? value.toString("hex") : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.library, error.reason];
  }
};
exports.handler = async () => [() => crypto.randomBytes(-1), () => crypto.randomBytes('a'), () => crypto.randomBytes(2 ** 31), () => crypto.randomBytes(), () => crypto.randomBytes(5, 6), () => crypto.randomInt(5, 5), () => crypto.randomInt(0, 2 ** 50),
  () => crypto.randomInt('a'), () => crypto.randomInt(0), () => crypto.randomInt(1, 1.5), () => crypto.randomFillSync('a'), () => crypto.randomFillSync(Buffer.alloc(5), 6), () => crypto.randomFillSync(Buffer.alloc(5), 2, 5),
  () => crypto.randomFillSync(Buffer.alloc(5), 'a'), () => crypto.randomUUID({ disableEntropyCache: 1 }), () => crypto.randomUUID(5), () => crypto.timingSafeEqual('a', 'b'), () => crypto.timingSafeEqual(Buffer.alloc(1), 5),
  () => crypto.timingSafeEqual(Buffer.alloc(1), Buffer.alloc(2)), () => crypto.timingSafeEqual(Buffer.from('ab'), Buffer.from('ab')), () => crypto.timingSafeEqual(Buffer.from('ab'), new Uint8Array([97, 99]))].map(failed);
