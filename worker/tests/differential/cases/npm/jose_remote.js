// A key set that is fetched once from the issuer and kept between events.
const { createRemoteJWKSet, jwtVerify, errors } = require('jose');

let keys;

exports.handler = async (event) => {
  const options = { cooldownDuration: 60000, timeoutDuration: 5000 };
  if (event.path) keys = createRemoteJWKSet(new URL(event.path, event.origin), options);
  try {
    const { payload, protectedHeader } = await jwtVerify(event.token, keys, { issuer: 'https://auth.example.com' });
    return { payload, protectedHeader, fresh: keys.fresh, kept: keys.jwks().keys.length };
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message, known: error instanceof errors.JOSEError, kept: keys.jwks() && keys.jwks().keys.length };
  }
};
