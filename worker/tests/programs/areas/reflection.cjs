// Proxy and Reflect, getters with side effects, and coercions that answer back.

'use strict';

const { List, statement, expression, atom, raw } = require('../writer.cjs');

const TRAPS = {
  get: (g) => `get(o, k, r) { t(${g.label()}, k); return ${g.pick(['Reflect.get(o, k, r)', 'o[k]', '5', `boom(${g.label()})`])}; }`,
  set: (g) => `set(o, k, v, r) { t(${g.label()}, k, v); return ${g.pick(['Reflect.set(o, k, v, r)', 'Reflect.set(o, k, v)', 'true', 'false'])}; }`,
  has: (g) => `has(o, k) { return t(${g.label()}, k, ${g.pick(['k in o', 'true', 'false'])}); }`,
  deleteProperty: (g) => `deleteProperty(o, k) { t(${g.label()}, k); return ${g.pick(['delete o[k]', 'true', 'false'])}; }`,
  ownKeys: (g) => `ownKeys(o) { t(${g.label()}); return ${g.pick(['Reflect.ownKeys(o)', "['a', 'b']", "['a', 'a']", "[...Reflect.ownKeys(o), 'extra']"])}; }`,
  getOwnPropertyDescriptor: (g) => `getOwnPropertyDescriptor(o, k) { t(${g.label()}, k); return ${g.pick(['Reflect.getOwnPropertyDescriptor(o, k)', 'undefined', '({ value: 1, configurable: true, enumerable: true })'])}; }`,
  defineProperty: (g) => `defineProperty(o, k, d) { t(${g.label()}, k, d); return ${g.pick(['Reflect.defineProperty(o, k, d)', 'true', 'false'])}; }`,
  getPrototypeOf: (g) => `getPrototypeOf(o) { t(${g.label()}); return ${g.pick(['Reflect.getPrototypeOf(o)', 'Array.prototype', '1'])}; }`,
  apply: (g) => `apply(o, self, args) { return t(${g.label()}, self, args); }`,
  construct: (g) => `construct(o, args, target) { t(${g.label()}, args, target === p); return ${g.pick(['{}', '1', 'Reflect.construct(o, args, target)'])}; }`,
};

function proxied(g) {
  const traps = g.some(Object.keys(TRAPS)).slice(0, 4).map((name) => TRAPS[name](g)).join(', ');
  const target = g.pick(['{ a: 1, b: 2 }', '[1, 2]', "function () { 'use strict'; return 3; }", 'class { static a = 1; }', "Object.freeze({ a: 1 })", 'Object.create({ a: 1 })']);
  const uses = g.times(3 + g.below(4), () => {
    const text = g.pick(['p.a', "p['a'] = 2", 'p.a += 1', 'p.b++', "'a' in p", 'delete p.a', 'Object.keys(p)', '{ ...p }', 'Object.assign({}, p)', '(() => { const keys = []; for (const k in p) keys.push(k); return keys; })()', 'p(1, 2)', 'new p(1)', 'p.a()', 'p?.a', 'Object.create(p).a', '(Object.create(p).a = 3)', 'Object.create(p)', 'p instanceof Object', 'JSON.stringify(p)', '[...p]', 'Array.isArray(p)', '(({ a, ...rest }) => [a, rest])(p)', "Object.defineProperty(p, 'c', { value: 1 })", 'Object.isFrozen(p)', 'Object.entries(p)', 'p.length', '(p.length = 1)', 'Reflect.set({}, "a", 1, p)', 'Object.getPrototypeOf(p)', 'p.concat?.([3])', 'Object.prototype.hasOwnProperty.call(p, "a")', '`${typeof p}`', 'Object.freeze(p)', '(p.a ??= 7)', 'p.constructor?.name']);
    return statement`try { t(${g.label()}, ${text.startsWith('{') ? `(${text})` : text}); } catch (e) { t(${g.label()}, e); }`;
  });
  return statement`{ const p = new Proxy(${target}, { ${traps} }); ${new List(uses, '\n')} }`;
}

