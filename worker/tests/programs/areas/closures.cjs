// Functions of every form, their parameters' scopes, `this`, `arguments`, names, and recursion.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');
const patterns = require('./destructuring.cjs');

/** Parameters, declared in the scope that is open. */
function parameters(g, count = g.below(4)) {
  const used = new Set();
  const list = g.times(count, (i) => {
    const outer = g.chance(0.12) ? g.outerName() : null;
    const name = outer !== null && !used.has(outer) ? outer : g.name('p');
    used.add(name);
    const made = g.choose(
      [4, () => raw`${name}`],
      [2, () => raw`${name} = ${g.chance(0.5) ? expression`t(${g.label()})` : g.expression()}`],
      [1, () => raw`${name} = () => ${g.reference('any') ?? 1}`],
      [1, (h) => raw`${patterns.pattern(h, (n) => h.declare(n))} = ${patterns.source(h)}`],
      [i === count - 1 ? 1 : 0, () => raw`...${name}`],
    );
    g.declare(name);
    return made;
  });
  return commas(list);
}

function expressionOf(g, kind) {
  const arrow = (kind === 'plain' || kind === 'async') && g.chance(0.4);
  return g.within(kind, () => {
    const list = g.pausing(() => parameters(g));
    if (arrow && g.chance(0.5)) return expression`${kind === 'async' ? 'async ' : ''}(${list}) => ${g.expression()}`;
    const body = g.block(1 + g.below(2));
    if (arrow) return expression`${kind === 'async' ? 'async ' : ''}(${list}) => { ${body} }`;
    const word = { plain: 'function', async: 'async function', generator: 'function*', asyncGenerator: 'async function*' }[kind];
    const name = g.chance(0.3) ? ` ${g.name('named')}` : '';
    return expression`${word}${name}(${list}) { ${body} }`;
  }, { arrow });
}

const call = (g, f) => {
  const list = commas(g.times(g.below(4), () => g.expression()));
  return g.choose(
    [4, () => atom`${f}(${list})`],
    [1, () => atom`${f}.call(${g.expression()}, ${list})`],
    [1, () => atom`${f}.apply(null, ${g.expression('array')})`],
    [1, () => atom`${f}(...${g.expression('iterable')})`],
    [0.5, () => atom`${f}.bind(${g.expression()})(${list})`],
    [0.4, () => atom`Reflect.apply(${f}, 1, [${list}])`],
  );
};

function made(g) {
  const name = g.name('f');
  const node = statement`const ${name} = ${expressionOf(g, 'plain')};`;
  const calls = g.times(1 + g.below(2), () => statement`try { t(${g.label()}, ${call(g, name)}); } catch (e) { t(${g.label()}, e); }`);
  g.declare(name, 'function', false);
  return new List([node, ...calls], '\n');
}

