exports.handler = async () => {
  const order = [];
  const add = (x) => () => order.push(x);
  await new Promise((resolve) => {
    setTimeout(add('t5'), 5); setTimeout(add('t1'), 1); setTimeout(add('t0'), 0);
    setImmediate(() => { order.push('i1'); process.nextTick(add('tick in i1')); Promise.resolve().then(add('micro in i1')); setImmediate(add('i3')); });
    setImmediate(add('i2'));
    Promise.resolve().then(() => { order.push('m1'); process.nextTick(add('tick in m1')); queueMicrotask(add('m3')); });
    process.nextTick(() => { order.push('n1'); process.nextTick(add('n2')); Promise.resolve().then(add('m2')); });
    queueMicrotask(add('m1b'));
    order.push('sync');
    setTimeout(resolve, 20);
  });
  return order.filter((x) => !/^t0|^t1/.test(x));
};
