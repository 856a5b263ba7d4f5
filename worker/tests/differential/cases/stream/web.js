const { Readable } = require('stream');
const consumers = require('stream/consumers');
exports.handler = async () => {
  const out = [];
  const s = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
  const reader = s.getReader(); out.push(s.locked, await reader.read(), await reader.read(), await reader.read()); await reader.closed;
  const made = []; await ReadableStream.from([1, 2, 3]).pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x * 10); }, flush(c) { c.enqueue('end'); } })).pipeTo(new WritableStream({ write(x) { made.push(x); }, close() { made.push('closed'); } })); out.push(made);
  const [a, b] = ReadableStream.from(['t', 'u']).tee(); const list = async (x) => { const l = []; for await (const v of x) l.push(v); return l; }; out.push(await Promise.all([list(a), list(b)]));
  const failed = new ReadableStream({ pull(c) { c.error(new Error('pull')); } }); out.push(await failed.getReader().read().catch((e) => e.message));
  out.push(await consumers.text(Readable.from(['x', 'y'])), await consumers.json(Readable.from(['{"a":', '1}'])), (await consumers.buffer(Readable.from([Buffer.from('q')]))).toString());
  const node = Readable.fromWeb(ReadableStream.from(['n', 'o'])); const parts = []; for await (const c of node) parts.push(String(c)); out.push(parts);
  for (const f of [() => new ReadableStream(5), () => s.getReader({ mode: 'x' }), () => new WritableStream({ type: 'x' })]) { try { f(); out.push('ok'); } catch (e) { out.push([e.name, e.code]); } }
  const c = []; const st = new ReadableStream({ cancel(r) { c.push(r); } }); await st.cancel('why'); out.push(c, Object.keys(require('stream/web')));
  const wr = new WritableStream({ write() { throw new Error('sink'); } }).getWriter(); out.push(await wr.write(1).catch((e) => e.message), await wr.closed.catch((e) => e.message));
  return out;
};