/** Scopes of parameters and of the body, where names meet. */
function parameterScope(g) {
  const f = g.name('f');
  const text = g.pick([
    `function ${f}(a, b = () => a) { var a; t(a); a = 5; return [a, b()]; }`,
    `function ${f}(a, b = () => a) { var a = a || {}; return [a, b()]; }`,
    `function ${f}(a = 1, b = (a = 3, () => a)) { var a = 2; return [a, b()]; }`,
    `function ${f}(a, b = () => (a = 9)) { var c = a; b(); return [a, c]; }`,
    `function ${f}(a = () => b, b = 2) { return [a(), b]; }`,
    `function ${f}(a = b, b = 2) { return [a, b]; }`,
    `function ${f}(a = (() => { try { return b; } catch (e) { return e; } })(), b = 2) { return [a, b]; }`,
    `function ${f}(a, f = () => typeof inner) { var inner = 1; return f(); }`,
    `function ${f}(a, g = () => a) { function a() {} return [typeof a, typeof g()]; }`,
    `function ${f}({ a = 1, b = () => a } = {}, c = b()) { var a = 7; return [a, b(), c]; }`,
    `function ${f}(x, y = () => arguments[0]) { x = 4; return [x, y(), arguments.length]; }`,
    `function ${f}(x, y = this) { return [x, typeof y]; }`,
    `const ${f} = (x, y = () => x, ...z) => { var z; x = 8; return [x, y(), z]; };`,
    `const ${f} = (a, b = (c) => { a = c; return () => a; }) => { const keep = a; return [b(5)(), keep, a]; };`,
    `function* ${f}(a = t('parameter')) { t('body'); yield a; }`,
    `async function ${f}(a = boom('parameter')) { t('body'); }`,
    `function ${f}(a, b = ${f}.length) { return [b, ${f}.name, new.target]; }`,
    `const ${f} = function self(n = 3) { try { self = 1; } catch (e) { t(e); } return n > 0 ? self(n - 1) : typeof self; };`,
    `const ${f} = (k) => { switch (k) { case ((k) => k + 1)(0): return 'one'; case (() => { const k = 2; return k; })(): return 'two'; default: return (k => k)(k); } };`,
    `const ${f} = (a) => { switch ((a => a)(a)) { case [1, 2].find((a) => a === 2): return 'found'; default: { let a = 4; return (() => a)(); } } };`,
    `function ${f}(a) { { let a = 2; { const a = 3; t(a); } t(a); } try { throw 4; } catch (a) { t(a); var inner = () => a; } return [a, inner()]; }`,
    `function ${f}(a) { const outer = () => { const middle = () => { const inner = () => [this === undefined, typeof arguments, a]; return inner(); }; return middle(); }; return outer(); }`,
    `function ${f}() { return (() => (() => (() => this)())())(); }`,
    `function ${f}(n) { return (async () => (() => [this === undefined, arguments.length])())(); }`,
  ]);
  const how = g.pick([`${f}()`, `${f}(1)`, `${f}(undefined, undefined)`, `${f}(1, () => 2)`, `${f}.call({ a: 1 }, 2)`, `${f}(2)`, `new ${f}(1)`]);
  return new List([statement`${text}`, statement`try { t(${g.label()}, ${how}); } catch (e) { t(${g.label()}, e); }`, statement`t(${f}.name, ${f}.length);`], '\n');
}

function recursive(g) {
  const f = g.name('walk');
  const body = g.within('plain', () => { g.declare('n', 'counter', false); return g.block(2); });
  return new List([
    statement`function ${f}(n) { if (n <= 0) return ${g.label()}; try { ${body} return [n, ${f}(n - 1)]; } finally { t(${g.label()}, n); } }`,
    statement`try { t(${g.label()}, ${f}(${1 + g.below(3)})); } catch (e) { t(${g.label()}, e); }`,
  ], '\n');
}

function names(g) {
  const o = g.name('o');
  return new List([
    statement`const ${o} = { f() {}, g: () => {}, ['h' + 1]: function () {}, get i() { return 1; }, async *j() {}, [Symbol('k')]: class {}, l: class { static name = 'own'; }, m: (0, () => {}) };`,
    statement`t(${g.label()}, ${o}, Object.getOwnPropertyDescriptor(${o}, 'i').get.name, ((a, b = 1, c) => {}).length, (() => {}).name, (class { static m() {} }).m.name, new Function('a', 'return a').name);`,
    statement`let ${o}2 = function () {}, ${o}3 = ${o}2, { ${o}4 = () => {} } = {}, [${o}5 = class {}] = []; t(${o}2.name, ${o}3.name, ${o}4.name, ${o}5.name);`,
  ], '\n');
}

function counters(g) {
  const make = g.name('make');
  g.hoist(statement`const ${make} = ((n) => () => ({ up: () => (n += 1), get now() { return n; }, down() { return --n; } }))(${g.below(5)});`);
  return statement`t(${g.label()}, ${make}().up(), ${make}().up(), ${make}().now, ${make}().down());`;
}

module.exports = {
  name: 'closures',
  expressionOf,
  parameters,
  statements: [[2, made], [1.5, parameterScope], [0.7, recursive], [0.2, names], [0.3, counters]],
  expressions: [
    [1, (g) => expressionOf(g, g.pick(['plain', 'plain', 'async', 'generator']))],
    [1, (g) => { const f = g.reference('function'); return f ? call(g, f) : g.literal(); }],
    [0.7, (g) => atom`${expressionOf(g, 'plain')}(${commas(g.times(g.below(3), () => g.expression()))})`],
    [0.3, () => expression`this`, { hasThis: true }],
    [0.3, (g) => atom`arguments[${g.below(2)}]`, { hasArguments: true }],
  ],
  typed: { function: [[2, (g) => expressionOf(g, 'plain')], [1, (g) => { const f = g.reference('function'); return f ? expression`${f}` : g.literal('function'); }]] },
};
