// `await` in every place, async generators, `for await`, thenables, and the order of jobs.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');
const iterators = require('./iterators.cjs');

const asyncBody = (g, kind = 'async') => g.within(kind, () => g.block(2 + g.below(2)));

function awaited(g) {
  return g.choose(
    [3, (h) => h.expression()],
    [2, (h) => h.expression('promise')],
    [1, (h) => atom`thenable(${h.label()}, ${h.literal()}${h.chance(0.3) ? ', true' : ''})`],
    [1, (h) => atom`Promise.reject(${h.error()})`],
  );
}

function asyncFunction(g) {
  const name = g.name('work');
  const form = g.below(3);
  const body = asyncBody(g);
  const made = form === 0 ? statement`async function ${name}() { ${body} }`
    : form === 1 ? statement`const ${name} = async () => { ${body} };`
      : statement`const ${name} = { async ${name}() { ${body} } }.${name};`;
  g.declare(name, 'asyncFunction', false);
  const use = g.f.awaits && g.chance(0.6)
    ? statement`try { t(${g.label()}, await ${name}()); } catch (e) { t(${g.label()}, e); }`
    : statement`later(${g.label()}, ${name}());`;
  return new List([made, use], '\n');
}

function order(g) {
  const jobs = g.times(3 + g.below(3), () => g.choose(
    [2, () => statement`Promise.resolve(${g.label()}).then((v) => t(v)).then(() => t(${g.label()}));`],
    [1, () => statement`queueMicrotask(() => t(${g.label()}));`],
    [1, () => statement`process.nextTick(() => t(${g.label()}));`],
    [1, () => statement`(async () => { t(${g.label()}); await null; t(${g.label()}); await thenable(${g.label()}, 1); t(${g.label()}); })();`],
    [1, () => statement`(async () => { try { await Promise.reject(1); } catch { t(${g.label()}); } finally { await 0; t(${g.label()}); } })();`],
    [1, () => statement`new Promise((done) => { done(Promise.resolve(${g.label()})); }).then(t);`],
    [1, () => statement`later(${g.label()}, (async () => Promise.resolve(${g.label()}))());`],
    [1, () => statement`later(${g.label()}, (async () => { return await ${g.within('async', () => g.expression('promise'), { arrow: true })}; })());`],
    [1, () => statement`setTimeout(() => t(${g.label()}), 0);`],
    [1, () => statement`later(${g.label()}, Promise.${g.pick(['all', 'race', 'any', 'allSettled'])}([${commas(g.times(1 + g.below(3), () => g.expression('promise')))}]));`],
    [1, () => statement`later(${g.label()}, Promise.resolve(1).finally(() => { t(${g.label()}); ${g.chance(0.3) ? 'throw 5;' : g.chance(0.5) ? 'return Promise.reject(6);' : ''} }));`],
  ));
  return new List(jobs, '\n');
}

function asyncGenerator(g) {
  const [name, it] = [g.name('agen'), g.name('it')];
  const made = statement`async function* ${name}() { ${asyncBody(g, 'asyncGenerator')} }`;
  g.declare(name, 'asyncGeneratorFunction', false);
  const asked = g.times(2 + g.below(3), () => g.choose(
    [4, () => statement`later(${g.label()}, ${it}.next(${g.label()}));`],
    [1, () => statement`later(${g.label()}, ${it}.return(${g.chance(0.3) ? atom`Promise.reject(1)` : raw`${g.label()}`}));`],
    [1, () => statement`later(${g.label()}, ${it}.throw(${g.error()}));`],
  ));
  return new List([made, statement`const ${it} = ${name}();`, ...asked], '\n');
}

function asyncIterable(g) {
  return g.choose(
    [3, () => atom`ait(${g.label()}, ${1 + g.below(3)}${g.chance(0.4) ? `, { ${g.pick(['sync: true', 'throws: 2', 'badReturn: true', 'returnThrows: true', 'noReturn: true'])} }` : ''})`],
    [1, () => iterators.traced(g)],
    [1, () => atom`[Promise.resolve(${g.label()}), ${g.label()}, ${g.chance(0.3) ? atom`Promise.reject(2)` : '3'}]`],
    [1, () => { const name = g.reference('asyncGeneratorFunction'); return name ? atom`${name}()` : iterators.traced(g); }],
    [1, () => atom`(async function* () { ${asyncBody(g, 'asyncGenerator')} })()`],
  );
}

function forAwait(g) {
  const item = g.name('item');
  const f = g.f;
  f.loops += 1;
  f.breakable += 1;
  const body = g.scoped(() => {
    g.declare(item, 'any', false);
    const list = g.list(1 + g.below(2));
    if (g.chance(0.4)) list.push(g.maybeJump());
    return new List(list, '\n');
  });
  f.loops -= 1;
  f.breakable -= 1;
  return statement`for await (const ${item} of ${asyncIterable(g)}) { t(${g.label()}, ${item}); ${body} }`;
}

function awaitInTry(g) {
  const parts = [raw`try { t(${g.label()}, await ${awaited(g)}); ${g.block(1)} ${g.chance(0.4) ? new List([g.maybeJump()], '') : ''} }`];
  const finallyToo = g.chance(0.7);
  if (!finallyToo || g.chance(0.6)) parts.push(raw`catch (e) { t(${g.label()}, e); await ${awaited(g)}; ${g.chance(0.4) ? statement`throw e;` : ''} }`);
  if (finallyToo) parts.push(raw`finally { t(${g.label()}, await ${awaited(g)}); ${g.chance(0.3) ? new List([g.maybeJump()], '') : ''} }`);
  return statement`${new List(parts, ' ')}`;
}

const awaits = { awaits: true };

module.exports = {
  name: 'async',
  statements: [
    [1.5, asyncFunction],
    [1, order],
    [1, asyncGenerator],
    [1.5, forAwait, awaits],
    [2, awaitInTry, awaits],
    [2, (g) => statement`t(${g.label()}, await ${awaited(g)});`, { awaits: true, small: true }],
    [0.6, (g) => statement`await null;`, { awaits: true, small: true }],
  ],
  expressions: [
    [2, (g) => expression`await ${awaited(g)}`, awaits],
    [1, (g) => atom`[${commas([expression`await ${g.label()}`, g.expression(), expression`await ${awaited(g)}`])}]`, awaits],
    [0.7, (g) => expression`{ [${expression`await ${g.label()}`}]: await 1, ...(await ${g.expression('object')}) }`, awaits],
    [0.5, (g) => atom`t(${g.label()}, await ${awaited(g)}, ...(await ${g.expression('array')}))`, awaits],
  ],
  typed: {
    promise: [
      [2, (g) => atom`Promise.resolve(${g.expression()})`],
      [1, (g) => { const name = g.reference('asyncFunction'); return name ? atom`${name}()` : g.literal('promise'); }],
      [0.7, (g) => atom`(async () => { ${asyncBody(g)} })()`],
      [0.5, (g) => atom`Promise.reject(${g.error()})`],
      [0.5, (g) => expression`new Promise((done, failed) => { ${g.pick(['done', 'failed'])}(${g.pausing(() => g.expression())}); throw 1; })`],
      [0.4, (g) => atom`thenable(${g.label()}, ${g.literal()})`],
    ],
  },
};
