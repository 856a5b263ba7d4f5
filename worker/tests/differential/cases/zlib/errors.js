const zlib = require('zlib');
const tell = (work) => {
  try {
    return work();
  } catch (error) {
    return [error.name, error.message, error.code, error.errno, Object.keys(error)];
  }
};
exports.handler = async () => [
  tell(() => zlib.gunzipSync(Buffer.from('not gzip'))),
  tell(() => zlib.inflateSync(Buffer.from('not zlib'))),
  tell(() => zlib.inflateRawSync(Buffer.from([7, 1, 2]))),
  tell(() => zlib.gunzipSync(Buffer.alloc(0))),
  tell(() => zlib.gunzipSync(zlib.gzipSync('hello').subarray(0, 12))),
  tell(() => zlib.brotliDecompressSync(Buffer.from([255, 255, 255, 255]))),
  tell(() => zlib.brotliDecompressSync(Buffer.from([]))),
  tell(() => zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(1000)), { maxOutputLength: 10 })),
  tell(() => zlib.gzipSync('a', { level: 99 })),
  tell(() => zlib.gzipSync('a', { level: 'x' })),
  tell(() => zlib.gzipSync('a', { windowBits: 3 })),
  tell(() => zlib.gzipSync('a', { chunkSize: 1 })),
  tell(() => zlib.gzipSync({})),
  tell(() => zlib.gzipSync()),
  tell(() => zlib.gzip('a')),
  tell(() => zlib.brotliCompressSync('a', { params: { 99: 1 } })),
  tell(() => zlib.brotliCompressSync('a', { params: { 1: 'x' } })),
  tell(() => zlib.inflateSync(zlib.deflateSync('hello', { dictionary: Buffer.from('hello') }))),
  tell(() => zlib.crc32(5)),
  tell(() => zlib.deflateSync('a', { dictionary: 5 })),
];
