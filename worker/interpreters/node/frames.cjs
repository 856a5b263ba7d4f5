'use strict';

// Frames on the socket that the supervisor left at file descriptor 3; ../README.md has the table
// of messages.
//
// Both directions block, `arrived` aside. The event loop stands still while `read` waits, so no timer
// fires and no socket is served between two events. A message that must not wait is written at once, together
// with those that were held back.
//
// The functions of the platform are taken when the process starts. A function that replaces them
// later, as libraries for tests do, does not change what the supervisor hears.

const { read, readSync, writeSync } = require('node:fs');

const { parse, stringify } = JSON;
const { setImmediate } = globalThis;
const exitNow = process.reallyExit.bind(process);

/** The supervisor's end of the socket. */
const SOCKET = 3;

/** Largest frame in bytes, in both directions. */
const FRAME_MAX = 64 * 1024 * 1024;

/** Exit code after the socket broke. Nobody can be told anything then. */
const EXIT_SOCKET = 70;

/** Bytes that are read and written without a buffer made for the purpose. */
const BUFFER = 256 * 1024;

/** Frames of the supervisor, from a blocking socket. */
class Reader {
  #buffer = Buffer.allocUnsafeSlow(BUFFER);
  #start = 0;
  #end = 0;

  /** Waits for the next frame. Returns its messages, or null if the supervisor is gone. */
  read() {
    if (!this.#fill(4)) return null;
    const length = this.#buffer.readUInt32BE(this.#start);
    if (length > FRAME_MAX) throw new Error(`a frame of ${length} bytes is longer than ${FRAME_MAX}`);
    if (!this.#fill(4 + length)) return null;
    const begin = this.#start + 4;
    const text = this.#buffer.toString('utf8', begin, begin + length);
    this.#start = begin + length;
    if (this.#buffer.length > BUFFER && this.#start === this.#end) {
      this.#buffer = Buffer.allocUnsafeSlow(BUFFER);
      this.#start = this.#end = 0;
    }
    return parse(text);
  }

  /** Calls back when a part of the next frame is there, or the supervisor is gone. Does not block. */
  arrived(callback) {
    if (this.#end > this.#start) {
      setImmediate(callback);
      return;
    }
    this.#start = this.#end = 0;
    read(SOCKET, this.#buffer, 0, this.#buffer.length, null, (error, count) => {
      if (error) exitNow(EXIT_SOCKET);
      this.#end = count;
      callback();
    });
  }

  /** Reads until `wanted` bytes are there. Returns false if the supervisor is gone before. */
  #fill(wanted) {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#start + wanted > this.#buffer.length) this.#makeRoom(wanted);
    while (this.#end - this.#start < wanted) {
      const read = receive(this.#buffer, this.#end);
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }

  #makeRoom(wanted) {
    const old = this.#buffer;
    if (wanted > old.length) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    old.copy(this.#buffer, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }
}

/** Frames for the supervisor. Messages come as JSON text. */
class Writer {
  #buffer = Buffer.allocUnsafeSlow(BUFFER);
  #held = [];

  /** Adds a message to the next frame that is written. */
  hold(message) {
    this.#held.push(message);
  }

  /** Writes a frame of this message and of those that are held. */
  send(message) {
    this.#held.push(message);
    this.flush();
  }

  /** Writes those that are held. */
  flush() {
    if (this.#held.length === 0) return;
    const text = `[${this.#held.join(',')}]`;
    this.#held.length = 0;
    let buffer = this.#buffer;
    // One UTF-16 unit takes at most three bytes.
    if (text.length * 3 + 4 > buffer.length) buffer = Buffer.allocUnsafe(Buffer.byteLength(text) + 4);
    const length = buffer.write(text, 4, 'utf8');
    buffer.writeUInt32BE(length, 0);
    try {
      for (let at = 0; at < length + 4; ) at += writeSync(SOCKET, buffer, at, length + 4 - at);
    } catch {
      exitNow(EXIT_SOCKET);
    }
  }
}

function receive(buffer, at) {
  try {
    return readSync(SOCKET, buffer, at, buffer.length - at, null);
  } catch {
    exitNow(EXIT_SOCKET);
  }
}

module.exports = { FRAME_MAX, Reader, Writer, stringify };
