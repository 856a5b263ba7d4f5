// Sign-in with a user pool: redirects, cookies, the exchange of a code, refreshed and revoked tokens.
const { Authenticator } = require('cognito-at-edge');
const axios = require('axios');

const pool = { region: 'eu-west-1', userPoolId: 'eu-west-1_aBcDeFgHi', userPoolAppId: '4abcdefgh1234567890client', userPoolAppSecret: 's3cret', userPoolDomain: 'login.example.com' };
const plain = new Authenticator({ ...pool, cookieExpirationDays: 1, httpOnly: true, sameSite: 'Lax', cookiePath: '/', logoutConfiguration: { logoutUri: '/logout', logoutRedirectUri: '/bye' } });
const guarded = new Authenticator({ ...pool, disableCookieDomain: true, csrfProtection: { nonceSigningSecret: 'nonce-secret' }, parseAuthPath: '/_auth' });
for (const authenticator of [plain, guarded]) authenticator._jwtVerifier.cacheJwks({'keys': [{'kty': 'RSA', 'n': 'szWA8RyAc5oCrGsevW-B1DeLuRcCDgDOWM-Z71qaCeyFyRUcJcM-nMy__c4t13gTw4gaQxY_PG3q39WFfrDiF64JHUTY-T775My_2jstg3tyLwiWAUQaJ-eYw_llhs3FNIaanxbbRHFEMktlE8xHhvBFV6HF-z1JkRo5AtaRr4wHuMLp_NBMgqMQ5UYJ7HJrUQiWcBBQO3-6QCugKB4YoP1B9cuLABoVmc1bZpbNUAzVIuAf8c3oYBK-DcJTTRi013IA6lVmFviuwVd_YHvMhxv1ib2MVAGhm6BqYP-mCt66T8vr5wwHcuhTmMIpy6DF5qWufTHJZngbmg9M9b1Hfw', 'e': 'AQAB', 'kid': 'rsa-1', 'use': 'sig', 'alg': 'RS256'}, {'kty': 'EC', 'x': '-vsRHReG5xO-34UET4kcASUFWvvz24M9NXvkyIqUei0', 'y': 'DX1DpZCoV7F7r8cTAGzDOTEiJQ_qeYBBO14vpDMt7DM', 'crv': 'P-256', 'kid': 'ec-1', 'use': 'sig', 'alg': 'ES256'}]});

const problems = [undefined, {}, { ...pool, region: 1 }, { ...pool, cookieExpirationDays: '1' }, { ...pool, sameSite: 'lax' }].map((params) => {
  try {
    new Authenticator(params);
    return null;
  } catch (error) {
    return error.message;
  }
});

// Dates and nonces differ from one run to the next.
function steady(answer) {
  return JSON.parse(JSON.stringify(answer).replace(/TypeError: [^"]*/, 'TypeError in words of the engine').replace(/(Expires=)[^;"]*/g, '$1date').replace(/(nonceHmac|nonce|pkce|state|code_challenge)=[^;&"]*/g, '$1=*'));
}

exports.handler = async (event) => {
  let sent;
  axios.interceptors.request.clear();
  axios.interceptors.request.use((config) => {
    sent = { url: config.url, data: config.data, authorization: config.headers.Authorization };
    config.url = event.origin + new URL(config.url).pathname;
    return config;
  });
  const { request } = event.Records[0].cf;
  const answers = [];
  for (const work of [() => plain.handle(structuredClone(event)), () => guarded.handle(structuredClone(event)), () => guarded.handleSignIn(structuredClone(event)), () => guarded.handleParseAuth(structuredClone(event)), () => plain.handleSignOut(structuredClone(event))]) {
    sent = undefined;
    try {
      answers.push({ answer: steady(await work()), sent });
    } catch (error) {
      answers.push({ name: error.name, message: error.message.replace(/^Cannot.*|^cannot.*/, 'words of the engine'), code: error.code, status: error.response?.status, sent });
    }
  }
  return { uri: request.uri, answers, problems };
};
