// Runs programs of a bundle in this Node.js: `node node.cjs FOLDER`, a JSON text with entries on
// standard input, a line with the traces of each on standard output.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');

// A program may go on for ever, also when the process that started this one is gone.
new Worker(`setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL'); }, 1000);`, { eval: true }).unref();

const entries = JSON.parse(fs.readFileSync(0, 'utf8'));
const { handler } = require(path.join(path.resolve(process.argv[2]), 'index.js'));
const out = (value) => fs.writeSync(1, `${JSON.stringify(value)}\n`);

let at = -1;

async function run() {
  while (at + 1 < entries.length) {
    at += 1;
    out({ at, traces: await handler({ program: entries[at], times: 2 }) });
  }
  process.exit(0);
}

// A program that waits for what never comes: the next one has its turn.
process.on('beforeExit', () => {
  if (at >= entries.length) return;
  out({ at, traces: 'unsettled' });
  run();
});
// What is thrown where nobody can catch it is not what is compared.
process.on('uncaughtException', () => {});
run();
