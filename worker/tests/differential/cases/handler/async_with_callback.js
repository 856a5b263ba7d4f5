// An async function that answers by `callback`: the callback came first.
exports.handler = async (event, context, callback) => {
  if (event.way === 'late') {
    setTimeout(() => callback(null, 'too late'), 1);
    return 'returned';
  }
  if (event.way === 'error') return callback(new RangeError('told'));
  if (event.way === 'throw') {
    callback(null, 'called');
    throw new Error('too late');
  }
  if (event.way === 'at once') context.callbackWaitsForEmptyEventLoop = false;
  if (event.way === 'then succeed') {
    callback(null, 'called');
    context.succeed('succeeded');
    return 'returned';
  }
  return callback(null, { uri: '/called' });
};
