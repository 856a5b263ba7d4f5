import inside from 'own/inside';
import { createRequire } from 'node:module';
import data from './data.json' with { type: 'json' };

const require = createRequire(import.meta.url);

export const handler = async () => [inside, require('./old.cjs'), data, typeof module, require.resolve('node:fs')];
