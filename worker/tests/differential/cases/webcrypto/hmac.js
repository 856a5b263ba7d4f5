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
const raw = (usages, extractable = true) => subtle.importKey('raw', text('secret'), { name: 'HMAC', hash: 'SHA-256' }, extractable, usages);
exports.handler = () => all([async () => subtle.sign('HMAC', await raw(['sign']), text('data')), async () => { const key = await raw(['sign', 'verify']); return subtle.verify('HMAC', key, await subtle.sign('hmac', key, text('a')), text('a')); },
  async () => subtle.verify('HMAC', await raw(['verify']), text('x'), text('a')), async () => subtle.verify('HMAC', await raw(['sign']), text('x'), text('a')), async () => subtle.exportKey('jwk', await raw(['verify', 'sign'])), async () => subtle.exportKey('raw', await raw(['sign'])),
  async () => subtle.exportKey('raw', await raw(['sign'], false)), async () => { const key = await raw(['sign']); return [key.type, key.extractable, key.algorithm, key.usages, JSON.stringify(key), String(key), key instanceof CryptoKey]; },
  () => subtle.importKey('raw', text(''), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), () => subtle.importKey('raw', text('a'), { name: 'HMAC', hash: 'SHA-256' }, false, ['encrypt']), () => subtle.importKey('raw', text('a'), { name: 'HMAC', hash: 'SHA-256' }, false, []),
  () => subtle.importKey('raw', text('a'), { name: 'HMAC' }, false, ['sign']), async () => subtle.exportKey('jwk', await subtle.importKey('jwk', { kty: 'oct', k: 'AAAA' }, { name: 'HMAC', hash: 'SHA-512' }, true, ['sign'])), () => subtle.importKey('jwk', { kty: 'RSA', k: 'AAAA' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']),
  async () => (await subtle.generateKey({ name: 'HMAC', hash: 'SHA-384' }, true, ['sign'])).algorithm, () => subtle.importKey('raw', text('a'), { name: 'HMAC', hash: 'SHA-256' }, false, ['foo']), () => subtle.importKey('xx', text('a'), 'HMAC', false, ['sign'])]);
