// An origin request signed for S3, as functions do that front a private bucket. The engine words its errors.
const { Sha256 } = require('@aws-crypto/sha256-js');
const { SignatureV4 } = require('@smithy/signature-v4');

const signer = new SignatureV4({ service: 's3', region: 'eu-west-1', sha256: Sha256, applyChecksum: true, uriEscapePath: false, credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'session' }) });

exports.handler = async ({ Records: [{ cf: { request } }], presign, body }) => {
  const hostname = request.headers.host[0].value;
  const query = Object.fromEntries(new URLSearchParams(request.querystring));
  const toSign = { method: request.method, protocol: 'https:', hostname, path: request.uri, query, headers: { host: hostname, 'x-extra': '  a   b ' }, body };
  const signingDate = new Date('2024-01-02T03:04:05Z');
  if (presign) return (await signer.presign(toSign, { signingDate, expiresIn: presign })).query;
  const signed = await signer.sign(toSign, { signingDate, unsignableHeaders: new Set(['x-extra']) });
  for (const [name, value] of Object.entries(signed.headers)) request.headers[name.toLowerCase()] = [{ key: name, value }];
  return request;
};
