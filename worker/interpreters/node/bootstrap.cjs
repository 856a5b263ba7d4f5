'use strict';

// Runs a function's events in Node.js for the supervisor.
//
// The supervisor starts `node bootstrap.cjs` with a blocking Unix stream socket at descriptor 3.
// Both sides send frames over it: four bytes of length, big-endian, then that many bytes of JSON, an
// array of messages. ../README.md has the table of messages.
//
// The process says `ready` and blocks. It gets one `load`, then events, any number in a frame. It
// runs them one after another in the order in which they came, and writes each outcome before the
// next handler starts. With no event to run it blocks again, so nothing of the function runs.

const { Reader, Writer, stringify } = require('./frames.cjs');
const { RuntimeFault, describe, describeRejection } = require('./errors.cjs');
const { load } = require('./handler.cjs');
const { Invocation } = require('./invocation.cjs');
const { Log } = require('./logs.cjs');
const connections = require('./connections.cjs');
require('./machine.cjs');

const { hrtime } = process;
const { setImmediate } = globalThis;
const exit = process.exit.bind(process);

/** Exit codes of Lambda's runtime. */
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

const reader = new Reader();
const writer = new Writer();
const log = new Log(writer);

/** The event under way or the one before; null while the function loads. */
let current = null;
let loaded = false;
/** A debugger may be there. It is served between events too, so the process does not block then. */
let isInspected = false;
let about = null;
let queue = [];
let at = 0;

/** Waits until there is an event, and runs it. */
function next() {
  if (isInspected && at === queue.length) {
    log.flush();
    writer.flush();
    reader.arrived(run);
  } else {
    run();
  }
}

/** Blocks until there is an event, and runs it. */
function run() {
  const [, id, requestId, deadline, event] = nextEvent();
  log.begin(id, requestId);
  current = new Invocation(about, id);
  current.run(requestId, deadline, event);
}

/** The next message of the kind `invoke`. Others are of supervisors to come. */
function nextEvent() {
  for (;;) {
    while (at === queue.length) {
      queue = receive();
      at = 0;
    }
    const message = queue[at];
    // Events take memory; one that is over needs none.
    queue[at] = undefined;
    at += 1;
    if (message[0] === 'invoke') return message;
  }
}

/** The next frame. Nothing is held back while the process waits for it. */
function receive() {
  log.flush();
  writer.flush();
  const messages = reader.read();
  if (messages === null) exit(0);
  return messages;
}

/** An error outside of any promise and callback ends the event and the process. */
function fault(body, code) {
  if (current !== null && !current.isOver) {
    // The supervisor hears of it no later than of the outcome, so it sends no further event.
    writer.hold('["ends"]');
    current.abort(body);
  } else if (current === null && !loaded) {
    writer.send(`["rejected",${stringify(body)}]`);
  } else {
    // No event is left that could fail for it, and none may come after it.
    writer.hold('["ends"]');
    log.write('error', stringify(body));
  }
  exit(code);
}

function watch() {
  process.on('uncaughtException', (error) => fault(describe(error), EXIT_UNCAUGHT_EXCEPTION));
  process.on('unhandledRejection', (reason) => fault(describeRejection(reason), EXIT_UNHANDLED_REJECTION));
  process.on('exit', () => {
    log.flush();
    writer.flush();
  });
  process.on('beforeExit', () => {
    if (current !== null) {
      current.idle();
    } else if (!loaded) {
      fault(describe(new RuntimeFault('NodeJsExit', 'A module awaits something that never comes.')), 13);
    }
  });
}

/** Takes the surroundings of the function over. */
function settle(settings) {
  for (const [name, value] of Object.entries(settings.env ?? {})) process.env[name] = value;
  if (/(^|\s)--enable-source-maps(\s|$)/.test(process.env.NODE_OPTIONS ?? '')) process.setSourceMapsEnabled(true);
  connections.install(settings);
  process.chdir(settings.folder);
  // The function finds nothing of ours among its modules.
  for (const file of Object.keys(require.cache)) if (file.startsWith(`${__dirname}/`)) delete require.cache[file];
  log.installStreams();
  log.installConsole(settings.log_level, settings.log_format);
}

async function main() {
  writer.send(`["ready",${stringify({ runtime: 'nodejs', version: process.versions.node })}]`);
  connections.prepare();
  const [[kind, settings], ...early] = receive();
  if (kind !== 'load') throw new Error(`the first message is ${kind} and not load`);
  watch();
  if (settings.inspect) {
    isInspected = true;
    require('./inspector.cjs').open(settings.inspect);
  }
  const started = hrtime.bigint();
  let handler;
  try {
    settle(settings);
    handler = await load(settings.folder, settings.handler);
  } catch (error) {
    log.flush();
    return fault(describe(error), EXIT_UNCAUGHT_EXCEPTION);
  }
  about = {
    handler,
    log,
    writer,
    next,
    name: settings.function,
    version: settings.version,
    memory: String(settings.memory_mb),
    arn: settings.arn,
    logGroup: settings.log_group,
    logStream: settings.log_stream,
    responseMax: settings.response_max ?? Infinity,
    margin: settings.deadline_margin_ms ?? 0,
  };
  loaded = true;
  queue = early;
  log.flush();
  writer.send(`["loaded",${(hrtime.bigint() - started) / 1000n}]`);
  setImmediate(next);
}

main();
