// A rejection that is handled only after it was told.
const names = new Map();
const seen = [];
const name = (promise, text) => { names.set(promise, text); return promise; };
const soon = () => new Promise((resolve) => setTimeout(resolve, 2));

process.on('unhandledRejection', (reason, promise) => {
  seen.push(`unhandled ${names.get(promise)} ${String(reason)}`);
  queueMicrotask(() => seen.push(`microtask after ${names.get(promise)}`));
  if (names.get(promise) === 'at once') promise.catch(() => seen.push('caught in the listener'));
  if (names.get(promise) === 'other') names.get('spared').catch(() => seen.push('spared'));
});

exports.handler = async (event) => {
  seen.length = 0;
  const listener = function (promise) { seen.push(`handled ${names.get(promise)} ${this === process} ${arguments.length}`); };
  const warned = (warning) => seen.push([warning.name, warning.message, typeof warning.id, Object.keys(warning).join(), warning instanceof Error].join('|'));
  process.on('warning', warned);
  if (event.listen) process.on('rejectionHandled', listener);

  const first = name(Promise.reject(new Error('one')), 'first');
  const second = name(Promise.reject(2), 'second');
  await soon();
  seen.push('now');
  first.catch((error) => seen.push(`caught ${error.message}`));
  second.then(null, (reason) => seen.push(`caught ${reason}`));
  first.catch(() => seen.push('caught again'));
  seen.push('attached');
  await soon();

  name(Promise.reject(new Error('three')), 'at once');
  await soon();

  name(Promise.reject(new Error('four')), 'other');
  names.set('spared', name(Promise.reject(new Error('five')), 'spared'));
  await soon();

  const inTime = name(Promise.reject(new Error('six')), 'in time');
  await null;
  inTime.catch(() => seen.push('in time'));
  const asyncOne = name((async () => { await null; throw new TypeError('seven'); })(), 'async');
  await soon();
  try { await asyncOne; } catch (error) { seen.push(`awaited ${error.message}`); }
  await soon();

  const chained = name(Promise.reject(new Error('eight')), 'root');
  await soon();
  const derived = name(chained.then(() => 1), 'derived');
  await soon();
  derived.catch(() => {});
  await soon();

  process.removeListener('rejectionHandled', listener);
  process.removeListener('warning', warned);
  return [event.listen, seen];
};
