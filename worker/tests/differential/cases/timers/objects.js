const timers = require('timers');
const promises = require('timers/promises');
exports.handler = async () => {
  const out = [];
  const t = setTimeout(() => out.push('never'), 5);
  out.push(typeof t, t.constructor.name, t.hasRef(), t.unref() === t, t.hasRef(), t.ref().hasRef(), Object.keys(t).includes('_onTimeout'));
  const id = +t; out.push(typeof id, id > 0); clearTimeout(id);
  clearTimeout(undefined); clearTimeout(null); clearTimeout({}); clearTimeout('x'); clearInterval(99999); clearImmediate(null);
  const i = setImmediate((a, b) => out.push(['immediate', a, b]), 1, 2); out.push(i.constructor.name, i.hasRef());
  const gone = setImmediate(() => out.push('cleared?')); clearImmediate(gone);
  await new Promise((r) => setImmediate(r));
  await new Promise((r) => { let n = 0; const v = setInterval((x) => { out.push([x, ++n]); if (n === 3) { clearInterval(v); r(); } }, 1, 'arg'); });
  await new Promise((r) => { const c = setTimeout(() => { out.push('refreshed'); r(); }, 3); setTimeout(() => c.refresh(), 1); });
  for (const f of [() => setTimeout(), () => setInterval('code'), () => setImmediate({}), () => queueMicrotask(1), () => process.nextTick(null)]) { try { f(); } catch (e) { out.push([e.name, e.code, e.message]); } }
  out.push(await promises.setTimeout(1, 'value'), await promises.setImmediate('now'));
  const c = new AbortController(); setTimeout(() => c.abort(), 1);
  out.push(await promises.setTimeout(1000, null, { signal: c.signal }).catch((e) => [e.name, e.code, e.message]));
  const seen = []; for await (const v of promises.setInterval(1, 'tick')) { seen.push(v); if (seen.length === 2) break; } out.push(seen);
  await promises.scheduler.wait(1);
  out.push(Object.keys(timers).sort(), Object.keys(promises), timers.setTimeout === setTimeout, timers.promises === promises);
  setTimeout(() => out.push('unrefd'), 50).unref();
  out.push(await promises.setTimeout(1, 0, 5).catch((e) => e.message));
  return out;
};
