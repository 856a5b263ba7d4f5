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
const key = (name, size = 16, usages = ['encrypt', 'decrypt']) => subtle.importKey('raw', new Uint8Array(size).fill(3), name, true, usages);
const both = async (algorithm, size) => {
  const made = await key(algorithm.name, size);
  const sealed = await subtle.encrypt(algorithm, made, text('some text'));
  return [hex(sealed), Buffer.from(await subtle.decrypt(algorithm, made, sealed)).toString()];
};
exports.handler = () => all([() => both({ name: 'AES-GCM', iv: new Uint8Array(12) }, 16), () => both({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: text('more'), tagLength: 96 }, 32), () => both({ name: 'AES-CBC', iv: new Uint8Array(16) }, 24), () => both({ name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }, 32),
  async () => subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, await key('AES-GCM'), text('abc')), async () => subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, await key('AES-GCM'), new Uint8Array(30)), async () => subtle.exportKey('jwk', await key('AES-GCM')), async () => subtle.exportKey('spki', await key('AES-GCM')),
  async () => subtle.encrypt({ name: 'AES-GCM' }, await key('AES-GCM'), text('a')), async () => subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, await key('AES-GCM'), text('a')), () => key('AES-GCM', 5), async () => subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, await key('AES-GCM', 16, ['decrypt']), text('a')),
  async () => (await subtle.generateKey({ name: 'AES-CBC', length: 256 }, false, ['encrypt'])).algorithm, async () => subtle.decrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, await key('AES-CBC'), new Uint8Array(16))]);
