// Key stores, signatures and encryption of node-jose.
const jose = require('node-jose');

const jwks = {'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}, {'crv': 'Ed25519', 'x': 'wIAvXoxYqEu_G09M4cDR01-9n1Yu1DuffrchUl7InhE', 'kty': 'OKP', 'kid': 'ed-1', 'use': 'sig', 'alg': 'EdDSA'}]};
jwks.keys.pop();
const rsaPrivate = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCzNYDxHIBzmgKs
ax69b4HUN4u5FwIOAM5Yz5nvWpoJ7IXJFRwlwz6czL/9zi3XeBPDiBpDFj88berf
1YV+sOIXrgkdRNj5PvvkzL/aOy2De3IvCJYBRBon55jD+WWGzcU0hpqfFttEcUQy
S2UTzEeG8EVXocX7PUmRGjkC1pGvjAe4wun80EyCoxDlRgnscmtRCJZwEFA7f7pA
K6AoHhig/UH1y4sAGhWZzVtmls1QDNUi4B/xzehgEr4NwlNNGLTXcgDqVWYW+K7B
V39ge8yHG/WJvYxUAaGboGpg/6YK3rpPy+vnDAdy6FOYwinLoMXmpa59MclmeBua
D0z1vUd/AgMBAAECggEAG8i3HaqePPirDXGWKdHjPl8A6fNSkuU2bg0m/+BQyCpu
xjGK/vfO+fRsl7xNiH3KDU3z9GQQmHKE2wB5r/NbOkdLNnR5ceXSm93P/ipKm3tE
xVypamIqmUvjeA7EhNUw4TyKixEPca8LNFj9ah0JFzdNKOb15kZ8Og48ud9BEFwn
s9h/GJSaLCLOpcW8K/8CvP6kglUT28cgFF+QR+RYGJy9WZkoKdT8KJkrTGv65eGr
SJBqBqlWhLQmVVe4xCt/mhTFgk/7uH1UVXD28opRrkvC7SP6ZaIIFeHIqpmlLjfa
GI6TSwpV1/CzXfmWI7nOqCuXhZl5CD+6MLpjLlHYwQKBgQDWRFr/4LZ4GMFUwdls
ifO8FzZZ/5XXvVZHeGFOxfTA0TVBZLNV2r03kg2VOtJqZjfyDnyoyidCROe4MZp8
hvYrd9ZmqTOua8BxRbvQC8ZkvkBupzKu78BaNOCGzw0FyaG69kIVBQnp5TB/nGLj
r20hlZSBxQ1DcylcxzZhvsQKcQKBgQDWHRuiIAn4rRPwBp/7FYTY4bzVKjYE15R/
eYJpP6UnCxHXhhAmsU0yNaNbRQfo6/eghlzIQZ44gYcX9oInEL1Xdscqvyu+iyln
lvzgz1f+Kuob+/MzjVzdyQfqpg/+COjN0o8q8ZaX+n9Ka3nLCmG0sbFbUTQg24Vf
04V9zKQI7wKBgQCZd0QmWXDX/AMdDesIzpYAdi+7rlBIwZf2gMZRgX+YSz/1oobA
S3eTQczwwbzL8ILJoI6w5nnQAUJmr0CTSKcw4xhxV2do2kxv1R58GLL0nT/RAXhP
y/Ddq1nVtJ8DMjPgkVkrbPx4xmtCO2So55EmqNhBSj4BvY42oYjV4ajQQQKBgFBx
Eyav/s8Mx4bQFl7Q0N5iwP0dJLpg/AuAbTx5iuTGRefBGGRRDH2mpT7vCm+554jJ
siYScQ0trMGV/YQLx/cKSv2GYTrvMZkXot4bSCXXnajx2YcuvwscMfs4dJ2uXzik
uOEbbsaeeCBPjKx5tAedEtMKCRmnH87Gu0puDdrFAoGAfzY5JlyEgXw3j/0k1Wjp
82xGn2wbfH+3cAl0NGG6v29nUM25hr+N88e6Ez1meL+MxNcsulnCJAoLl8DCFqSr
PqDVF01NMPOXPwHYxyo8uQzDHNJo9qLjLDi4ciKXAq73fSqjdXFX71XRub9EhU2N
xaWxR+8QyqGOhQsElWAj9e8=
-----END PRIVATE KEY-----`;
const stores = jose.JWK.asKeyStore(jwks);

exports.handler = async (event) => {
  const store = await stores;
  const { authorization } = event.Records[0].cf.request.headers;
  if (!authorization) {
    const key = await jose.JWK.asKey(rsaPrivate, 'pem');
    const secret = await jose.JWK.asKey({ kty: 'oct', k: jose.util.base64url.encode('0123456789abcdef0123456789abcdef'), kid: 'o' });
    const signed = await jose.JWS.createSign({ format: 'compact', alg: 'RS256', fields: { typ: 'JWT' } }, key).update('{"a":1}').final();
    const hs = await jose.JWS.createSign({ format: 'flattened', alg: 'HS256' }, secret).update('text').final();
    const sealed = await jose.JWE.createEncrypt({ format: 'compact', contentAlg: 'A256GCM', fields: { alg: 'dir' } }, secret).update('hidden ü').final();
    const opened = await jose.JWE.createDecrypt(secret).decrypt(sealed);
    const thumbprint = await key.thumbprint('SHA-256');
    return { signed, hs, opened: opened.payload.toString(), thumbprint: jose.util.base64url.encode(thumbprint), store: store.toJSON(), kid: key.kid === jose.util.base64url.encode(thumbprint), pem: key.toPEM(), kinds: [key.kty, secret.kty, key.length, secret.algorithms('sign')] };
  }
  try {
    const verified = await jose.JWS.createVerify(store).verify(authorization[0].value.slice(7));
    const claims = JSON.parse(verified.payload);
    if (claims.exp < 1800000000) throw new Error('Token is expired');
    return { claims, header: verified.header, kid: verified.key.kid, protected: verified.protected };
  } catch (error) {
    return { status: '401', body: `${error.name}: ${error.message}` };
  }
};
