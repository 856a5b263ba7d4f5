'use strict';

// Viewer-request: looks for a token in the Authorization header or in the cookie "token".
// A valid one becomes the header X-User for the origin; without one the answer is 401.
//
// A fixed list keeps the example short. A real function would check a signature here.

const USERS = new Map([
  ['demo-token-alice', 'alice'],
  ['demo-token-bob', 'bob'],
]);

exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  const user = USERS.get(tokenOf(request.headers));
  if (!user) {
    return unauthorized();
  }
  // Replaces whatever a viewer sent under this name; the token itself goes no further.
  request.headers['x-user'] = [{ key: 'X-User', value: user }];
  delete request.headers.authorization;
  return request;
};

function tokenOf(headers) {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ? headers.authorization[0].value : '');
  if (bearer) return bearer[1];
  for (const { value } of headers.cookie || []) {
    const found = /(?:^|;\s*)token=([^;\s]+)/.exec(value);
    if (found) return found[1];
  }
  return undefined;
}

function unauthorized() {
  return {
    status: '401',
    statusDescription: 'Unauthorized',
    headers: {
      'www-authenticate': [{ key: 'WWW-Authenticate', value: 'Bearer' }],
      'content-type': [{ key: 'Content-Type', value: 'text/plain' }],
    },
    body: 'a valid token, please\n',
  };
}
