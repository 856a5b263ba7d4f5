// JSON, numbers, big integers, dates in UTC, typed arrays, symbols, structured clones.

'use strict';

const { List, statement, expression, atom } = require('../writer.cjs');

const guarded = (g, text) => statement`try { t(${g.label()}, ${text}); } catch (e) { t(${g.label()}, e); }`;

function jsonValue(g, depth = 0) {
  return g.random.weighted([
    [3, () => g.pick(['1', '-0', 'NaN', '1e21', "'te\\u2028xt\"'", 'null', 'undefined', 'true', '() => 1', "Symbol('s')", 'new Date(0)', 'new Map([[1, 2]])', '1n', "'\\ud800'", 'Object(1)', "Object('s')", 'Infinity', '[]', '{}'])],
    [depth > 2 ? 0 : 2, () => `[${g.times(1 + g.below(3), () => jsonValue(g, depth + 1)).join(', ')}]`],
    [depth > 2 ? 0 : 3, () => `{ ${g.times(1 + g.below(3), () => `${g.pick(['a', 'b', '2', '1', "'c d'", 'toString_'])}: ${jsonValue(g, depth + 1)}`).join(', ')} }`],
    [1, () => `{ toJSON(k) { return t(${g.label()}, k); } }`],
    [1, () => `{ a: 1, get b() { return t(${g.label()}); } }`],
    [0.3, () => `{ toJSON() { boom(${g.label()}); } }`],
    [0.3, () => `(() => { const o = { a: 1 }; o.o = o; return o; })()`],
    [0.3, () => `px(${g.label()}, { a: 1 })`],
  ])();
}

function json(g) {
  const replacer = g.pick(['undefined', 'null', `(k, v) => t(${g.label()}, k) === 'b' ? undefined : v`, "['a', 'b', 1]", 'function (k, v) { return Array.isArray(this) ? "item" : v; }', `(k, v) => (typeof v === 'bigint' ? String(v) : v)`]);
  const space = g.pick(['undefined', '2', "'--'", "'\\t'", '20', "Object(1)"]);
  const texts = [`'{"a":[1,{"b":null}],"a":2}'`, `'[1,2,'`, `'"\\\\u0041\\\\n"'`, "'1e3'", "' { } '", "'01'", `'{"__proto__":{"x":1}}'`, "'nul'", `'[1.0,-0,1E-2]'`, "''", "undefined", "'{\"2\":1,\"1\":2}'"];
  const reviver = g.pick(['', `, (k, v) => t(${g.label()}, k, v)`, `, function (k, v) { if (k === 'a') delete this.b; return v; }`, ', (k, v) => (k === "a" ? undefined : v)', `, (k, v) => { if (k === '') boom(${g.label()}); return v; }`]);
  return g.chance(0.6) ? guarded(g, `JSON.stringify(${jsonValue(g)}, ${replacer}, ${space})`) : guarded(g, `JSON.parse(${g.pick(texts)}${reviver})`);
}

const NUMBERS = ['0', '-0', '1', '-1', '2', '0.1', '1e21', '-5e-324', 'NaN', 'Infinity', '-Infinity', '2 ** 31', '2 ** 53', '123.456', '1e-7', '0xff', '0b11', '1_000', '.5', '5.'];
const BIGS = ['0n', '1n', '-1n', '2n ** 64n', '-3n', '10n', '0xffn'];

