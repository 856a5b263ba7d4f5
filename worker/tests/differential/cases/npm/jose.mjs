// Tokens of three kinds against a key set that is part of the function.
import { CompactEncrypt, EncryptJWT, SignJWT, UnsecuredJWT, calculateJwkThumbprint, compactDecrypt, createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, exportJWK, exportSPKI, importJWK, importPKCS8, importSPKI, jwtDecrypt, jwtVerify } from 'jose';

const jwks = {'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}, {'crv': 'Ed25519', 'x': 'wIAvXoxYqEu_G09M4cDR01-9n1Yu1DuffrchUl7InhE', 'kty': 'OKP', 'kid': 'ed-1', 'use': 'sig', 'alg': 'EdDSA'}]};
const keys = createLocalJWKSet(jwks);
const secret = new TextEncoder().encode('shared-secret');
const ecPrivate = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUZO92LQPvlfV0dyO
RDuwmwIcots1xLg/qM3fkVD7ZTKhRANCAAT6+xEdF4bnE77fhQRPiRwBJQVa+/Pb
gz01e+TIipR6LQ19Q6WQqFexe6/HEwBswzkxIiUP6nmAQTteL6QzLewz
-----END PRIVATE KEY-----`;
const edPrivate = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIL2Fm/BjzWP1PRrdKKi8QvNAnH45uNUMv4C3Y2F691pA
-----END PRIVATE KEY-----`;
const rsaPublic = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAszWA8RyAc5oCrGsevW+B
1DeLuRcCDgDOWM+Z71qaCeyFyRUcJcM+nMy//c4t13gTw4gaQxY/PG3q39WFfrDi
F64JHUTY+T775My/2jstg3tyLwiWAUQaJ+eYw/llhs3FNIaanxbbRHFEMktlE8xH
hvBFV6HF+z1JkRo5AtaRr4wHuMLp/NBMgqMQ5UYJ7HJrUQiWcBBQO3+6QCugKB4Y
oP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK+DcJTTRi013IA6lVmFviuwVd/YHvM
hxv1ib2MVAGhm6BqYP+mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1H
fwIDAQAB
-----END PUBLIC KEY-----`;

const told = (error) => ({ name: error.name, code: error.code, message: error.message, claim: error.claim, reason: error.reason, jose: error instanceof errors.JOSEError });
const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return told(error);
  }
};

async function issued() {
  const sign = (alg, key) => new SignJWT({ role: 'r' }).setProtectedHeader({ alg }).setIssuedAt(1700000000).setIssuer('i').setAudience(['a', 'b']).setExpirationTime(4102444800).setSubject('s').setJti('1').sign(key);
  const es = await sign('ES256', await importPKCS8(ecPrivate, 'ES256'));
  const ed = await sign('EdDSA', await importPKCS8(edPrivate, 'EdDSA'));
  const sealed = await new EncryptJWT({ hidden: true }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setIssuedAt(1).encrypt(new Uint8Array(32).fill(7));
  const compact = await new CompactEncrypt(new TextEncoder().encode('payload ü')).setProtectedHeader({ alg: 'A128KW', enc: 'A128CBC-HS256' }).encrypt(new Uint8Array(16).fill(1));
  return {
    hs: await sign('HS256', secret),
    ed,
    es: (await jwtVerify(es, await importJWK(jwks.keys[1], 'ES256'))).payload,
    edVerified: (await jwtVerify(ed, await importJWK(jwks.keys[2]), { issuer: 'i', audience: 'b', requiredClaims: ['role'] })).protectedHeader,
    sealed: (await jwtDecrypt(sealed, new Uint8Array(32).fill(7))).payload,
    wrongKey: await attempt(() => jwtDecrypt(sealed, new Uint8Array(32).fill(8))),
    compact: new TextDecoder().decode((await compactDecrypt(compact, new Uint8Array(16).fill(1))).plaintext),
    unsecured: new UnsecuredJWT({ a: 1 }).setIssuer('x').encode(),
    thumbprint: await calculateJwkThumbprint(jwks.keys[0]),
    spki: await exportSPKI(await importJWK(jwks.keys[1], 'ES256')),
    jwk: await exportJWK(await importSPKI(rsaPublic, 'RS256')),
    failures: await Promise.all([() => sign('XS256', secret), () => importPKCS8('nothing', 'ES256'), () => importJWK({ kty: 'EC' }), () => importJWK({}), () => sign('ES256', secret), () => sign('RS256', secret)].map(attempt)),
  };
}

export async function handler(event) {
  const { request } = event.Records[0].cf;
  if (!request.headers.authorization) return issued();
  const token = request.headers.authorization[0].value.replace(/^Bearer /, '');
  const options = { issuer: 'https://auth.example.com', audience: 'edge' };
  const outcome = {
    set: await attempt(async () => (await jwtVerify(token, keys, options)).payload),
    secret: await attempt(async () => (await jwtVerify(token, secret, { algorithms: ['HS256'] })).protectedHeader),
    header: await attempt(() => decodeProtectedHeader(token)),
    claims: await attempt(() => decodeJwt(token)),
    lenient: await attempt(async () => (await jwtVerify(token, keys, { currentDate: new Date(1700000100000), clockTolerance: '1 minute', maxTokenAge: '1h' })).payload.sub),
  };
  if (outcome.set.code && outcome.secret.code) console.log('refused', outcome.set.code, outcome.secret.code);
  return outcome;
}
