const texts = ['', 'a', 'héllo', '€uro', '😀 smile', '\ud800x', 'x\udc00', 'ÿþ', '\u0000\u0001', 'Ā'];
const encodings = ['utf8', 'UTF-8', 'ucs2', 'utf16le', 'latin1', 'binary', 'ascii', 'hex', 'base64', 'base64url'];
const odd = ['YWJj', 'YW Jj', 'YW*Jj', 'YWI=Yw==', 'YW=', 'Y', 'YQ==YQ==', 'Y=Q', 'YW-_', 'YW+/', '=YWJj',
  'YWJj====', 'YWJ\u0159j', 'abc=de', 'abcde', 'abcdefg', '  ', '*a*b*c', 'YWJj\nZGVm', 'zz', 'abxc', 'aabbc', 'ab\u0161c'];

exports.handler = async () => ({
  encoded: texts.map((text) => encodings.map((name) => Buffer.from(text, name).toString('hex'))),
  sizes: texts.concat(odd).map((text) => encodings.map((name) => Buffer.byteLength(text, name))),
  odd: odd.map((text) => ['base64', 'base64url', 'hex'].map((name) => [
    Buffer.from(text, name).toString('hex'), Buffer.alloc(8).write(text, name)])),
  decoded: [[], [65], [195, 169], [195], [240, 159, 152, 128], [240, 159], [255, 254, 0], [0xed, 0xa0, 0x80], [0xc0, 0x80]]
    .map((bytes) => encodings.map((name) => Buffer.from(bytes).toString(name))),
  known: ['utf8', 'UTF-8', 'Ucs-2', 'utf-16le', 'BASE64URL', '', 'utf7', 1, null, undefined].map((name) => Buffer.isEncoding(name)),
  slices: ['utf8Slice', 'latin1Slice', 'hexSlice', 'base64Slice', 'asciiSlice', 'ucs2Slice'].map((name) => Buffer.from('abcdef')[name](1, 4)),
  bigBase64: Buffer.alloc(1000, 'xyz').toString('base64').length,
  round: Buffer.from(Buffer.from('ü'.repeat(50)).toString('base64url'), 'base64url').toString(),
});
