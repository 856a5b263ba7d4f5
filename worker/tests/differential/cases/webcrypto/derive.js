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
const base = (name, usages = ['deriveBits', 'deriveKey']) => subtle.importKey('raw', text('password'), name, false, usages);
exports.handler = () => all([async () => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('salt'), iterations: 1000 }, await base('PBKDF2'), 256), async () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-512', salt: text('salt'), info: text('info') }, await base('HKDF'), 160),
  async () => subtle.exportKey('raw', await subtle.deriveKey({ name: 'PBKDF2', hash: { name: 'SHA-1' }, salt: text('s'), iterations: 10 }, await base('PBKDF2'), { name: 'AES-CBC', length: 128 }, true, ['encrypt'])), async () => subtle.exportKey('jwk', await subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: text(''), info: text('') }, await base('HKDF'), { name: 'HMAC', hash: 'SHA-256', length: 256 }, true, ['sign'])),
  async () => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('salt'), iterations: 1 }, await base('PBKDF2'), 7), async () => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: text('salt'), iterations: 1 }, await base('PBKDF2', ['deriveKey']), 8), () => subtle.importKey('raw', text('a'), 'PBKDF2', true, ['deriveBits']),
  async () => subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', iterations: 1 }, await base('PBKDF2'), 8), async () => (await base('HKDF')).algorithm, async () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: text('s'), info: text('') }, await base('PBKDF2'), 8)]);
