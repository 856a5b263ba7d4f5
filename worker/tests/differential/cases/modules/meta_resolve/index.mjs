// `import.meta.resolve`, and what a CommonJS function exports by name.
import * as all from './callable.cjs';
import callable, { named } from './callable.cjs';

const end = (url) => url.split('/').pop();

export const handler = async () => ({
  resolved: ['./callable.cjs', './missing.js'].map((specifier) => end(import.meta.resolve(specifier))),
  builtins: [import.meta.resolve('fs'), import.meta.resolve('node:url')],
  missing: (() => { try { import.meta.resolve('not-there'); } catch (error) { return error.code; } })(),
  names: Object.keys(all),
  called: [callable(), named, all.default === callable],
  meta: Object.keys(import.meta),
});
