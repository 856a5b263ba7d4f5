// Iterators that tell what is asked of them, generators, `yield` in every place, `yield*`.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');

function ways(g) {
  if (g.chance(0.5)) return '';
  const some = g.some([`throws: ${1 + g.below(3)}`, 'badReturn: true', 'returnThrows: true', 'noReturn: true', `withThrow: ${1 + g.below(2)}`]);
  return `, { ${some.slice(0, 2).join(', ')} }`;
}

const traced = (g) => atom`it(${g.label()}, ${1 + g.below(4)}${ways(g)})`;

function generatorBody(g, kind) {
  return g.within(kind, () => {
    const count = 2 + g.below(2);
    return g.block(count);
  });
}

function generator(g) {
  const name = g.name('gen');
  const made = statement`function* ${name}(${g.chance(0.3) ? `p = t(${g.label()})` : ''}) { ${generatorBody(g, 'generator')} }`;
  const list = [made];
  g.declare(name, 'generatorFunction', false);
  list.push(drive(g, name));
  return new List(list, '\n');
}

/** Asks a generator for this and that. */
function drive(g, name) {
  const it = g.name('it');
  const asked = g.times(2 + g.below(4), () => {
    const call = g.choose(
      [5, () => `next(${g.chance(0.4) ? g.label() : ''})`],
      [2, () => `return(${g.label()})`],
      [2, () => `throw(new Error('~e${(g.count += 1)}'))`],
    );
    return statement`try { t(${g.label()}, ${it}.${call}); } catch (e) { t(${g.label()}, e); }`;
  });
  return new List([statement`const ${it} = ${name}();`, ...asked], '\n');
}

function yieldInLoop(g) {
  const item = g.name('item');
  const f = g.f;
  f.loops += 1;
  f.breakable += 1;
  const body = g.scoped(() => { g.declare(item, 'any'); return g.block(); });
  f.loops -= 1;
  f.breakable -= 1;
  return statement`for (const ${item} of ${traced(g)}) { t(${g.label()}, yield ${item}); ${body} }`;
}

function spreading(g) {
  return g.choose(
    [2, () => atom`[...${traced(g)}]`],
    [1, () => atom`Math.max(...${traced(g)})`],
    [1, () => atom`Array.from(${traced(g)}${g.chance(0.5) ? `, (v) => t(${g.label()}, v)` : ''})`],
    [1, () => expression`new ${g.pick(['Set', 'Map'])}(${g.chance(0.5) ? traced(g) : atom`[[1, 2], [3, 4]]`})`],
    [1, () => atom`Object.fromEntries(${g.chance(0.3) ? traced(g) : atom`new Map([['a', 1]])`})`],
  );
}

function calledInLoop(g) {
  const [made, item] = [g.name('gen'), g.name('item')];
  const body = generatorBody(g, 'generator');
  const f = g.f;
  f.loops += 1;
  f.breakable += 1;
  const inner = g.scoped(() => { g.declare(item, 'any'); return new List([...g.list(1), g.maybeJump()], '\n'); });
  f.loops -= 1;
  f.breakable -= 1;
  return new List([
    statement`function* ${made}() { try { ${body} } finally { t(${g.label()}); } }`,
    statement`for (const ${item} of ${made}()) { t(${g.label()}, ${item}); ${inner} }`,
  ], '\n');
}

// Iterators of the language: what they return once they are done, and their prototypes.
function builtin(g) {
  const it = g.name('it');
  const made = g.pick(['[1, 2].values()', '[1, , 3].entries()', "'ab'[Symbol.iterator]()", 'new Map([[1, 2]]).entries()', 'new Set([1, 2]).keys()', "'a1b2'.matchAll(/\\d/g)", '(function* () { yield 1; return 2; })()']);
  return new List([
    statement`const ${it} = ${made};`,
    statement`t(${g.label()}, ${it}.next(), ${it}.next(), ${it}.next(), ${it}.next(), typeof ${it}.return, ${it}[Symbol.toStringTag], ${it}[Symbol.iterator]() === ${it});`,
  ], '\n');
}

module.exports = {
  name: 'iterators',
  traced,
  drive,
  generatorBody,
  statements: [
    [1.5, generator],
    [1, calledInLoop],
    [0.5, builtin],
    [3, (g) => statement`yield ${g.expression()};`, { yields: true, small: true }],
    [1.5, (g) => statement`t(${g.label()}, yield ${g.expression()});`, { yields: true, small: true }],
    [1.5, yieldInLoop, { yields: true }],
    [1, (g) => statement`t(${g.label()}, yield* ${g.chance(0.6) ? traced(g) : g.expression('iterable')});`, { yields: true, small: true }],
    [1.5, (g) => statement`try { ${g.block(1)} yield ${g.label()}; } finally { t(${g.label()}); ${g.chance(0.5) ? statement`yield ${g.label()};` : ''} ${g.chance(0.3) ? new List([g.maybeJump()], '') : ''} }`, { yields: true }],
  ],
  expressions: [
    [1, spreading],
    [2, (g) => expression`yield ${g.expression()}`, { yields: true }],
    [1, (g) => atom`[${commas([expression`yield ${g.label()}`, expression`yield ${g.label()}`, g.expression()])}]`, { yields: true }],
    [0.5, (g) => expression`yield* ${g.expression('iterable')}`, { yields: true }],
    [0.5, (g) => atom`t(${g.label()}, ${expression`yield 1`}, ...${expression`yield 2`} ?? [])`, { yields: true }],
  ],
  typed: {
    iterable: [
      [4, traced],
      [2, (g) => g.expression('array')],
      [1, (g) => { const name = g.reference('generatorFunction'); return name ? atom`${name}()` : traced(g); }],
      [0.6, (g) => atom`(function* () { ${generatorBody(g, 'generator')} })()`],
      [0.5, () => expression`new Set([1, 2])`],
      [0.5, () => expression`new Map([[1, 'a'], [2, 'b']])`],
      [0.3, (g) => expression`${g.pick(["'abc'", "'\\u{1f600}z'", 'null', '5', '{}', '({ [Symbol.iterator]: 1 })', '({ [Symbol.iterator]() { return 1; } })', '({ [Symbol.iterator]: () => ({ next: 5 }) })', '({ [Symbol.iterator]: () => ({ next: () => 5 }) })'])}`],
    ],
  },
};
