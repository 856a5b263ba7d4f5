'use strict';

// `console`, `process.stdout` and `process.stderr` of a function.
//
// Their texts go to the supervisor as log messages that name the event under way. A
// message is written before the call returns: it is not lost if the process is killed by the code
// after it. What native code writes to the descriptors 1 and 2 stays there.

const { StringDecoder } = require('node:string_decoder');
const { Writable } = require('node:stream');
const { format } = require('node:util');

const { stringify } = require('./frames.cjs');
const { cut } = require('./errors.cjs');

/** In rising order. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Methods of `console` that write, and their levels. Others, such as `table`, call these. */
const METHODS = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  log: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
};

/** Longest text of a message, in UTF-16 units; the rest is cut off. */
const TEXT_MAX = 64 * 1024;

/** The log of this process. Until an event begins, nothing names one. */
class Log {
  #writer;
  #event = 'null';
  #requestId = undefined;
  #streams = [];

  constructor(writer) {
    this.#writer = writer;
  }

  /** From now on, messages belong to this event. */
  begin(event, requestId) {
    this.#event = event;
    this.#requestId = requestId;
  }

  /** Sends one message. */
  write(level, text) {
    this.#writer.send(`["log",${this.#event},"${level}",${stringify(cut(text, TEXT_MAX))}]`);
  }

  /** Puts the streams in place of those of the process. */
  installStreams() {
    for (const [name, fd, level] of [['stdout', 1, 'info'], ['stderr', 2, 'error']]) {
      const stream = new LineStream(fd, (line) => this.write(level, line));
      this.#streams.push(stream);
      Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
    }
  }

  /** Replaces the methods of `console`; those below `level` do nothing. */
  installConsole(level, kind) {
    const lowest = Math.max(LEVELS.indexOf(level ?? 'trace'), 0);
    const write = { json: this.#writeJson, text: this.#writeLine }[kind] ?? this.#writePlain;
    for (const [method, name] of Object.entries(METHODS)) {
      const silent = LEVELS.indexOf(name) < lowest && name !== 'fatal';
      console[method] = silent ? () => {} : (...values) => write.call(this, name, values);
    }
    console.log = console.info;
  }

  /** Sends lines that have no end yet. */
  flush() {
    for (const stream of this.#streams) stream.flushLine();
  }

  /** Time, request and level are kept beside the text, so it says only what the function said. */
  #writePlain(level, values) {
    this.write(level, format(...values));
  }

  /** A whole line, as Lambda writes it. */
  #writeLine(level, values) {
    const line = `${new Date().toISOString()}\t${this.#requestId}\t${level.toUpperCase()}\t${format(...values)}`;
    this.write(level, line.replace(/\n/g, '\r'));
  }

  /** An object on a line, as Lambda writes it where the format is JSON. */
  #writeJson(level, values) {
    const line = { timestamp: new Date().toISOString(), level: level.toUpperCase(), requestId: this.#requestId };
    this.write(level, jsonLine(line, values));
  }
}

function jsonLine(line, values) {
  if (values.length === 1) {
    try {
      return stringify({ ...line, message: values[0] }, plainErrors);
    } catch {
      return stringify({ ...line, message: format(values[0]) });
    }
  }
  line.message = format(...values);
  const error = values.find((value) => value instanceof Error);
  if (error !== undefined) {
    line.errorType = error.constructor?.name ?? 'UnknownError';
    line.errorMessage = error.message;
    line.stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : [];
  }
  return stringify(line);
}

/** Errors have no enumerable properties of their own, so JSON would show nothing of them. */
function plainErrors(_, value) {
  if (!(value instanceof Error)) return value;
  return {
    errorType: value.constructor?.name ?? 'UnknownError',
    errorMessage: value.message,
    stackTrace: typeof value.stack === 'string' ? value.stack.split('\n') : value.stack,
    ...value,
  };
}

/** A stream that gives whole lines to `write`. */
class LineStream extends Writable {
  #write;
  #decoder = new StringDecoder('utf8');
  #rest = '';
  /** The line was too long; what comes up to its end is dropped. */
  #isCut = false;

  constructor(fd, write) {
    super({ decodeStrings: true });
    this.fd = fd;
    this.#write = write;
  }

  _write(chunk, _, done) {
    const lines = this.#decoder.write(chunk).split('\n');
    const rest = lines.pop();
    for (const end of lines) {
      const line = this.#rest + end;
      this.#rest = '';
      if (!this.#isCut) this.#write(line);
      this.#isCut = false;
    }
    if (!this.#isCut) {
      this.#rest += rest;
      // A line without an end must not grow without a bound.
      if (this.#rest.length > TEXT_MAX) {
        this.flushLine();
        this.#isCut = true;
      }
    }
    done();
  }

  /** Sends the line that has no end yet. */
  flushLine() {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#write(rest);
    this.#isCut = false;
  }
}

module.exports = { Log };
