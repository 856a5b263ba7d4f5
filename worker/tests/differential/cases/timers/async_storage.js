const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
exports.handler = async () => {
  const als = new AsyncLocalStorage();
  const other = new AsyncLocalStorage();
  const out = [als.getStore()];
  await als.run({ id: 1 }, async () => {
    out.push(als.getStore().id);
    await null;
    out.push(als.getStore().id);
    await new Promise((r) => setTimeout(r, 1));
    out.push(als.getStore().id);
    await Promise.all([2, 3].map((id) => als.run({ id }, async () => { await new Promise((r) => setImmediate(r)); out.push(als.getStore().id); await other.run('o', async () => { await 1; out.push([als.getStore().id, other.getStore()]); }); })));
    process.nextTick(() => out.push(['tick', als.getStore().id]));
    queueMicrotask(() => out.push(['micro', als.getStore().id]));
    await new Promise((r) => setTimeout(r, 2));
    als.exit(() => out.push(als.getStore()));
    out.push(als.getStore().id);
  });
  out.push(als.getStore());
  const bound = als.run('b', () => AsyncResource.bind(() => als.getStore()));
  const snapshot = als.run('s', () => AsyncLocalStorage.snapshot());
  out.push(bound(), snapshot(() => als.getStore()), als.run('r', () => new AsyncResource('T')).runInAsyncScope(() => als.getStore()));
  try { als.run('t', () => { throw new Error('thrown'); }); } catch { out.push(als.getStore()); }
  const p = als.run('p', () => Promise.resolve().then(() => als.getStore())); out.push(await p);
  const { EventEmitter } = require('events'); const e = new EventEmitter(); als.run('on', () => e.on('x', () => out.push(als.getStore()))); als.run('emit', () => e.emit('x'));
  als.enterWith('entered'); out.push(als.getStore()); await 1; out.push(als.getStore());
  return out.map((x) => (x === undefined ? 'undefined' : x));
};
