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
  const pem = Buffer.from(require('crypto').createPrivateKey(keys.p256).export({ type: 'pkcs8', format: 'der' }));
  const own = await subtle.importKey('pkcs8', pem, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const jwk = await subtle.exportKey('jwk', own);
  const { d, key_ops, ...rest } = jwk;
  const other = await subtle.importKey('jwk', rest, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, own, text('a'));
  const agreed = await subtle.importKey('pkcs8', pem, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits', 'deriveKey']);
  const point = await subtle.importKey('raw', await subtle.exportKey('raw', other), { name: 'ECDH', namedCurve: 'P-256' }, true, []);
  return all([() => jwk, () => signature.byteLength, () => subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, other, signature, text('a')), () => subtle.verify({ name: 'ECDSA', hash: 'SHA-512' }, other, signature, text('a')), () => subtle.exportKey('raw', other), () => subtle.deriveBits({ name: 'ECDH', public: point }, agreed, 256),
    () => subtle.deriveBits({ name: 'ECDH', public: point }, agreed, 128), () => subtle.deriveBits({ name: 'ECDH', public: point }, agreed, null), async () => subtle.exportKey('raw', await subtle.deriveKey({ name: 'ECDH', public: point }, agreed, { name: 'AES-GCM', length: 256 }, true, ['encrypt'])),
    () => subtle.importKey('jwk', rest, { name: 'ECDSA', namedCurve: 'P-384' }, true, ['verify']), () => subtle.importKey('raw', text('abc'), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']), () => subtle.sign('ECDSA', own, text('a')), () => subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, other, text('a')),
    async () => { const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']); return [pair.publicKey.usages, pair.privateKey.usages, pair.privateKey.algorithm, Object.keys(pair)]; }, () => subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign'])]);
};
