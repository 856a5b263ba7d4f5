// Tokens of any issuer, RSA, ECDSA and Ed25519.
const { JwtVerifier } = require('aws-jwt-verify');
const { SimpleJwksCache } = require('aws-jwt-verify/jwk');
const { assertStringArraysOverlap } = require('aws-jwt-verify/assert');

const jwks = {'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}, {'crv': 'Ed25519', 'x': 'wIAvXoxYqEu_G09M4cDR01-9n1Yu1DuffrchUl7InhE', 'kty': 'OKP', 'kid': 'ed-1', 'use': 'sig', 'alg': 'EdDSA'}]};
let fetches = 0;
const fetcher = { fetch: async (uri) => {
  fetches += 1;
  if (!uri.endsWith('/keys.json')) throw new Error(`no ${uri}`);
  return new TextEncoder().encode(JSON.stringify(jwks)).buffer;
} };
const verifier = JwtVerifier.create({ issuer: 'https://auth.example.com', audience: ['edge'], jwksUri: 'https://auth.example.com/keys.json' }, { jwksCache: new SimpleJwksCache({ fetcher }) });

exports.handler = async (event) => {
  const token = event.Records[0].cf.request.headers.authorization?.[0].value.slice(7);
  try {
    const payload = await verifier.verify(token, { customJwtCheck: ({ payload: claims }) => assertStringArraysOverlap('Scope', claims.scope.split(' '), ['write']) });
    return { payload, fetches };
  } catch (error) {
    return { name: error.name, message: error.message, raw: error.rawJwt && error.rawJwt.payload.sub, fetches };
  }
};
