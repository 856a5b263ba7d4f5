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
exports.handler = async (keys) => {
  const der = (pem) => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  const own = await subtle.importKey('pkcs8', der(keys.ed), 'Ed25519', true, ['sign']);
  const jwk = await subtle.exportKey('jwk', own);
  const other = await subtle.importKey('raw', Buffer.from(jwk.x, 'base64url'), { name: 'Ed25519' }, true, ['verify']);
  const x = await Promise.all([keys.x1, keys.x2].map((pem) => subtle.importKey('pkcs8', der(pem), 'X25519', true, ['deriveBits'])));
  const publicJwk = async (key) => { const { d, key_ops, ...rest } = await subtle.exportKey('jwk', key); return rest; };
  const point = await subtle.importKey('jwk', await publicJwk(x[1]), 'X25519', true, []);
  return all([() => jwk, () => subtle.sign('Ed25519', own, text('a')), async () => subtle.verify('Ed25519', other, await subtle.sign('Ed25519', own, text('a')), text('a')), () => subtle.exportKey('spki', other), () => subtle.deriveBits({ name: 'X25519', public: point }, x[0], 256), () => subtle.exportKey('jwk', other),
    async () => (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])).privateKey.algorithm, () => subtle.importKey('raw', text('abc'), 'Ed25519', true, ['verify'])]);
};
