// Writes programs, has both sides run them, and tells what differs.
//
// node main.cjs --seed S --count N [--first N] [--step N] [--brink PROGRAM] [--packages FOLDER]
//               [--work FOLDER] [--keep FOLDER] [--areas a,b] [--minimize N] [--seconds N] [--limit SECONDS]
//
// Without `--brink` it asks the test that started it to run bundles, by lines of JSON.

'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { program } = require('./program.cjs');
const { bundle } = require('./bundles.cjs');
const { Compilers } = require('./compilers.cjs');
const { inNode, Tool, Test } = require('./sides.cjs');
const { difference, rejection } = require('./compare.cjs');
const { excused } = require('./rules.cjs');
const { EXPERIMENTS } = require('./experiments.cjs');
const { minimize } = require('./minimize.cjs');
const { report } = require('./report.cjs');

const { values: options } = parseArgs({ options: Object.fromEntries(['seed', 'count', 'first', 'step', 'brink', 'packages', 'work', 'keep', 'areas', 'minimize', 'seconds', 'batch', 'limit'].map((name) => [name, { type: 'string' }])) });
const seed = options.seed ?? '1';
const number = (name, otherwise) => Number(options[name] ?? otherwise);
const BATCH = number('batch', 40);
const EVENT_SECONDS = number('seconds', 20);

const side = options.brink ? new Tool(options.brink) : new Test();
const compilers = new Compilers(options.packages);
const work = options.work ?? fs.mkdtempSync(path.join(os.tmpdir(), 'programs-'));
const counts = { programs: 0, byArea: {}, byCompiler: {}, differ: 0, rejected: {}, excused: {}, skipped: 0, minimized: 0 };
const count = (table, name) => { table[name] = (table[name] ?? 0) + 1; };
let folders = 0;

/** Runs items in one bundle. Each gets `{ skipped }`, `{ rejected }` or `{ difference, texts }`. */
async function compare(items, seconds = EVENT_SECONDS) {
  const folder = path.join(work, `b${(folders += 1)}`);
  const { entries, texts } = await bundle(folder, items, compilers);
  let there = entries.map((_, i) => i).filter((i) => entries[i] !== null);
  const node = inNode(folder, there.map((i) => entries[i]));
  const results = items.map(() => ({ skipped: true }));
  const rejections = new Map();
  const all = there;
  let brink;
  for (;;) {
    brink = there.length === 0 ? { pairs: [] } : await side.run(folder, there.map((i) => entries[i]), seconds);
    if (!brink.rejected) break;
    // A rejected program is named by its path, and the others go on without it. Node.js may still read it.
    await node;
    const named = there.filter((i) => brink.rejected.includes(`p${i}/`));
    for (const at of named.length > 0 ? named : there) {
      const lines = brink.rejected.split('\n').filter((line) => line.includes(`p${at}/`));
      rejections.set(at, lines[0] ?? brink.rejected);
      fs.rmSync(path.join(folder, `p${at}`), { recursive: true });
    }
    there = there.filter((i) => !rejections.has(i));
  }
  const traces = await node;
  all.forEach((i, at) => {
    // A program that Node.js cannot read says nothing.
    if (traces[at] === null || unreadable(traces[at])) return;
    const said = rejections.get(i);
    const [warm, second] = said ? [{ error: { errorType: 'rejected', errorMessage: said } }] : brink.pairs[there.indexOf(i)];
    const rejected = rejection(warm) ?? (second && rejection(second));
    const isLong = JSON.stringify(traces[at]).includes('~long');
    results[i] = rejected ? { rejected, texts: texts[i] } : { difference: difference(traces[at], warm, second), isLong, texts: texts[i] };
  });
  fs.rmSync(folder, { recursive: true });
  return results;
}

const unreadable = (traces) => traces !== 'unsettled' && traces[0].length === 1 && traces[0][0].startsWith('thrown <SyntaxError>');

/**
 * Why a program that does not differ alone may differ beside others: they share an environment. The second environment
 * runs each program once, when Node.js has run those before it twice; and a program that differs, or whose trace became
 * too long, may leave something else.
 */
async function neighbours(it, { difference }, items, results) {
  if (difference.where.startsWith('second environment')) return 'left by the second run of another program';
  const equal = items.filter((_, i) => !results[i].difference && !results[i].isLong && !results[i].rejected && !results[i].skipped);
  const again = await compare([...equal, { program: it }]);
  return again.at(-1).difference ? null : 'left by a program that differs';
}

const isKnown = ({ difference, texts }) => excused(difference, texts) !== null;

/** The name of the experiment that explains the difference of a program, or null. */
async function explained(it) {
  for (const { name, edit, proves } of EXPERIMENTS) {
    const [result] = await compare([{ program: it, edit }]);
    if (proves(result, isKnown)) return name;
  }
  return null;
}

async function examine(it, first, items, results) {
  const [alone] = await compare([{ program: it }]);
  const found = alone.difference ? alone : first;
  const company = !alone.difference;
  const excuse = company ? await neighbours(it, first, items, results) : await explained(it);
  if (excuse) { count(counts.excused, excuse); return; }
  counts.differ += 1;
  let replaced = new Map();
  if (!company && counts.minimized < number('minimize', 20)) {
    counts.minimized += 1;
    const { kind } = found.difference;
    const differences = async (items) => (await compare(items, kind === 'timeout' ? 1 : 5)).map((result) => (result.difference && !excused(result.difference, result.texts) ? result.difference : null));
    replaced = await minimize(it, kind, differences);
  }
  const [smallest] = replaced.size > 0 ? await compare([{ program: it, replaced }]) : [found];
  const told = report(it, smallest.difference ? smallest : found, company);
  if (options.keep) {
    fs.mkdirSync(options.keep, { recursive: true });
    fs.writeFileSync(path.join(options.keep, `${it.key.replace(/\W+/g, '-')}.js`), told);
  }
  tell({ found: told });
}

function tell(value) {
  if (options.brink) console.log(value.found ?? JSON.stringify(value, null, 1));
  else process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function main() {
  const [first, step, end] = [number('first', 0), number('step', 1), number('count', 400)];
  const only = options.areas ? options.areas.split(',') : null;
  let done = 0;
  const stopAt = Date.now() + number('limit', 1e9) * 1000;
  while (first + done * step < end && Date.now() < stopAt) {
    const numbers = Array.from({ length: BATCH }, (_, i) => first + (done + i) * step).filter((i) => i < end);
    done += numbers.length;
    const items = numbers.map((i) => ({ program: program(seed, i, only) }));
    const results = await compare(items);
    for (const [i, result] of results.entries()) {
      const it = items[i].program;
      if (result.skipped) { counts.skipped += 1; continue; }
      counts.programs += 1;
      count(counts.byArea, it.area);
      count(counts.byCompiler, it.compiler);
      if (result.rejected) { count(counts.rejected, String(result.rejected).slice(0, 160)); continue; }
      if (!result.difference) continue;
      const rule = excused(result.difference, result.texts);
      if (rule) { count(counts.excused, rule); continue; }
      await examine(it, result, items, results);
    }
  }
  tell({ done: counts });
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
