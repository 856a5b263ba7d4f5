const { subtle } = globalThis.crypto;
const hex = (buffer) => Buffer.from(buffer).toString('hex');
const failed = async (work) => {
  try {
    const value = await work();
    return value instanceof ArrayBuffer ? hex(value) : value;
  } catch (error) {
    return [error.name, error.message, error.code, error.constructor.name];
  }
};
const all = async (list) => {
  const results = [];
  for (const work of list) results.push(await failed(work));
  return results;
};
const text = (value) => new Uint8Array(Buffer.from(value));
const run = (work) => { try { return work(); } catch (error) { return [error.name, error.message, error.code]; } };
exports.handler = async () => [String(crypto), String(subtle), /^[0-9a-f-]{36}$/.test(crypto.randomUUID()), crypto.getRandomValues(new Uint8Array(4)).length, crypto.getRandomValues(new BigUint64Array(2)).length, run(() => crypto.getRandomValues(new Float32Array(1)).length), run(() => crypto.getRandomValues(new Uint8Array(65537))),
  run(() => crypto.getRandomValues(5)), run(() => crypto.getRandomValues()), run(() => new CryptoKey()), run(() => new Crypto()), run(() => new SubtleCrypto()), crypto instanceof Crypto, Object.keys(crypto), Object.getOwnPropertyNames(Crypto.prototype), Object.getOwnPropertyNames(SubtleCrypto.prototype), crypto === require('crypto').webcrypto, crypto.subtle === crypto.subtle];
