// Measures the operations of this folder here and in Node.js, and prints both beside each other.
//
// node compare.cjs BRINK [texts | expressions | objects] [part of a name] [--n 16000] [--times 5]
//
// Each line has milliseconds for n and for 8n, how many times as long 8n takes, and our time for
// 8n divided by Node.js'. What is over the limits is marked: more than 12 times as long for 8
// times as much, or more than 20 times Node.js where that takes more than 5 ms.

'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { n: { type: 'string', default: '16000' }, times: { type: 'string', default: '5' } },
});
const [brink, only, part = ''] = positionals;
const n = Number(values.n);
const times = Number(values.times);
const { handler } = require('./measure.js');

const GROWTH_MAX = 12;
const RATIO_MAX = 20;
const COUNTS_FROM = 5;

function here(events) {
  const input = events.map((event) => JSON.stringify(event)).join('\n');
  const args = ['run', path.join(__dirname), '--handler', 'measure.handler', '--events', '-', '--raw'];
  const limits = ['--timeout', '60', '--memory', '3000'];
  const run = spawnSync(brink, [...args, ...limits], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  if (lines.length !== events.length) throw new Error(run.stderr);
  return lines.map((line) => (line.ok === undefined ? NaN : line.ok));
}

const shown = (ms) => (Number.isNaN(ms) ? 'failed' : ms.toFixed(2)).padStart(10);

async function main() {
  for (const file of ['texts', 'expressions', 'objects']) {
    if (only !== undefined && only !== file) continue;
    const names = (await handler({ file })).filter((name) => name.includes(part));
    const events = names.flatMap((name) => [n, 8 * n].map((n) => ({ file, name, n, times })));
    const ours = here(events);
    console.log(`\n${file.padEnd(36)}${`n = ${n}`.padStart(10)}${'8n'.padStart(10)}  grows ${'Node.js'.padStart(10)}  ratio`);
    for (const [at, name] of names.entries()) {
      const [one, eight] = [ours[2 * at], ours[2 * at + 1]];
      const node = await handler(events[2 * at + 1]);
      const [grows, ratio] = [eight / one, eight / node];
      const over = !(grows <= GROWTH_MAX || eight < COUNTS_FROM) || !(ratio <= RATIO_MAX || node < COUNTS_FROM);
      console.log(`${name.padEnd(36)}${shown(one)}${shown(eight)}${grows.toFixed(1).padStart(7)} ${shown(node)}${ratio.toFixed(1).padStart(7)}${over ? '  over' : ''}`);
    }
  }
}

main();
