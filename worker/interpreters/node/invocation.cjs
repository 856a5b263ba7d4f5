'use strict';

// One event: calls the handler, and takes the first answer that it gives.
//
// A handler answers by its promise, `callback`, `context.succeed`, `context.fail` or
// `context.done`. The first of them counts. What `callback` is given waits until nothing is left to
// run, unless `callbackWaitsForEmptyEventLoop` is false. The outcome is written when it is known,
// before anything else of the function runs.

const { performance } = require('node:perf_hooks');

const { describe } = require('./errors.cjs');
const { FRAME_MAX, stringify } = require('./frames.cjs');

const now = performance.now.bind(performance);
const { setImmediate } = globalThis;

/** A handler that took less is quick: word of its start can come with its outcome. In milliseconds. */
const QUICK = 1;

let isQuick = false;

/** An event under way, and afterwards. */
class Invocation {
  /** Of the function: its version, the handler, and where its outcome goes. */
  #about;
  #id;
  #started = 0;
  /** The handler gave an answer. It may still wait for the end of the event loop's work. */
  #answered = false;
  /** The outcome was written. */
  #written = false;
  /** Writes the answer that `callback` got. */
  #waiting = null;
  #promised = false;

  constructor(about, id) {
    this.#about = about;
    this.#id = id;
  }

  /** True once the outcome was written. */
  get isOver() {
    return this.#written;
  }

  /** Calls the handler. The outcome is written now or later. */
  run(requestId, deadline, event) {
    const { handler, writer } = this.#about;
    const { context, callback, succeed, fail } = this.#context(requestId, deadline);
    writer.hold(`["started",${this.#id}]`);
    if (!isQuick) writer.flush();
    this.#started = now();
    try {
      const returned = handler(event, context, callback);
      if (returned && typeof returned.then === 'function') {
        this.#promised = true;
        returned.then(succeed, fail);
      }
    } catch (error) {
      this.#answer(() => this.#fail(describe(error)));
    }
    // The handler may turn out to be a slow one.
    if (!this.#answered) setImmediate(() => this.#written || writer.flush());
  }

  /** The event loop has nothing left to do. */
  idle() {
    if (this.#written) return;
    if (this.#waiting !== null) {
      // Listeners of the function come first. Mostly there are none, and a turn of the loop is saved.
      if (process.listenerCount('beforeExit') > 1) setImmediate(this.#waiting);
      else this.#waiting();
    } else if (this.#promised) {
      this.#answered = true;
      this.#fail({
        errorType: 'Runtime.NodeJsExit',
        errorMessage: 'The handler returned a promise that is not settled, and nothing is left to run that could settle it.',
        trace: [],
      });
    } else {
      this.#answered = true;
      this.#succeed(undefined);
    }
  }

  /** The event fails, whatever the handler said before. */
  abort(body) {
    this.#answered = true;
    this.#waiting = null;
    if (!this.#written) this.#fail(body);
  }

  #answer(write) {
    if (this.#answered) return;
    this.#answered = true;
    write();
  }

  #succeed(value) {
    let text;
    try {
      text = JSON.stringify(value) ?? 'null';
    } catch (error) {
      const cause = describe(error);
      this.#fail({ ...cause, errorMessage: `Unable to stringify response body: ${cause.errorMessage}` });
      return;
    }
    const max = Math.min(this.#about.responseMax, FRAME_MAX - 1024);
    // Few values come near the bound, so their bytes need not be counted.
    if (text.length * 3 > max) {
      const length = Buffer.byteLength(text);
      if (length > max) {
        this.#fail({
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `Response payload size (${length} bytes) exceeded maximum allowed payload size (${max} bytes).`,
          trace: [],
        });
        return;
      }
    }
    this.#write('done', text);
  }

  #fail(body) {
    this.#write('failed', stringify(body));
  }

  #write(kind, text) {
    if (this.#written) return;
    this.#written = true;
    const { log, writer, next } = this.#about;
    const took = now() - this.#started;
    isQuick = took < QUICK;
    log.flush();
    writer.send(`["${kind}",${this.#id},${Math.round(took * 1000)},${text}]`);
    setImmediate(next);
  }

  #context(requestId, deadline) {
    const about = this.#about;
    const succeed = (value) => this.#answer(() => this.#succeed(value));
    const fail = (error) => this.#answer(() => this.#fail(describe(error)));
    const done = (error, value) => (error === undefined || error === null ? succeed(value) : fail(error));
    const callback = (error, value) => {
      if ((error !== undefined && error !== null) || !context.callbackWaitsForEmptyEventLoop) {
        done(error, value);
      } else if (!this.#answered) {
        this.#answered = true;
        this.#waiting = () => this.#succeed(value);
      }
    };
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      succeed,
      fail,
      done,
      functionVersion: about.version,
      functionName: about.name,
      memoryLimitInMB: about.memory,
      logGroupName: about.logGroup,
      logStreamName: about.logStream,
      clientContext: undefined,
      identity: undefined,
      invokedFunctionArn: about.arn,
      awsRequestId: requestId,
      tenantId: undefined,
      getRemainingTimeInMillis: () => Math.max(deadline - about.margin - Date.now(), 0),
    };
    return { context, callback, succeed, fail };
  }
}

module.exports = { Invocation };
