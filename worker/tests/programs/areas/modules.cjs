// Groups of ES modules: live bindings, cycles, top-level `await`, errors, namespaces, re-exports,
// `import()`, and CommonJS beside them. Each is a program of several files.

'use strict';

const { List, statement, expression, atom, raw, commas } = require('../writer.cjs');

/** Declarations that a module may export, by name. */
function exported(g, name) {
  return g.random.weighted([
    [2, `export let ${name} = t('${name}', ${g.below(9)});`],
    [2, `export const ${name} = t('${name}', ${g.label()});`],
    [2, `export var ${name} = t('${name}', ${g.below(9)});`],
    [2, `export function ${name}() { return t('${name} called', typeof ${name}); }`],
    [1, `export class ${name} { static made = t('${name} made'); m() { return ${g.label()}; } }`],
    [1, `export async function ${name}() { await null; return ${g.label()}; }`],
    [1, `export function* ${name}() { yield t('${name} walked'); }`],
    [1, `let inner${name} = 1; export { inner${name} as ${name} }; inner${name} += 1;`],
    [1, `export const { ${name}, ...rest${name} } = { ${name}: t('${name}'), other: 1 };`],
    [0.7, `export var ${name}; ${name} = t('${name}', 3);`],
    [0.5, `export const [${name} = t('default')] = [];`],
    [0.4, `const hidden${name} = () => 5; export { hidden${name} as ${name}, hidden${name} as 'text ${name}' };`],
  ]);
}

function top(g) {
  return g.random.weighted([
    [3, `t(${g.label()});`], [2, `await null; t(${g.label()});`], [1, `t(${g.label()}, await Promise.resolve(5));`], [0.5, `boom(${g.label()});`], [0.4, `await Promise.reject(new Error('~m'));`],
    [0.5, `try { throw 1; } catch (e) { t(e); } finally { t('finally'); }`], [0.5, `for (const k in { a: 1 }) t(k);`], [0.5, `for await (const v of [1]) t(v);`], [0.4, 't(typeof this, typeof require, typeof import.meta.url, typeof arguments, typeof exports, typeof module, typeof __filename);'], [0.3, `t(typeof globalThis.x00, (0, eval)('typeof x00'), eval('typeof x00'));`], [0.3, `var onTop = 1; t(typeof globalThis.onTop); function topFunction() { return this; } t(topFunction());`], [0.3, `await (async () => { for await (const v of [1]) { try { throw await v; } catch (e) { t(e); continue; } finally { await null; t('f'); } } })();`], [0.3, `class TopClass { static [await 's'] = 5; [await 'k'] = 1; } t(TopClass, new TopClass());`], [0.3, `const { a: topA = await 3, ...topRest } = await { b: 2 }; t(topA, topRest);`], [0.3, `for (let i = await 0; i < await 2; i += 1) t(i, () => i);`], [0.3, `await thenable('top', 1);`],
  ]);
}

/** Names that modules export, and what other modules make of them. */
function group(g) {
  const count = 2 + g.below(3);
  const files = g.times(count, (i) => `m${i}.mjs`);
  const names = g.times(count, (i) => g.times(1 + g.below(3), (k) => `x${i}${k}`));
  const result = {};
  const commons = g.chance(0.3);
  if (commons) result['old.cjs'] = `const { t } = require('../trace.js'); t('old'); ${g.pick(["exports.a = 1; exports.b = () => 2;", "module.exports = { a: 1, b() { return this?.a; } };", "module.exports = class Old { static a = 1; };", "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 7; exports.a = 1;"])}`;
  files.forEach((file, i) => {
    const lines = [`import trace from '../trace.js';`, `const { t, boom, told, told_object, it, ait, thenable, px, later } = trace;`];
    lines[0] = `import trace from '../trace.js';`;
    const body = [];
    for (let n = 0, wanted = g.below(3) + (i === 0 ? 1 : 0); n < wanted; n += 1) {
      // Mostly those after it; others make cycles.
      const j = g.chance(0.65) && i + 1 < count ? i + 1 + g.below(count - i - 1) : g.below(count);
      if (names[j].length === 0) continue;
      const from = `'./${files[j]}'`;
      const x = g.pick(names[j]);
      const local = g.name('in');
      body.push(g.random.weighted([
        [4, () => `import { ${x} as ${local} } from ${from}; const read${local} = () => ${local};\n${use(g, local)}`],
        [2, () => `import * as ${local} from ${from}; ${use(g, `${local}.${x}`)} ${g.pick(['', `try { t(Object.keys(${local}), ${local}[Symbol.toStringTag], '${x}' in ${local}); } catch (e) { t(e); }`, `try { ${local}.${x} = 1; } catch (e) { t(e); }`, `try { delete ${local}.${x}; } catch (e) { t(e); }`, `try { t(Object.getOwnPropertyDescriptor(${local}, '${x}'), Object.isFrozen(${local})); } catch (e) { t(e); }`])}`],
        [1, () => `import ${local} from ${from}; ${use(g, local)}`],
        [1, () => `export { ${x} as re${local} } from ${from};`],
        [1, () => `export * from ${from};`],
        [1, () => `export * as ns${local} from ${from};`],
        [1, () => `import ${from};`],
        [0.15, () => `import { nowhere as ${local} } from ${from}; t(${local});`],
        [0.5, () => `import ${local}, { ${x} as other${local} } from ${from}; ${use(g, `other${local}`)}`],
        [0.5, () => `export { default as default${local}, ${x} as 'a text ${local}' } from ${from};`],
        [0.7, () => `import { ${x} as ${local} } from ${from}; ${shadow(g, local)}`],
        [0.5, () => `try { await import(${from}); } catch (e) { t(e); } try { await import(${from}); } catch (e) { t('again', typeof e); }`],
        [0.3, () => `import { ${x} as ${local} } from ${from}; export { ${local} }; export { ${local} as twice${local} };`],
        [1, () => `try { const { ${x}: ${local} } = await import(${from}); t(${g.label()}, ${local}); } catch (e) { t(e); }`],
      ])());
    }
    if (commons && g.chance(0.5)) { const local = g.name('old'); body.push(g.pick([`import ${local} from './old.cjs'; t(${local});`, `import { a as ${local} } from './old.cjs'; t(${local});`, `import * as ${local} from './old.cjs'; t(Object.keys(${local}));`])); }
    for (const name of names[i]) body.push(exported(g, name));
    if (g.chance(0.3)) body.push(g.pick([`export default t(${g.label()}, 'default');`, `export default function () { return ${g.label()}; }`, `export default class { static n = t('class'); }`, `const d = 1; export { d as default };`, `export default async () => t(${g.label()});`, `export default function named() { return typeof named; }`]));
    body.push(...g.times(1 + g.below(2), () => top(g)));
    const changed = names[i][0];
    body.push(`export const change${i} = () => { try { ${changed} = t('changed'); } catch (e) { t(e); } };`);
    lines.push(...g.random.shuffled(body).map((text) => text));
    result[file] = lines.join('\n') + '\n';
  });
  const first = `const trace = require('../trace.js'); const { t } = trace;
exports.run = async () => {
  let works = true;
  try {
    const m = await import('./${files[0]}');
    for (const k of Object.keys(m)) { try { t(k, m[k]); if (k.startsWith('change')) { m[k](); } } catch (e) { t(k, e); } }
    ${g.chance(0.5) ? `t(m === await import('./${files[0]}'));` : ''}
  } catch (e) { works = false; t('import', e); }
  ${g.chance(0.5) ? `if (works) try { const m = await import('./${g.pick(files)}'); for (const k of Object.keys(m)) { try { t(k, m[k]); } catch (e) { t(k, e); } } } catch (e) { t('again', e); }` : ''}
};
`;
  result['run.js'] = first;
  return result;
}

