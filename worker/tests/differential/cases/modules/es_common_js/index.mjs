// CommonJS modules in the order of the declarations, with the names that their text shows.
import './first.mjs';
import second, { seen, made as renamed, late, __esModule as flag } from './second.cjs';
import third, * as literal from './literal.cjs';
import * as passed from './passed_on.cjs';
import * as callable from './callable.cjs';
import * as compiled from './typescript.cjs';
import './last.mjs';
import data, * as json from './data.json' with { type: 'json' };

const failure = (path) => import(path).catch((error) => [error.name, error.message]);

export const handler = async () => ({
  order: globalThis.order,
  second: [second === (await import('./second.cjs')).default, seen, renamed, late, flag],
  literal: [Object.keys(literal), Object.keys(third), literal.more],
  passed: [Object.keys(passed), passed.deep, passed.seen === seen],
  callable: [Object.keys(callable), callable.default()],
  compiled: [Object.keys(compiled), compiled.read, compiled.hidden, typeof compiled.default.default],
  json: [data, Object.keys(json)],
  missing: await failure('./missing.mjs'),
  missing_line: await failure('./missing_lines.mjs'),
  throws: [await failure('./throws.cjs'), await failure('./throws.cjs'), globalThis.throws],
  cycle: Object.entries(await import('./cycle.mjs')),
  builtin: await failure('./builtin.mjs'),
});
