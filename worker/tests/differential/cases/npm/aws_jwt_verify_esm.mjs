import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';

const verifier = CognitoJwtVerifier.create([
  { userPoolId: 'eu-west-1_aBcDeFgHi', clientId: ['4abcdefgh1234567890client'], tokenUse: 'id' },
  { userPoolId: 'us-east-1_other0001', clientId: 'c', tokenUse: 'access' },
]);
verifier.cacheJwks({'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}]}, 'eu-west-1_aBcDeFgHi');

export const handler = async (event) => {
  const token = event.Records[0].cf.request.headers.authorization?.[0].value.slice(7);
  const { header } = decomposeUnverifiedJwt(token ?? '');
  const claims = await verifier.verify(token);
  return { status: '200', header, claims };
};