function reflected(g) {
  const o = g.reference('object') ?? '{ a: 1 }';
  const text = g.pick([`Reflect.ownKeys(${o})`, `Reflect.has(${o}, 'a')`, `Reflect.get(${o}, 'x', 5)`, `Reflect.set(${o}, 'k', 1)`, `Reflect.deleteProperty(${o}, 'a')`, `Reflect.getPrototypeOf(${o})`, `Reflect.defineProperty(${o}, 'a', { value: 2 })`, `Reflect.construct(Array, [3], Map)`, 'Reflect.apply(Math.max, null, [1, 2])', 'Reflect.construct(function () { return new.target; }, [], class T {})', `Reflect.isExtensible(${o})`, `Reflect.setPrototypeOf(${o}, null)`, "Reflect.get({ get a() { return this; } }, 'a', 'receiver')", "Reflect.set({ set a(v) { t(this === 5 ? 'five' : typeof this, v); } }, 'a', 1, 5)", "Reflect.set([], 'length', 3)", "Reflect.set(Object.freeze([1]), 'length', 0)", 'Reflect.ownKeys(class { static b() {} static a = 1; })', "Reflect.ownKeys({ b: 1, 1: 1, a: 1, 0: 1, [Symbol.iterator]: 1 })"]);
  return statement`try { t(${g.label()}, ${text}); } catch (e) { t(${g.label()}, e); }`;
}

/** Operands that tell in which order they are evaluated and coerced. */
function ordered(g) {
  const o = () => atom`told_object(${g.label()}, ${g.literal()})`;
  return g.choose(
    [2, () => statement`try { t(${g.label()}, ${o()} ${g.pick(['+', '<', '>', '*', '==', '-', '**', '&', '>='])} ${o()}); } catch (e) { t(e); }`],
    [1, () => statement`try { t(${g.label()}, ({ a: 1 })[${o()}]); } catch (e) { t(e); }`],
    [1, () => statement`try { (t(${g.label()}), { set a(v) { t('set', v); } })[(t(${g.label()}), 'a')] ${g.pick(['=', '+=', '??='])} t(${g.label()}); } catch (e) { t(e); }`],
    [1, () => statement`try { t(${g.label()}, null)${g.pick(['.a', '.a()', '[t("k")]', '[t("k")] = t("v")', '.a = t("v")', '[t("k")](t("argument"))', '.a.b = t("v")'])}; } catch (e) { t(e); }`],
    [1, () => statement`try { t(${g.label()}, (undefined)?.[t('not')]?.(t('nor')), delete (null)?.a.b.c, ({ a: null }).a?.b.c.d(t('no'))); } catch (e) { t(e); }`],
    [1, () => statement`try { t('f', ${g.pick(['undefined', '5', '() => 1'])})(t(${g.label()}), ...[t(${g.label()})]); } catch (e) { t(e); }`],
    [1, () => statement`try { t(${g.label()}, { [t('1', 'a')]: t('2'), [t('3', { toString: () => t('4', 'a') })]: t('5'), ...t('6', { get z() { return t('7'); } }), get [t('8', 'g')]() { return 1; } }); } catch (e) { t(e); }`],
    [1, () => statement`try { class A extends (t('1'), Object) { static [t('2', 'a')] = t('5'); [t('3', 'b')] = t('7'); static { t('6'); } [t('4', 'c')]() {} } new A(); } catch (e) { t(e); }`],
    [1, () => statement`{ let n = 1; t(${g.label()}, n + (n = 5) + n++, n, [n, n += 1, n], n - (() => n = 10)() + n, (n, n++) + n); const o = { n }; t(o.n + (o.n = 2) + o.n++ * o.n, o); }`],
  );
}

module.exports = {
  name: 'reflection',
  statements: [[3, proxied], [1, reflected, { small: true }], [1.5, ordered, { small: true }]],
  expressions: [[0.4, (g) => atom`px(${g.label()}, ${g.expression('object')})`]],
};
