const zlib = require('zlib');
const text = 'hello hello hello '.repeat(500);
exports.handler = async () => {
  const out = {};
  for (const [to, from] of [['gzip', 'gunzip'], ['gzip', 'unzip'], ['deflate', 'inflate'], ['deflate', 'unzip'], ['deflateRaw', 'inflateRaw'], ['brotliCompress', 'brotliDecompress']]) {
    const packed = zlib[`${to}Sync`](text);
    out[`${to} ${from}`] = [Buffer.isBuffer(packed), packed.length < text.length, zlib[`${from}Sync`](packed).toString() === text];
  }
  out.known = zlib.gunzipSync(Buffer.from('H4sIAAAAAAACA8tIzcnJVyjPL8pJAQCFEUoNCwAAAA==', 'base64')).toString();
  out.crc = [zlib.crc32('123456789'), zlib.crc32(Buffer.from('56789'), zlib.crc32('1234')), zlib.crc32('')];
  out.views = zlib.gunzipSync(new Uint8Array(zlib.gzipSync(new Uint16Array([1, 2, 3])))).toString('hex');
  out.arrayBuffer = zlib.inflateSync(zlib.deflateSync(new Uint8Array([1, 2, 3]).buffer)).toString('hex');
  out.two = zlib.gunzipSync(Buffer.concat([zlib.gzipSync('a'), zlib.gzipSync('b')])).toString();
  out.padded = zlib.gunzipSync(Buffer.concat([zlib.gzipSync('a'), Buffer.alloc(5)])).toString();
  out.empty = zlib.gunzipSync(zlib.gzipSync('')).length;
  out.level0 = zlib.deflateSync(text, { level: 0 }).length > text.length;
  out.dictionary = zlib.inflateSync(zlib.deflateSync('hello', { dictionary: Buffer.from('hello') }), { dictionary: Buffer.from('hello') }).toString();
  out.partial = zlib.gunzipSync(zlib.gzipSync(text).subarray(0, 40), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).length > 0;
  out.quality = zlib.brotliDecompressSync(zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })).toString() === text;
  return out;
};
