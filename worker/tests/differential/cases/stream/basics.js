const { Readable, Writable, Transform, PassThrough, Duplex, pipeline, finished } = require('stream');
const promises = require('stream/promises');
exports.handler = async () => {
  const out = [];
  const r = new Readable({ read() {} }); r.push('a'); r.push('b'); r.push(null);
  const got = []; for await (const c of r) got.push(c.toString()); out.push(got);
  out.push(await Readable.from([1, 2, 3]).map((x) => x * 2).filter((x) => x > 2).toArray());
  const order = [];
  const w = new Writable({ highWaterMark: 3, write(c, e, cb) { order.push(['write', c.toString(), e]); setImmediate(cb); }, final(cb) { order.push('final'); cb(); } });
  for (const n of ['drain', 'finish', 'close', 'prefinish']) w.on(n, () => order.push(n));
  order.push(w.write('ab'), w.write('cd'), w.writableLength, w.writableNeedDrain); w.end('e', () => order.push('end cb'));
  await new Promise((res) => w.on('close', res)); out.push(order, w.destroyed, w.writableFinished);
  const upper = new Transform({ transform(c, e, cb) { cb(null, c.toString().toUpperCase()); }, flush(cb) { this.push('!'); cb(); } });
  const chunks = []; await promises.pipeline(Readable.from(['x', 'y']), upper, async (source) => { for await (const c of source) chunks.push(c.toString()); }); out.push(chunks);
  const failing = new Readable({ read() { this.destroy(new Error('read failed')); } });
  out.push(await promises.pipeline(failing, new PassThrough()).catch((e) => e.message));
  const events = []; const d = new Readable({ read() {} }); for (const n of ['error', 'close', 'end']) d.on(n, (e) => events.push([n, e && e.message])); d.destroy(new Error('gone')); await new Promise((res) => setTimeout(res, 2)); out.push(events, d.destroyed, d.errored.message);
  for (const f of [() => new Readable({ highWaterMark: -1 }), () => Readable.from(5), () => pipeline(r)]) { try { const x = f(); out.push(typeof x); if (x && x.on) x.on('error', () => {}); } catch (e) { out.push([e.name, e.code, e.message]); } }
  w.on('error', (e) => out.push(['late', e.code])); 
  const p = new PassThrough(); p.setEncoding('utf8'); p.write(Buffer.from([0xe2, 0x82])); p.end(Buffer.from([0xac])); let text = ''; p.on('data', (c) => { text += c; }); await promises.finished(p); out.push(text);
  const piped = []; Readable.from(['1', '2']).pipe(new Writable({ objectMode: true, write(c, e, cb) { piped.push(c); cb(); } })).on('finish', () => piped.push('finish')); await new Promise((res) => setTimeout(res, 3)); out.push(piped);
  out.push(Object.keys(require('stream')), new Readable().readableHighWaterMark, new Readable({ objectMode: true }).readableHighWaterMark, new Duplex() instanceof Writable, new Duplex() instanceof Readable);
  return out;
};
