const { once, on, EventEmitter } = require('events');
exports.handler = async () => {
  const out = [];
  const e = new EventEmitter();
  setTimeout(() => e.emit('a', 1, 2), 1);
  out.push(await once(e, 'a'));
  setTimeout(() => e.emit('error', new Error('fails')), 1);
  out.push(await once(e, 'a').catch((err) => err.message));
  const c = new AbortController();
  setTimeout(() => c.abort(), 1);
  out.push(await once(e, 'a', { signal: c.signal }).catch((err) => [err.name, err.code, err.message]));
  setTimeout(() => { for (let i = 0; i < 3; i++) e.emit('i', i); }, 1);
  let n = 0;
  for await (const [value] of on(e, 'i')) { out.push(value); if (++n === 3) break; }
  out.push(e.listenerCount('i'), e.listenerCount('error'));
  const t = new EventTarget();
  setTimeout(() => t.dispatchEvent(new Event('go')), 1);
  out.push((await once(t, 'go'))[0].type);
  out.push(await once(e, 'x', { signal: AbortSignal.abort() }).catch((err) => err.name));
  return out;
};
