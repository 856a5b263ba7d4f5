'use strict';
// A password for a staging site.
const { timingSafeEqual } = require('crypto');
const users = new Map(Object.entries({ user: 'pass' }));
const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

exports.handler = (event, context, callback) => {
  const request = event.Records[0].cf.request;
  const headers = request.headers;
  const wanted = 'Basic ' + Buffer.from('user:pass').toString('base64');
  const given = typeof headers.authorization == 'undefined' ? '' : headers.authorization[0].value;
  let name = null;
  try {
    const [scheme, credentials] = given.split(' ');
    if (scheme.toLowerCase() === 'basic') {
      const text = Buffer.from(credentials, 'base64').toString('utf-8');
      const binary = atob(credentials);
      [name] = text.split(':');
      console.log(name, binary.length, text.length, [...text].slice(-2));
    }
  } catch (error) {
    console.log(error.name, error.message, error.code, error instanceof DOMException);
  }
  if (given !== wanted && !(users.has(name) && same(given.toLowerCase(), wanted.toLowerCase()))) {
    callback(null, {
      status: '401', statusDescription: 'Unauthorized', body: 'Unauthorized',
      headers: { 'www-authenticate': [{ key: 'WWW-Authenticate', value: 'Basic realm="staging", charset="UTF-8"' }] },
    });
    return;
  }
  delete headers.authorization;
  callback(null, request);
};
