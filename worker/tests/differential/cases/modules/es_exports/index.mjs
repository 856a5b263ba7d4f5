// Every form of export, and what others see of it when it changes.
export { handler, count as reexported };
import anonymous, * as functions from './functions.mjs';
import arrow, { a, b as renamed, 'not a name' as odd, Kind, Made, settled } from './values.mjs';
import { count, increase, later } from './changing.mjs';
import { follows } from './follows.mjs';
import * as passed from './passed_on.mjs';
import { ready, order } from './awaiting.mjs';
import made from './made.mjs'
import { thrown } from './assigning.mjs'
import 'node:path'
const unbound = this, kinds = [typeof require, typeof module, typeof exports, typeof __filename]
import.meta.mark = 'kept'

let events = 0;
const handler = async () => {
  const before = [count, follows(), passed.count];
  increase();
  const own = await import('./index.mjs');
  const again = await import('./changing.mjs');
  return {
    events: ++events,
    names: [anonymous.name, arrow.name, made.name, functions.named.name, functions.generate.name],
    values: [a, renamed, odd, Kind.One, Kind[0], new Made().value, settled],
    functions: Object.keys(functions),
    ran: [anonymous(), [...functions.generate()], functions.named()],
    changes: [before, [count, follows(), passed.count], own.reexported, again.count, later],
    passed: [Object.keys(passed), passed.inner.a, passed.renamed],
    awaited: [ready, order],
    unbound: [unbound, kinds, import.meta.mark, own.handler === handler],
    thrown,
    tag: String(Object.prototype.toString.call(own)),
    source: [functions.generate.toString(), increase.toString()],
  };
};
