exports.handler = (event, context, callback) => {
  const order = [];
  setTimeout(() => order.push('timer'), 5);
  Promise.resolve().then(() => order.push('microtask'));
  order.push('sync');
  callback(null, { order });
  callback(null, 'second');
};
