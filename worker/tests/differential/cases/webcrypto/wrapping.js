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
exports.handler = () => all([async () => {
  const kek = await subtle.importKey('raw', new Uint8Array(32).fill(1), 'AES-KW', true, ['wrapKey', 'unwrapKey']);
  const key = await subtle.importKey('raw', new Uint8Array(16).fill(2), 'AES-GCM', true, ['encrypt']);
  const wrapped = await subtle.wrapKey('raw', key, kek, 'AES-KW');
  return [hex(wrapped), hex(await subtle.exportKey('raw', await subtle.unwrapKey('raw', wrapped, kek, 'AES-KW', 'AES-GCM', true, ['encrypt'])))];
}, async () => {
  const kek = await subtle.importKey('raw', new Uint8Array(32).fill(1), 'AES-GCM', true, ['wrapKey', 'unwrapKey']);
  const key = await subtle.importKey('raw', new Uint8Array(5).fill(2), { name: 'HMAC', hash: 'SHA-1' }, true, ['sign']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const wrapped = await subtle.wrapKey('jwk', key, kek, algorithm);
  return [hex(wrapped), hex(await subtle.exportKey('raw', await subtle.unwrapKey('jwk', wrapped, kek, algorithm, { name: 'HMAC', hash: 'SHA-1' }, true, ['sign'])))];
}]);
