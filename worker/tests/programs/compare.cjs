// Compares the traces of one program, and shows where they differ.

'use strict';

const { isExtra, sameLine } = require('./rules.cjs');

/** What Brink says of a program that it rejects rather than run it wrong. */
const REJECTED = /rejected: ([^>]*)>|([^:\n]*) cannot be run here/;

/**
 * `node` is the two traces of Node.js, or `unsettled` for a program that waits for ever; `warm` and `second` are outcomes of Brink: two traces in an
 * environment, and one in another. Gives null if they are equal, otherwise `{ kind, where, expected, got }`.
 */
function difference(node, warm, second) {
  for (const [where, outcome, expected] of [['warm', warm, node], ['second environment', second, node.slice(0, 1)]]) {
    if (outcome.error) {
      const { errorType, errorMessage } = outcome.error;
      // The trace became too long, at a place where nobody could catch the error.
      if (errorMessage === '~long') return null;
      const kind = errorType === 'rejected' ? 'unreadable' : /Limit|timed out|TimeoutError|given up/i.test(`${errorType} ${errorMessage}`) ? 'timeout' : 'failure';
      return { kind, where, expected: node === 'unsettled' ? ['never settles'] : node[0], got: [`${errorType}: ${errorMessage}`], at: 0 };
    }
    const traces = outcome.ok;
    if (node === 'unsettled') {
      if (traces === null) continue;
      return { kind: 'settled', where, expected: ['never settles'], got: traces[0], at: 0 };
    }
    if (traces === null) return { kind: 'unsettled', where, expected: expected[0], got: ['never settles'], at: 0 };
    for (let run = 0; run < expected.length; run += 1) {
      const got = common(expected[run], traces[run] ?? []);
      const at = unequal(expected[run], got);
      if (at >= 0) {
        const kind = got.some((line) => line.startsWith('thrown <SyntaxError')) ? 'unreadable' : 'trace';
        return { kind, where: `${where}, run ${run + 1}`, expected: expected[run], got, at };
      }
    }
  }
  return null;
}

function unequal(expected, got) {
  const length = Math.max(expected.length, got.length);
  for (let i = 0; i < length; i += 1) {
    if (i >= expected.length || i >= got.length || (expected[i] !== got[i] && !sameLine(expected[i], got[i]))) return i;
  }
  return -1;
}

/** The lines without those that only Brink may have. */
function common(expected, lines) {
  const kept = [];
  for (const line of lines) if (!isExtra(line) || expected[kept.length] === line) kept.push(line);
  return kept;
}

/** The code of the program that Brink rejects, in its words; null if it runs the program. */
function rejection(outcome) {
  const texts = outcome.error ? [outcome.error.errorMessage] : (outcome.ok ?? []).flat();
  for (const text of texts) {
    const found = REJECTED.exec(text);
    if (found) return found[1] ?? found[2];
  }
  return null;
}

module.exports = { difference, rejection };
