// Every form of reference to what is imported, and `await` in every position.
import plain, { a, f, tag, Class as Renamed, list, object, change, 'odd name' as odd } from './lib.mjs';
import * as all from './lib.mjs';
import json from './data.json' with { type: 'json' };
export { a as again, default as passed } from './lib.mjs'
export * as spread from './lib.mjs'
let text = 'no semicolon'
f(1)
tag`x${a}y`
;[text] = [`${a}`]
const shorthand = { a, f, [a]: a, plain }
class Extended extends Renamed { field = a; static s = f(a); [a]() { return super.get() + a } get b() { return a } }
const nested = (a) => ({ a }), shadowed = (() => { const f = () => 'own'; return f() })()
const destructured = (({ x = a, [a]: y = f(2) } = {}) => [x, y])()
label: for (const a of list) { if (a > 1) break label; text += a }
for (const key in object) text += object[key]
const thrown = []
for (const run of [() => { a = 1 }, () => { a++ }, () => { [a] = [1] }, () => { ({ a } = { a: 1 }) }, () => { for (a of [1]); }, () => { all = 1 }, () => { a ||= 2 }, () => { a &&= 2 }])
  try { run(); thrown.push('nothing') } catch (error) { thrown.push([error.name, error.message]) }
const awaited = [await 1, (await f(2)) + await f(3), await (async () => a)(), `${await a}`, [...await list], { ...await object }]
if (await true) awaited.push('if')
switch (await a) { case await a: awaited.push('case'); break; default: awaited.push('default') }
for (let i = await 0; i < await 2; i += await 1) awaited.push(i)
for await (const one of [a, Promise.resolve(2)]) { if (one === 2) continue; awaited.push(one) }
while (await (text.length > 100 ? false : false)) ;
do { awaited.push('do') } while (await false)
outer: { await 0; if (a) break outer; awaited.push('never') }
try { await Promise.reject(new Error('rejected')) } catch ({ message }) { awaited.push(message) } finally { awaited.push(await 'finally') }
class Keyed { [await 'key'] = 1; static [await 'static'] = await0 } function await0() {}
const conditional = await (a ? f(4) : f(5)) ?? await null, optional = (await object)?.x?.y, chained = await f?.(6)
export const { exported, ...others } = await { exported: await a, other: 1 }
export default await import('./lib.mjs').then((lib) => lib.default)
var hoistedVar = typeof later, i = 5
function later() {}
while (i --> 3);

export const handler = async () => {
  const before = all.counter;
  change();
  return {
    called: [f(a), f?.(a), (f)(a), f.call(null, a), new Renamed(a).get(), new (Renamed)(a).get(), tag`a${a}`, (tag)`b`],
    bound: [f.bound(), all.unbound(), (0, all.unbound)(), plain.name],
    shorthand, nested: [nested(3), shadowed, destructured], text, odd,
    classes: [new Extended(7)[a](), new Extended(8).field, Extended.s, new Extended(9).b],
    thrown, awaited, keyed: [new Keyed().key, typeof Keyed.static], conditional, optional, chained,
    exported: [exported, others, json, hoistedVar, i],
    live: [before, all.counter], types: [typeof f, typeof a, typeof arguments, typeof this, typeof missing],
    void: void a, negative: -a, spread: [...list, ...[a]], comma: (0, a), logic: a && f(7) || a,
    own: await import('./index.mjs').then((own) => [own.again, own.passed === plain, own.default === plain, own.spread === all]),
  };
};
