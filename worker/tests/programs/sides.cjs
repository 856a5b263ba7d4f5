// The two sides that run a bundle: Node.js in a process of its own, and Brink's sandbox by way of
// the test or of `brink run`.

'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');

/** Longest that Node.js may take for one program. Programs end by themselves. */
const NODE_MAX_MS = 20_000;

/** The traces of each entry; null for one that does not end or takes the process with it. */
async function inNode(folder, entries) {
  const traces = entries.map(() => null);
  let from = 0;
  while (from < entries.length) {
    const ran = await nodeProcess(folder, entries.slice(from), (at, value) => { traces[from + at] = value; });
    from += ran + 1;
  }
  return traces;
}

/** Gives how many entries were run in full. */
function nodeProcess(folder, entries, tell) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [path.join(__dirname, 'node.cjs'), folder], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, TZ: 'UTC' } });
    let ran = 0;
    const stop = () => child.kill('SIGKILL');
    let timer = setTimeout(stop, NODE_MAX_MS);
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(timer);
      timer = setTimeout(stop, NODE_MAX_MS);
      const { at, traces } = JSON.parse(line);
      tell(at, traces);
      ran = at + 1;
    }).on('close', () => { clearTimeout(timer); done(ran); });
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(entries));
  });
}

/** Events for a list of entries: first all in one environment, then each in one of its own. */
function eventsOf(entries) {
  return [
    ...entries.map((program) => ({ event: { program, times: 2 }, fresh: false })),
    ...entries.map((program) => ({ event: { program, times: 1 }, fresh: true })),
  ];
}

const paired = (entries, outcomes) => entries.map((_, i) => [outcomes[i], outcomes[entries.length + i]]);

/** Brink by `brink run`. */
class Tool {
  constructor(program) { this.program = program; }

  async run(folder, entries, seconds) {
    const lines = async (more, events) => {
      const child = spawn(this.program, ['run', folder, '--raw', '--events', '-', '--timeout', String(seconds), '--handler', 'index.handler', ...more], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC' } });
      const texts = [];
      let said = '';
      child.stderr.on('data', (data) => { said += data; });
      child.stdin.on('error', () => {});
      child.stdin.end(events.map((event) => JSON.stringify(event)).join('\n'));
      for await (const line of readline.createInterface({ input: child.stdout })) texts.push(JSON.parse(line));
      return texts.length === events.length ? { outcomes: texts } : { rejected: said };
    };
    const warm = await lines([], entries.map((program) => ({ program, times: 2 })));
    if (warm.rejected) return warm;
    const second = await lines(['--fresh'], entries.flatMap((program) => [{ program, times: 1 }]));
    if (second.rejected) return second;
    return { pairs: paired(entries, [...warm.outcomes, ...second.outcomes]) };
  }
}

/** Brink by the test that started this process: a request a line, an answer a line. */
class Test {
  constructor() {
    this.lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  }

  async run(folder, entries, seconds) {
    process.stdout.write(`${JSON.stringify({ run: { folder, events: eventsOf(entries), seconds } })}\n`);
    const { value } = await this.lines.next();
    const answer = JSON.parse(value);
    return answer.rejected ? answer : { pairs: paired(entries, answer.outcomes) };
  }
}

module.exports = { inNode, Tool, Test };