function numbers(g) {
  const a = g.pick(NUMBERS);
  const b = g.pick(NUMBERS);
  const [p, q] = [g.pick(BIGS), g.pick(BIGS)];
  const wrap = (x) => `(${x})`;
  return guarded(g, g.random.weighted([
    [3, `${wrap(a)} ${g.pick(['**', '%', '/', '+', '-', '*', '<<', '>>>', '|', '^', '<', '=='])} ${wrap(b)}`],
    [2, `${wrap(a)}.${g.pick(['toFixed(2)', 'toString(2)', 'toPrecision(3)', 'toExponential(1)', 'toString(36)', 'toFixed(0)', 'toString()', 'toFixed(101)', 'toString(1)'])}`],
    [2, `Math.${g.pick(['round', 'trunc', 'sign', 'cbrt', 'fround', 'clz32', 'floor', 'ceil', 'abs', 'sqrt'])}(${a})`],
    [1, `Math.${g.pick(['max', 'min', 'hypot', 'imul', 'pow', 'atan2'])}(${a}, ${b})`],
    [1, `${g.pick(['Number', 'parseInt', 'parseFloat'])}(${g.pick(["'0x1f'", "' 12 '", "'1e3x'", "''", "'-0'", "'0b1'", "'1_0'", "'Infinity'", 'null', '[5]', "'.5.'", "'0o17'"])}${g.chance(0.3) ? ', 16' : ''})`],
    [2, `${wrap(p)} ${g.pick(['**', '%', '/', '+', '-', '*', '<<', '>>', '&', '<', '=='])} ${wrap(q)}`],
    [1, `${g.pick(['BigInt', 'Number', 'String'])}(${g.pick([a, p, "'12'", "'0x1'", "'x'"])})`],
    [1, `BigInt.as${g.pick(['IntN', 'UintN'])}(${g.pick(['8', '64', '0'])}, ${p})`],
    [1, `${wrap(p)} ${g.pick(['+', '*', '**', '<', '==', '>'])} ${wrap(a)}`],
    [1, `Number.is${g.pick(['Integer', 'SafeInteger', 'Finite', 'NaN'])}(${a})`],
    [1, `(() => { let n = ${g.pick([a, p])}; const o = { n }; return [n++, ++n, n--, -n, o.n **= ${g.pick(['2', '2n'])}, o.n++, o]; })()`],
    [1, `${wrap(a)} ** ${wrap(b)} ** ${g.pick(['0', '2'])}`],
    [0.5, `Object.is(${a}, ${b}) || ${a} === ${b}`],
    [0.5, `(() => { let n = ${a}; n **= ${b}; return [n, ${wrap(a)} ** NaN, (-1) ** Infinity, NaN ** 0]; })()`],
  ]));
}

function date(g) {
  const made = g.pick(['new Date(0)', "new Date('2024-02-29T12:30:45.678Z')", 'new Date(Date.UTC(2023, 11, 31, 23, 59))', 'new Date(NaN)', "new Date('2024-13-01')", 'new Date(8.64e15)', "new Date('2024-01-01')", 'new Date(2024, 0, 31)', "new Date('Tue, 05 Mar 2024 10:00:00 GMT')", 'new Date(-1)']);
  const call = g.pick(['toISOString()', 'getTime()', 'toJSON()', 'getUTCDay()', 'setUTCMonth(1)', 'setUTCDate(0)', 'setUTCFullYear(2023, 1, 29)', 'setUTCHours(25)', 'toUTCString()', 'setTime(1e12)', 'valueOf()', 'getTimezoneOffset()', 'toString()', 'toDateString()', 'setUTCMinutes(undefined)', 'getDate()']);
  return guarded(g, `(() => { const d = ${made}; return [d.${call}, d, ${g.pick(['d + 1', 'd - 1', '`${d}`', 'd < new Date(1)', "d[Symbol.toPrimitive]('number')", 'JSON.stringify({ d })'])}]; })()`);
}

