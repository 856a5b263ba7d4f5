// Users of a Cognito pool, with the pool's keys in the function so that nothing is fetched.
const { CognitoJwtVerifier } = require('aws-jwt-verify');
const { JwtExpiredError, JwtInvalidClaimError } = require('aws-jwt-verify/error');

const pool = { userPoolId: 'eu-west-1_aBcDeFgHi', clientId: '4abcdefgh1234567890client' };
const jwks = {'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}]};
const verifiers = {
  id: CognitoJwtVerifier.create({ ...pool, tokenUse: 'id' }),
  access: CognitoJwtVerifier.create({ ...pool, tokenUse: 'access', scope: ['openid', 'admin'] }),
  admins: CognitoJwtVerifier.create({ ...pool, tokenUse: null, clientId: null, groups: 'admins' }),
  checked: CognitoJwtVerifier.create({ ...pool, tokenUse: 'id', customJwtCheck: ({ payload }) => {
    if (!payload.email?.endsWith('@example.org')) throw new Error(`no mail of ours: ${payload.email}`);
  } }),
};
for (const verifier of Object.values(verifiers)) verifier.cacheJwks(jwks);

exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const token = request.headers.authorization?.[0].value.slice(7);
  const results = {};
  for (const [name, verifier] of Object.entries(verifiers)) {
    for (const way of ['verify', 'verifySync']) {
      try {
        results[`${name} ${way}`] = await verifier[way](token);
      } catch (error) {
        const { name: kind, message, failedAssertion } = error;
        results[`${name} ${way}`] = { kind, message, failedAssertion, constructor: error.constructor.name, expired: error instanceof JwtExpiredError, claim: error instanceof JwtInvalidClaimError };
      }
    }
  }
  return results['id verify'].sub ? { request, results } : { status: '403', results };
};
