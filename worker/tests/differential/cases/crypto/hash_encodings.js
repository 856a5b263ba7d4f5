const crypto = require('crypto');
exports.handler = async () => {
  const of = (encoding) => crypto.createHash('sha256').update('grüße 😀').digest(encoding);
  return ['hex', 'base64', 'base64url', 'latin1', 'binary', 'HEX', 'ucs2', 'foo'].map((name) => [name, typeof of(name) === 'string' ? Array.from(of(name), (c) => c.charCodeAt(0)) : of(name).toString('hex')])
    .concat([of().toString('hex'), Buffer.isBuffer(of()), Buffer.isBuffer(of('buffer')), of().length,
      crypto.createHash('md5').update('616263', 'hex').digest('hex'), crypto.createHash('md5').update('YWJj', 'base64').digest('hex'),
      crypto.createHash('md5').update('é', 'latin1').digest('hex'), crypto.createHash('md5').update('\ud800x').digest('hex'),
      crypto.createHash('md5').update(new Uint16Array([1, 2])).digest('hex'), crypto.createHash('md5').update(new DataView(new ArrayBuffer(3))).digest('hex')]);
};
