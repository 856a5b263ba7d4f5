// What edge functions do with buffers: basic credentials, bodies, tokens, hashes of parts.
exports.handler = async (event) => {
  const { headers, body } = event.Records[0].cf.request;
  const [, credentials] = headers.authorization[0].value.split(' ');
  const [user, password] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  const form = require('querystring').parse(Buffer.from(body.data, 'base64').toString());
  const [head, claims] = event.token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  const chunks = [];
  for (const text of ['<html>', 'ü', '</html>']) chunks.push(Buffer.from(text));
  const page = Buffer.concat(chunks);
  return {
    user, password, form, head, claims, length: page.length, data: page.toString('base64'),
    size: Buffer.byteLength(JSON.stringify(form)), signature: Buffer.from(event.token.split('.')[2], 'base64').toString('hex'),
  };
};
