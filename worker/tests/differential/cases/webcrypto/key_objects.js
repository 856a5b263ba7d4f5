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
const nodeCrypto = require('crypto');
exports.handler = async () => {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const own = nodeCrypto.KeyObject.from(pair.privateKey);
  const signature = nodeCrypto.sign('sha256', Buffer.from('a'), { key: own, dsaEncoding: 'ieee-p1363' });
  const secret = await subtle.importKey('raw', text('k'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return [own.type, own.asymmetricKeyType, await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, signature, text('a')), nodeCrypto.createHmac('sha256', nodeCrypto.KeyObject.from(secret)).update('x').digest('hex'), await failed(async () => nodeCrypto.KeyObject.from(5))];
};
