import fallback, { named, late, bump } from './lib.mjs';
import * as everything from './lib.mjs';
import legacy, { half } from './legacy.cjs';
import { basename } from 'node:path';
import path from 'path';

export const handler = async () => {
  const before = late;
  bump();
  const dynamic = await import('./dynamic.mjs');
  const same = await import('./lib.mjs');
  return {
    fallback: fallback.name, named, before, after: late, names: Object.keys(everything), legacy, half,
    builtin: [basename('/a/b.txt'), path.basename === basename],
    dynamic: [dynamic.default, dynamic.depth], same: same === everything,
    meta: import.meta.url.split('/').pop(), tag: Object.prototype.toString.call(everything),
    self: typeof this, frozen: (() => { try { everything.named = 1; return 'no'; } catch (error) { return error.name; } })(),
  };
};
