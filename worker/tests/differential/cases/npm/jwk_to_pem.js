// The keys of an issuer made into PEM when they are first needed, then `jsonwebtoken` with the key that the token names.
const jwkToPem = require('jwk-to-pem');
const jwt = require('jsonwebtoken');

const jwks = {'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}, {'crv': 'Ed25519', 'x': 'wIAvXoxYqEu_G09M4cDR01-9n1Yu1DuffrchUl7InhE', 'kty': 'OKP', 'kid': 'ed-1', 'use': 'sig', 'alg': 'EdDSA'}]};
const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const pems = {};

function pemOf(kid) {
  const key = jwks.keys.find((known) => known.kid === kid && known.kty !== 'OKP');
  if (key) pems[kid] ??= jwkToPem(key);
  return pems[kid];
}

exports.handler = (event, context, callback) => {
  const { request } = event.Records[0].cf;
  const refuse = (reason) => callback(null, { status: '401', statusDescription: 'Unauthorized', body: reason });
  if (!request.headers.authorization) {
    const failures = [jwks.keys[2], {}, { kty: 'RSA' }, { kty: 'EC', crv: 'P-9', x: 'AA', y: 'AA' }].map((key) => attempt(() => jwkToPem(key)));
    callback(null, { rsa: pemOf('rsa-1'), failures });
    return;
  }
  const token = request.headers.authorization[0].value.split(' ')[1];
  const decoded = attempt(() => jwt.decode(token, { complete: true }));
  if (!decoded || !decoded.header) return refuse(`not a token: ${decoded}`);
  const pem = pemOf(decoded.header.kid);
  if (!pem) return refuse(`no key ${decoded.header.kid}`);
  jwt.verify(token, pem, { issuer: 'https://auth.example.com' }, (error, payload) => {
    if (error) return refuse(`${error.name}: ${error.message}`);
    delete request.headers.authorization;
    request.headers['x-user'] = [{ key: 'X-User', value: payload.sub }];
    return callback(null, request);
  });
};
