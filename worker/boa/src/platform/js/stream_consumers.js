// Reads a whole stream as one value.
async function collect(stream) {
  const { Buffer } = require('buffer');
  const chunks = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks.map((chunk) => (chunk instanceof Uint8Array ? chunk : Buffer.from(chunk))));
}
async function arrayBuffer(stream) {
  const bytes = await collect(stream);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
async function blob(stream) {
  const { Blob } = require('buffer');
  return new Blob([await collect(stream)]);
}
async function text(stream) {
  return new TextDecoder().decode(await collect(stream));
}
async function json(stream) {
  return JSON.parse(await text(stream));
}
module.exports = { arrayBuffer, blob, buffer: collect, text, json };
