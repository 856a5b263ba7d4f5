// One program: which areas it is about, how it is written, and what its files are.

'use strict';

const { Random } = require('./random.cjs');
const { Writer, List, statement, raw } = require('./writer.cjs');
const tree = require('./tree.cjs');

const areas = ['statements', 'exceptions', 'loops', 'iterators', 'async', 'properties', 'closures', 'destructuring', 'classes', 'arrays', 'collections', 'texts', 'expressions', 'data', 'reflection', 'evaluated', 'sloppy', 'syntax', 'modules']
  .map((name) => require(`./areas/${name}.cjs`));

const NAMES = areas.map((area) => area.name);

const TOOLS = 't, boom, told, told_object, it, ait, thenable, px, later';

/** How a program is written: as CommonJS, sloppy or strict, or as an ES module. */
const FORMS = [[5, 'strict'], [3, 'sloppy'], [2, 'module']];

/** Compilers, and those that change nothing. */
const COMPILED = [[70, 'none'], [5, 'typescript-es5'], [4, 'typescript-es2015'], [4, 'typescript-es2017'], [5, 'babel-es5'], [3, 'babel-es2017'], [4, 'esbuild-es2015'], [4, 'esbuild-minify'], [4, 'terser']];

/** The program of a number in a run. `only` names areas that it may be about. */
function program(seed, number, only = null) {
  const key = `${seed}/${number}`;
  const random = new Random(key);
  const allowed = areas.filter((area) => only === null || only.includes(area.name));
  const main = [random.pick(allowed).name];
  if (main[0] === 'modules') return modules(key, random);
  if (random.chance(0.5)) main.push(random.pick(areas.slice(0, -1)).name);
  const form = main[0] === 'sloppy' && random.chance(0.7) ? 'sloppy' : random.weighted(FORMS);
  const compiler = random.weighted(COMPILED);
  const writer = new Writer(`${key}/text`, areas, main, { strict: form !== 'sloppy', module: form === 'module', size: 20 + random.below(60) });
  const kind = random.chance(0.55) ? 'async' : 'plain';
  const body = writer.within(kind, () => new List(sections(writer), '\n'), { returns: random.chance(0.2) });
  const run = kind === 'async' ? raw`async function run() { ${body} }` : raw`function run() { ${body} }`;
  const top = new List(writer.top, '\n');
  return { key, area: main[0], form, compiler, files: { 'run.js': raw`${top}\n${run}\n` } };
}

/** Statements of which most may throw and the program goes on. */
function sections(writer) {
  return writer.times(3 + writer.below(5), () => {
    if (writer.chance(0.25)) return writer.statement();
    return statement`try { ${writer.block(1 + writer.below(2))} } catch (e) { t(${writer.label()}, e); }`;
  });
}

function modules(key, random) {
  const writer = new Writer(`${key}/text`, areas, ['modules'], { strict: true, module: true });
  const group = writer.within('async', () => areas[areas.length - 1].group(writer));
  // A line of a file is what may go when the program is minimized.
  const lines = (text) => new List(text.trim().split('\n').map((line) => raw`${line}`), '\n');
  const files = Object.fromEntries(Object.entries(group).map(([name, text]) => [name, lines(text)]));
  return { key, area: 'modules', form: 'group', compiler: 'none', files };
}

/** The texts of a program's files, some of its nodes replaced, and the file that starts it. */
function written({ form, files }, replaced = new Map()) {
  if (form === 'group') {
    const texts = Object.entries(files).map(([name, it]) => [name, `${tree.print(it, replaced)}\n`]);
    return { files: Object.fromEntries(texts), entry: 'run.js' };
  }
  const text = tree.print(files['run.js'], replaced);
  if (form === 'module') {
    return { files: { 'run.mjs': `import trace from '../trace.js';\nconst { ${TOOLS} } = trace;\n${text}\nexport { run };\n` }, entry: 'run.mjs' };
  }
  const strict = form === 'strict' ? "'use strict';\n" : '';
  return { files: { 'run.js': `${strict}const { ${TOOLS} } = require('../trace.js');\n${text}\nexports.run = run;\n` }, entry: 'run.js' };
}

module.exports = { program, written, NAMES, TOOLS };