function typed(g) {
  const a = g.name('bytes');
  const kind = g.pick(['Uint8Array', 'Int16Array', 'Float64Array', 'Uint8ClampedArray', 'Int32Array', 'BigInt64Array', 'Float32Array']);
  const v = (n) => (kind.startsWith('Big') ? `${n}n` : n);
  const steps = g.times(2 + g.below(4), () => guarded(g, g.pick([
    `(${a}[${g.pick(['0', '1', '9', '-1', "'0'", '1.5'])}] = ${v(g.pick(['300', '-1', '7']))})`, `${a}[${g.pick(['0', '9', '-1', "'-0'"])}]`, `${a}.length`, `(${a}.length = 0)`, `${a}.fill(${v('5')}, 1)`, `${a}.map((x) => t(x))`, `${a}.subarray(1)`, `${a}.slice(-2)`,
    `${a}.set([${v('1')}, ${v('2')}], ${g.below(3)})`, `[...${a}]`, `${a}.sort()`, `Object.keys(${a})`, `${a}.join()`, `new DataView(${a}.buffer).get${g.pick(['Int8(0)', 'Uint16(0)', 'Float32(0, true)', 'Uint8(99)'])}`, `${a}.at(-1)`, `${a}.indexOf(${v('5')})`, `Object.freeze(${a})`, `delete ${a}[0]`, `Object.defineProperty(${a}, '0', { value: ${v('4')} })`, `'0' in ${a}`, `${a}.extra = 1`, `${a}.copyWithin(0, 1)`, `${a}.reverse()`, `structuredClone(${a})`,
  ])));
  return new List([statement`const ${a} = ${g.pick([`new ${kind}(3)`, `${kind}.of(${v('1')}, ${v('2')}, ${v('300')})`, `${kind}.from([${v('3')}, ${v('1')}, ${v('2')}])`, `new ${kind}(new ArrayBuffer(16), 8)`])};`, ...steps, statement`t(${a});`], '\n');
}

function symbols(g) {
  return guarded(g, g.pick([
    `[Symbol.for('a') === Symbol.for('a'), Symbol.keyFor(Symbol.for('b')), Symbol('c').description, Symbol().toString()]`,
    `Symbol('x') + ''`, `Object.getOwnPropertySymbols({ [Symbol('y')]: 1, a: 2 })`,
    `(class { static [Symbol.hasInstance](v) { return t(${g.label()}, v) === 1; } })[Symbol.hasInstance](1)`,
    `1 instanceof { [Symbol.hasInstance]: (v) => t(${g.label()}, v) }`,
    `+{ [Symbol.toPrimitive](hint) { return t(${g.label()}, hint) && 5; } }`,
    `\`\${{ [Symbol.toPrimitive]: (hint) => hint }}\``, `({ [Symbol.toPrimitive]: (hint) => ({}) }) + 1`,
    `String(Object.defineProperty({}, Symbol.toStringTag, { get() { return t(${g.label()}); } }))`,
    `[].concat({ length: 1, 0: 'x', get [Symbol.isConcatSpreadable]() { return t(${g.label()}, true); } })`,
    `'a-b'.split({ [Symbol.split](s, n) { return t(${g.label()}, s, n); } })`,
    `Object(Symbol.iterator) == Symbol.iterator`, `(() => { const s = Symbol('k'), o = { [s]: 1 }; o[s] += 1; return [o[s]++, o, delete o[s], s in o]; })()`,
  ]));
}

function cloned(g) {
  return guarded(g, `structuredClone(${g.pick(['{ a: [1, , 2], d: new Date(0) }', 'new Map([[1, new Set([2])]])', "new Error('~c')", '() => 1', '[undefined, null, -0, 1n]', '/a/g', "Object('s')", '{ get a() { return t("got"); } }', 'new (class A { x = 1; })()', "Symbol('s')", '(() => { const o = {}; o.o = o; return o; })()'])})`);
}

module.exports = {
  name: 'data',
  statements: [[2, json, { small: true }], [2, numbers, { small: true }], [1, date, { small: true }], [1.5, typed], [1, symbols, { small: true }], [0.5, cloned, { small: true }]],
  expressions: [[0.5, (g) => atom`JSON.stringify(${g.expression()})`]],
  typed: { number: [[1, (g) => expression`${g.pick(NUMBERS)}`], [1, (g) => expression`(${g.expression('number')}) ** ${g.literal('number')}`]] },
};
