// Passwords before a site under construction.
const auth = require('basic-auth');
const { createHash, timingSafeEqual } = require('crypto');

const users = { staff: 'e5d3a4e6a1d4c1f0f6a7a0bd0a4b7a2e0bf0f4d7a1a0f0a4c4f0d1b2a3c4d5e6', ann: createHash('sha256').update('p:ü').digest('hex') };

exports.handler = (event, context, callback) => {
  const { request } = event.Records[0].cf;
  const given = request.headers.authorization && auth.parse(request.headers.authorization[0].value);
  const known = given && users[given.name];
  const digest = given && createHash('sha256').update(given.pass).digest();
  if (known && timingSafeEqual(Buffer.from(known, 'hex'), digest)) return callback(null, request);
  let thrown = null;
  try {
    auth(event.bare);
  } catch (error) {
    thrown = `${error.name}: ${error.message}`;
  }
  return callback(null, { status: '401', headers: { 'www-authenticate': [{ key: 'WWW-Authenticate', value: 'Basic realm="x"' }] }, given, thrown });
};
