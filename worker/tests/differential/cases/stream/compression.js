// Streams of the web that compress.
const list = async (stream) => { const all = []; for await (const chunk of stream) all.push(chunk); return Buffer.concat(all); };
const source = (text) => new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode(text)); c.close(); } });
exports.handler = async () => {
  const out = [];
  for (const format of ['gzip', 'deflate', 'deflate-raw']) {
    const small = await list(source('hello '.repeat(100)).pipeThrough(new CompressionStream(format)));
    const back = await list(new ReadableStream({ start(c) { c.enqueue(small); c.close(); } }).pipeThrough(new DecompressionStream(format)));
    out.push(format, small.length < 100, back.toString() === 'hello '.repeat(100));
  }
  out.push((await list(source('zipped').pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')))).toString());
  try { new CompressionStream('br'); } catch (error) { out.push([error.name, error.code]); }
  const text = source('h\u00e9').pipeThrough(new TextDecoderStream());
  for await (const part of text) out.push(part);
  const bytes = new ReadableStream({ start(c) { c.enqueue('\u20ac'); c.close(); } }).pipeThrough(new TextEncoderStream());
  out.push([...(await list(bytes))]);
  return out;
};
