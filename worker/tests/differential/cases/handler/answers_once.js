exports.handler = (event, context, callback) => {
  if (event.way === 'callback-then-throw') {
    context.callbackWaitsForEmptyEventLoop = false;
    callback(null, 'first');
    throw new Error('too late');
  }
  if (event.way === 'promise-then-callback') {
    setTimeout(() => callback(null, 'late'), 2);
    return Promise.resolve('promise');
  }
  if (event.way === 'succeed-then-fail') {
    context.succeed('succeeded');
    context.fail(new Error('failed'));
    return undefined;
  }
  if (event.way === 'error-then-value') {
    callback(new TypeError('of the callback'));
    callback(null, 'value');
    return undefined;
  }
  if (event.way === 'done') {
    context.done(null, { done: true });
    return undefined;
  }
  return 'a value without a promise is no answer';
};
