const fs = require('fs');
const all = (stream) => new Promise((resolve, reject) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(String(chunk))).on('end', () => resolve(chunks)).on('error', reject);
});
exports.handler = async () => {
  const out = {};
  const writer = fs.createWriteStream('/tmp/stream.txt');
  writer.write('hello ');
  writer.end('world');
  await new Promise((resolve) => writer.on('close', resolve));
  out.written = [writer.bytesWritten, writer.path];
  out.read = await all(fs.createReadStream('/tmp/stream.txt', { encoding: 'utf8' }));
  out.range = await all(fs.createReadStream('/tmp/stream.txt', { start: 2, end: 6, highWaterMark: 2 }));
  out.error = await all(fs.createReadStream('/tmp/none.txt')).catch((error) => [error.message, error.code]);
  const appending = fs.createWriteStream('/tmp/stream.txt', { flags: 'a' });
  await new Promise((resolve) => appending.end('!', resolve));
  out.appended = fs.readFileSync('/tmp/stream.txt', 'utf8');
  return out;
};
