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
exports.handler = () => all([() => subtle.digest('SHA-256', text('abc')), () => subtle.digest({ name: 'sha-1' }, text('abc').buffer), () => subtle.digest('SHA-384', new DataView(new ArrayBuffer(2))), () => subtle.digest('sha-512', new Uint16Array(2)), () => subtle.digest('xx', text('a')),
  () => subtle.digest('SHA-256', 'a'), () => subtle.digest(), () => subtle.digest('MD5', text('a')), () => subtle.digest({}, text('a')), async () => (await subtle.digest('SHA-256', text(''))) instanceof ArrayBuffer]);
