const { StringDecoder } = require('string_decoder');

function pieces(encoding, bytes, size) {
  const decoder = new StringDecoder(encoding);
  const out = [];
  for (let at = 0; at < bytes.length; at += size) {
    out.push(decoder.write(bytes.subarray(at, at + size)), decoder.lastNeed, decoder.lastTotal);
  }
  out.push(decoder.end(), decoder.encoding);
  return out.map((each) => (typeof each === 'string' ? JSON.stringify(each) : each));
}

exports.handler = async () => {
  const bytes = Buffer.from('aé€😀z\u0000');
  const broken = Buffer.from([0xe2, 0x82, 0x41, 0xf0, 0x9f, 0x98, 0xc3, 0xff, 0x80, 0xed, 0xa0, 0x80, 0xe2]);
  const error = (run) => {
    try {
      return run();
    } catch ({ name, code, message }) {
      return [name, code, message];
    }
  };
  return {
    whole: [1, 2, 3].map((size) => pieces('utf8', bytes, size)),
    broken: [1, 2, 3, 5].map((size) => pieces('utf8', broken, size)),
    wide: [1, 2, 3].map((size) => pieces('ucs2', Buffer.from('a😀b', 'ucs2'), size)),
    base64: [1, 2, 4].map((size) => pieces('base64', bytes, size)),
    others: ['hex', 'latin1', 'ascii', 'base64url', 'BINARY', 'utf-16le'].map((name) => pieces(name, bytes, 3)),
    errors: [error(() => new StringDecoder('zz')), error(() => new StringDecoder().write(5)), error(() => new StringDecoder().write('text'))],
    again: (() => {
      const decoder = new StringDecoder('utf8');
      return [decoder.end(Buffer.from([0xe2, 0x82])), decoder.write(Buffer.from('ok')), decoder.end()];
    })(),
  };
};
