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
const der = (pem) => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
exports.handler = async (keys) => {
  const pair = async (name, hash, use) => [await subtle.importKey('pkcs8', der(keys.rsa8), { name, hash }, true, [use[0]]), await subtle.importKey('spki', der(keys.rsaPublic), { name, hash }, true, [use[1]])];
  return all([async () => { const [own, other] = await pair('RSASSA-PKCS1-v1_5', 'SHA-256', ['sign', 'verify']); const signature = await subtle.sign(own.algorithm.name, own, text('a')); return [hex(signature), await subtle.verify('RSASSA-PKCS1-v1_5', other, signature, text('a')), await subtle.verify('RSASSA-PKCS1-v1_5', other, signature, text('b'))]; },
    async () => { const [own, other] = await pair('RSA-PSS', 'SHA-384', ['sign', 'verify']); const signature = await subtle.sign({ name: 'RSA-PSS', saltLength: 48 }, own, text('a')); return [await subtle.verify({ name: 'RSA-PSS', saltLength: 48 }, other, signature, text('a')), await subtle.verify({ name: 'RSA-PSS', saltLength: 20 }, other, signature, text('a'))]; },
    async () => { const [own, other] = await pair('RSA-OAEP', 'SHA-256', ['decrypt', 'encrypt']); return Buffer.from(await subtle.decrypt('RSA-OAEP', own, await subtle.encrypt({ name: 'RSA-OAEP' }, other, text('secret')))).toString(); },
    async () => { const [own, other] = await pair('RSA-PSS', 'SHA-1', ['sign', 'verify']); return [await subtle.exportKey('jwk', own), await subtle.exportKey('jwk', other), hex(await subtle.exportKey('spki', other)), hex(await subtle.exportKey('pkcs8', own)), own.algorithm, own.type]; },
    () => subtle.importKey('spki', text('abc'), { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['verify']), () => subtle.importKey('spki', der(keys.rsaPublic), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']), () => subtle.importKey('spki', der(keys.rsaPublic), { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['sign']),
    () => subtle.importKey('pkcs8', der(keys.rsa8), { name: 'RSA-PSS', hash: 'SHA-1' }, true, []), async () => { const made = await subtle.generateKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, false, ['sign', 'verify']); return [made.publicKey.extractable, made.privateKey.extractable, made.privateKey.algorithm]; }]);
};
