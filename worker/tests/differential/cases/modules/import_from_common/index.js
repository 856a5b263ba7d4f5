exports.handler = async () => {
  const es = await import('./es.mjs');
  const common = await import('./common.js');
  const missing = await import('./nowhere.mjs').catch((error) => [error.code, error.name]);
  const absent = await import('nothing-of-that-name').catch((error) => [error.code, error.message.replace(/imported from .*/, '')]);
  const thrown = await import('./throws.mjs').catch((error) => error.message);
  return [es.default, es.list, common.default, common.size, missing, absent, thrown];
};
