// A gate that lets bearers of a valid token through, as most authorizers at the edge do.
const crypto = require('crypto');
const jwt = require('jsonwebtoken');

const rsa = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAszWA8RyAc5oCrGsevW+B
1DeLuRcCDgDOWM+Z71qaCeyFyRUcJcM+nMy//c4t13gTw4gaQxY/PG3q39WFfrDi
F64JHUTY+T775My/2jstg3tyLwiWAUQaJ+eYw/llhs3FNIaanxbbRHFEMktlE8xH
hvBFV6HF+z1JkRo5AtaRr4wHuMLp/NBMgqMQ5UYJ7HJrUQiWcBBQO3+6QCugKB4Y
oP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK+DcJTTRi013IA6lVmFviuwVd/YHvM
hxv1ib2MVAGhm6BqYP+mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1H
fwIDAQAB
-----END PUBLIC KEY-----`;
const ec = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+vsRHReG5xO+34UET4kcASUFWvvz
24M9NXvkyIqUei0NfUOlkKhXsXuvxxMAbMM5MSIlD+p5gEE7Xi+kMy3sMw==
-----END PUBLIC KEY-----`;
const ecPrivate = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUZO92LQPvlfV0dyO
RDuwmwIcots1xLg/qM3fkVD7ZTKhRANCAAT6+xEdF4bnE77fhQRPiRwBJQVa+/Pb
gz01e+TIipR6LQ19Q6WQqFexe6/HEwBswzkxIiUP6nmAQTteL6QzLewz
-----END PRIVATE KEY-----`;

const checks = [[rsa, { algorithms: ['RS256'], issuer: 'https://auth.example.com', audience: /^edge$/ }], [ec, { algorithms: ['ES256'], issuer: ['https://auth.example.com'] }], ['shared-secret', { algorithms: ['HS256', 'HS384'], complete: true, subject: 'user-7' }], [rsa, {}], ['', {}], [rsa, { algorithms: ['RS256'], ignoreExpiration: true, clockTimestamp: 1700000100, maxAge: '50s' }]];

function told(error) {
  return { name: error.name, message: error.message, expiredAt: error.expiredAt, date: error.date, kind: error instanceof jwt.JsonWebTokenError, logged: String(error) };
}

exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  if (!request.headers.authorization) {
    // No token: what the issuer would do.
    const claims = { role: 'editor', iat: 1700000000 };
    const options = { expiresIn: '2h', notBefore: 60, audience: ['a', 'b'], issuer: 'i', subject: 's', jwtid: 'j', keyid: 'k' };
    const signed = { hs: jwt.sign(claims, 'shared-secret', options), rich: jwt.sign({ ...claims, text: 'ü' }, Buffer.from('key'), { algorithm: 'HS512', header: { cty: 'x' } }), text: jwt.sign('plain', 'k'), none: jwt.sign({ iat: 1 }, '', { algorithm: 'none' }) };
    const es = jwt.sign(claims, ecPrivate, { algorithm: 'ES256', noTimestamp: true });
    const failures = [[{ exp: 'x' }, 'k'], [claims, ''], [claims, 'k', { algorithm: 'RS256' }], [claims, 'k', { expiresIn: 'often' }], ['text', 'k', { expiresIn: 1 }], [claims, ecPrivate, { algorithm: 'ES384' }], [undefined, 'k'], [claims, 'k', { algorithm: 'XX' }], [{ ...claims, exp: 1 }, 'k', { expiresIn: 1 }], [claims, crypto.createPublicKey(rsa), { algorithm: 'RS256' }]].map((args) => {
      try {
        return jwt.sign(...args);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    });
    return { signed, es: jwt.verify(es, ec), esParts: es.split('.').slice(0, 2), failures, decoded: jwt.decode(signed.hs, { complete: true }), later: await new Promise((resolve) => jwt.sign(claims, 'k', (error, token) => resolve([error, token]))) };
  }
  const token = request.headers.authorization[0].value.slice('Bearer '.length);
  const results = checks.map(([key, options]) => {
    try {
      return jwt.verify(token, key, options);
    } catch (error) {
      return told(error);
    }
  });
  results.push(await new Promise((resolve) => jwt.verify(token, (header, callback) => callback(header.kid === 'rsa-1' ? null : new Error(`no key ${header.kid}`), rsa), { algorithms: ['RS256'] }, (error, claims) => resolve(error ? told(error) : claims))));
  if (results.every((result) => result.logged)) return { status: '401', body: JSON.stringify(results), decoded: jwt.decode(token) };
  return { request: { uri: request.uri }, results };
};
