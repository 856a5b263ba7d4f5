// Modules that cannot be loaded, linked or evaluated, and what those get that ask again.
const failure = async (path) => {
  const [first, second] = [await import(path).catch((error) => error), await import(path).catch((error) => error)];
  return [first.name, first.code, first.message.replace(/ imported from .*/, '').replace(/'\/.*\//, "'"), first === second];
};

const order = [];
globalThis.order = order;
const waits = import('./waits.mjs').then(() => order.push('fulfilled'), (error) => order.push(error.message));
const waiting = import('./waiting.mjs').then(() => order.push('fulfilled'), (error) => order.push(error.message));

export const handler = async () => {
  await Promise.all([waits, waiting]);
  return {
    missing: await failure('./nowhere.mjs'),
    export: await failure('./missing_export.mjs'),
    reexport: await failure('./missing_reexport.mjs'),
    ambiguous: await failure('./ambiguous.mjs'),
    circle: await failure('./circle.mjs'),
    throws: await failure('./throws.mjs'),
    importer: await failure('./imports_throws.mjs'),
    tells: await import('./throws.mjs').catch((error) => error === globalThis.thrown),
    order,
    runs: globalThis.runs,
    options: await Promise.all([1, { with: {} }, null, undefined].map((options) => import('./one.mjs', options).then((all) => all.a, (error) => error.name))),
    specifier: await import({ toString() { throw new RangeError('specifier'); } }).catch((error) => error.message),
    symbol: await import(Symbol('x')).catch((error) => error.name),
  };
};
