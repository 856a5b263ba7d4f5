// Known differences that no line shows for certain. An experiment edits the program on both sides and
// runs it again. It decides by the outcome whether the known difference is the only one.

'use strict';

/** A call of `eval` with a text in double quotes, as the generator writes those with statements. */
const EVALUATED = /\beval\)?(\?\.)?\(("(?:[^"\\]|\\.)*")\)/g;

/** The same program, in which the last statement of each evaluated text gives its value. */
function withOwnValues(source) {
  return source.replace(EVALUATED, (whole, _, literal) => whole.replace(literal, () => JSON.stringify(`${withOwnValues(JSON.parse(literal))}\n;0`)));
}

/** The same program, which traces the message of every error that an evaluated text throws. */
function withMessages(source) {
  return source.replace(EVALUATED, (whole, _, literal) => `((() => { try { return ${whole.replace(literal, () => JSON.stringify(withMessages(JSON.parse(literal))))}; } catch (failed) { t(failed?.message); throw failed; } })())`);
}

const EXPERIMENTS = [
  {
    name: 'values of evaluated statements',
    reason: 'evaluated statements lose their value to a class, a declaration or an iterator that calls a function, and keep one that a loop in a loop should drop (worker/docs/nodejs.md)',
    edit: withOwnValues,
    proves: (result, isKnown) => !result.skipped && !result.rejected && (!result.difference || isKnown(result)),
  },
  {
    name: 'rejected where errors are ignored',
    reason: 'evaluated code that is rejected throws, and the program ignores what is thrown (worker/docs/nodejs.md)',
    edit: withMessages,
    proves: (result) => result.rejected !== undefined,
  },
];

module.exports = { EXPERIMENTS };
