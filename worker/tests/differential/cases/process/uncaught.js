// Listeners of `process` keep the environment going.
exports.handler = async (event) => {
  const seen = [];
  process.removeAllListeners('uncaughtException').removeAllListeners('unhandledRejection').removeAllListeners('uncaughtExceptionMonitor');
  process.on('uncaughtExceptionMonitor', (error, origin) => seen.push(['monitor', error.message, origin]));
  process.on('uncaughtException', (error, origin) => seen.push(['exception', error.message, error.code, origin]));
  setTimeout(() => { throw new Error('in a timer'); }, 1);
  setImmediate(() => { throw new TypeError('in an immediate'); });
  process.nextTick(() => { throw new RangeError('in a tick'); });
  queueMicrotask(() => { throw new Error('in a microtask'); });
  Promise.reject(new Error('rejected'));
  Promise.reject('a text');
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.on('unhandledRejection', (reason, promise) => seen.push(['rejection', String(reason), promise instanceof Promise]));
  Promise.reject(new Error('first'));
  Promise.reject(undefined);
  const late = Promise.reject(new Error('handled in time'));
  late.catch(() => seen.push('handled'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [event.n, seen.filter((one) => one === 'handled' || one[1] !== 'never').map(String).sort()];
};