/** Names of imports that other things have too, and every way to use one. */
function shadow(g, name) {
  return `try { ${g.pick([
    `((${name}) => t(${name}))(1); { const ${name} = 2; t({ ${name} }); } t(typeof ${name});`,
    `const f = ({ ${name}: inner }, x = () => ${name}) => { var ${name}2 = inner; return [${name}2, typeof x()]; }; t(f({ ${name}: 3 }));`,
    `try { throw 4; } catch (${name}) { t(${name}); } for (const ${name} of [5]) t(${name}); for (const k in { ${name}: 6 }) t(k);`,
    `(function ${name}() { t(typeof ${name}); })(); t((class ${name} {}).name, { ${name}: 7 }.${name}, { ${name}() { return 8; } }.${name}());`,
    `t(new ${name}()); `, `t(${name}\`a\${1}\`);`, `t(${name}?.(), ${name}?.made);`, `[${name}] = [t('value')];`, `({ a: ${name} } = { a: t('value') });`, `for (${name} of [1]) t('no');`, `${name}++;`, `${name} += t('value');`, `class Sub extends ${name} {} t(new Sub().m?.());`, `t([...${name}()]);`, `t(((a = ${name}) => typeof a)(), [${name}, ${name}].length, (${name}, 1), typeof (() => ${name})());`, `t(delete { a: ${name} }.a, ${name} instanceof Function, ${name} === ${name});`, `switch (${name}) { case ${name}: t('same'); }`, `t(this?.x, ${name}.call?.({ a: 1 }));`, `label: { const o = { get ${name}() { return 1; } }; t(o.${name}); break label; }`,
  ])} } catch (e) { t(${g.label()}, e); }`;
}

function use(g, name) {
  return g.pick([
    `try { t(${g.label()}, ${name}); } catch (e) { t(${g.label()}, e); }`,
    `try { t(${g.label()}, ${name}()); } catch (e) { t(${g.label()}, e); }`,
    `try { t(${g.label()}, typeof ${name}); } catch (e) { t(${g.label()}, e); }`,
    `try { t(${g.label()}, ${name}?.name, { a: ${name} }, [${name}].length); } catch (e) { t(${g.label()}, e); }`,
    `try { t(${g.label()}, \`\${typeof ${name}}\`, ${name}?.made); } catch (e) { t(${g.label()}, e); }`,
    `export const late${g.name('l')} = () => ${name};`,
    `queueMicrotask(() => { try { t(${g.label()}, ${name}); } catch (e) { t(${g.label()}, e); } });`,
    `try { eval('t(${g.label().replace(/'/g, '"')}, typeof ${/\./.test(name) ? '1' : name})'); } catch (e) { t(e); }`,
    ...(/\./.test(name) ? [] : [`try { ${name} = 3; } catch (e) { t(${g.label()}, e); }`]),
  ]);
}

module.exports = { name: 'modules', group, statements: [], expressions: [] };
