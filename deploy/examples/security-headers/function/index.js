'use strict';

// Origin-response: runs once per cached object, for every status; hits carry the headers too.

const HEADERS = {
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains; preload',
  'Content-Security-Policy': "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
};

exports.handler = (event, context, callback) => {
  const response = event.Records[0].cf.response;
  for (const [key, value] of Object.entries(HEADERS)) {
    response.headers[key.toLowerCase()] = [{ key, value }];
  }
  delete response.headers['x-powered-by'];
  callback(null, response);
};
