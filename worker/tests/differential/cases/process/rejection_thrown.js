// A listener for rejections that throws, and `uncaughtException` after it.
exports.handler = async () => {
  const seen = [];
  process.on('unhandledRejection', (reason) => { seen.push(`told ${reason.message}`); throw new RangeError(`from the listener of ${reason.message}`); });
  process.on('uncaughtException', (error, origin) => seen.push(`${error.name} ${error.message} ${origin}`));
  Promise.reject(new Error('a'));
  Promise.reject(new Error('b'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  return seen;
};
