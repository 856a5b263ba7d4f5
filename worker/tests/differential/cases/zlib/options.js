const zlib = require('zlib');
const all = (stream) => new Promise((resolve, reject) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(chunks)).on('error', reject);
});
exports.handler = async () => {
  const out = {};
  const info = zlib.deflateSync('abc', { info: true });
  out.info = [Object.keys(info), info.engine.constructor.name, zlib.inflateSync(info.buffer).toString()];
  const chunks = await all(zlib.createInflate({ chunkSize: 64 }).end(zlib.deflateSync('x'.repeat(300))));
  out.chunks = chunks.map((chunk) => chunk.length);
  out.empty = (await all(zlib.createGunzip().end(zlib.gzipSync('')))).length;
  const closed = zlib.createGzip();
  out.closed = await new Promise((resolve) => closed.close(() => resolve([closed.destroyed, closed._closed])));
  const stream = zlib.createDeflate({ level: 1 });
  stream.on('error', () => {});
  out.write = [stream.write('a'), stream.bytesWritten];
  stream.destroy();
  out.cut = await all(zlib.createGunzip().end(zlib.gzipSync('hello').subarray(0, 15))).catch((error) => [error.message, error.code]);
  out.garbage = zlib.inflateSync(Buffer.concat([zlib.deflateSync('a'), Buffer.from('garbage')])).toString();
  out.unzipped = (await all(zlib.createUnzip().end(zlib.deflateSync('u')))).toString();
  out.limited = await new Promise((resolve) => zlib.gunzip(zlib.gzipSync(Buffer.alloc(100)), { maxOutputLength: 50 }, (error) => resolve([error.name, error.code, error.message])));
  out.iterated = await (async () => { let text = ''; for await (const chunk of zlib.createGunzip().end(zlib.gzipSync('iterate'))) text += chunk; return text; })();
  return out;
};
