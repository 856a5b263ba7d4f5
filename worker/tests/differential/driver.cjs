// Runs a case's handler in this Node.js with Lambda's rules and prints one JSON line per event.
//
// node driver.cjs FILE EXPORT < events.json

'use strict';

const fs = require('node:fs');
const util = require('node:util');
const { pathToFileURL } = require('node:url');

const [, , file, name] = process.argv;
const events = JSON.parse(fs.readFileSync(0, 'utf8'));
const out = (value) => fs.writeSync(1, JSON.stringify(value) + '\n');

let logs = [];
for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
  console[level] = (...values) => {
    logs.push(util.format(...values));
  };
}

let open = null;

function failed(error) {
  if (util.types.isNativeError(error) || (error && error.name && error.message !== undefined)) {
    return { error: { errorType: error.name, errorMessage: error.message }, logs };
  }
  if (error === null || error === undefined) {
    return { error: { errorType: 'string', errorMessage: 'handled' }, logs };
  }
  return { error: { errorType: typeof error, errorMessage: String(error) }, logs };
}

function settle(answer) {
  if (open === null) return;
  open = null;
  // JSON.stringify(undefined) is no text: Lambda answers null.
  out(answer);
  logs = [];
  setImmediate(next);
}

function returned(value) {
  try {
    const text = JSON.stringify(value);
    return { ok: text === undefined ? null : JSON.parse(text), logs };
  } catch (error) {
    return failed(error);
  }
}

let handler;
let number = 0;

function next() {
  const event = events[number];
  if (event === undefined) process.exit(0);
  number += 1;
  const mine = { waiting: null };
  open = mine;
  // The first call of anything counts, also one of `callback` whose answer still waits.
  const answer = (value) => open === mine && mine.waiting === null && settle(value);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'differential',
    functionVersion: '$LATEST',
    memoryLimitInMB: '128',
    awsRequestId: `event-${number}`,
    getRemainingTimeInMillis: () => 5000,
    succeed: (value) => answer(returned(value)),
    fail: (error) => answer(failed(error)),
    done: (error, value) => answer(error ? failed(error) : returned(value)),
  };
  const callback = (error, value) => {
    if (open !== mine || mine.waiting !== null) return;
    // Lambda writes the answer as text when it sends it, not when it is given.
    const settled = () => (error === null || error === undefined ? returned(value) : failed(error));
    if (context.callbackWaitsForEmptyEventLoop) mine.waiting = settled;
    else answer(settled());
  };
  try {
    const result = handler(event, context, callback);
    if (result !== null && result !== undefined && typeof result.then === 'function') {
      result.then((value) => answer(returned(value)), (error) => answer(failed(error)));
    }
  } catch (error) {
    answer(failed(error));
  }
}

process.on('beforeExit', () => {
  if (open !== null) settle(open.waiting === null ? { ok: null, logs } : open.waiting());
});

async function start() {
  let exports;
  try {
    exports = file.endsWith('.mjs') ? await import(pathToFileURL(file).href) : require(file);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM') throw error;
    exports = await import(pathToFileURL(file).href);
  }
  handler = exports[name];
  next();
}

start().catch((error) => {
  const { error: told } = failed(error);
  for (const _ of events) out({ error: told, logs: [] });
  process.exit(0);
});
