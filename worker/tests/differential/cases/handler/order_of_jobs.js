exports.handler = (event, context, callback) => {
  const order = [];
  const note = (what) => () => order.push(what);
  setTimeout(note('timeout 2'), 2);
  setTimeout(note('timeout 1'), 1);
  setImmediate(note('immediate'));
  process.nextTick(note('tick'));
  queueMicrotask(note('microtask'));
  Promise.resolve().then(note('then')).then(() => process.nextTick(note('tick in then')));
  (async () => {
    order.push('async start');
    await null;
    order.push('async end');
  })();
  const interval = setInterval(() => {
    order.push('interval');
    clearInterval(interval);
  }, 20);
  clearTimeout(setTimeout(note('never'), 1));
  order.push('sync');
  const sorted = () => [order.filter((one) => !/timeout|immediate/.test(one)), order.length];
  callback(null, { toJSON: sorted });
};
