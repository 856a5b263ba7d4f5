// Differences that are known and documented, each by a rule with its reason. A rule for lines says
// whether two lines mean the same, and what follows is compared as well. The other rules see both
// traces and the program's texts, and say whether they explain the first difference.

'use strict';

// Words with which V8 describes errors of the language.
const V8_WORDS = /is not a constructor|is not iterable|before initialization|is not a function|is not defined|Cannot (read|set|convert|redefine|destructure)/;

const LINES = [
  {
    name: 'words of errors',
    reason: 'texts of errors that the language raises are the words of the engine (worker/docs/nodejs.md)',
    same: (expected, got) => V8_WORDS.test(expected) && / '/.test(got) && expected.split(' ')[0] === got.split(' ')[0],
  },
  {
    name: 'last digits',
    reason: 'functions of Math and powers may differ in the last digits of a fraction (worker/docs/nodejs.md)',
    same: (expected, got) => rounded(expected) === rounded(got),
  },
];

const rounded = (line) => line.replace(/\d*\.\d{12,}(e[+-]\d+)?/g, (number) => Number(number).toPrecision(12));

/** True if a rule says that two lines mean the same. */
const sameLine = (expected, got) => LINES.some(({ same }) => same(expected, got));

/** True for a line that Brink alone may have: a proxy sees a key that no object has (worker/docs/nodejs.md). */
const isExtra = (line) => /^'\w+ get'$/.test(line);

const RULES = [
  {
    name: 'class name of what inherits from a proxy',
    reason: 'V8 says [object Function] of an object whose prototype is a proxy of a function; the standard says Object',
    explains: ({ expected, got, at }) => (expected[at] ?? '').replace('Function{', '{') === got[at] && /Function\{/.test(expected[at]),
  },
  {
    name: 'prototype of a parent class',
    reason: 'V8 evaluates computed keys of a class before it reads `prototype` of the parent; the standard says after',
    explains: ({ expected, got, at }) => /get prototype/.test(got[at] ?? '') && expected.slice(at).includes(got[at]),
  },
  {
    name: 'imports in evaluated code',
    reason: 'what a direct eval in a module evaluates does not see the imported names (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }, text) => /\bimport\b/.test(text) && /eval\('t\("\w+", typeof \w+\)'\)/.test(text) && / 'undefined'$/.test(got[at] ?? '') && expected[at] !== undefined,
  },
  {
    name: 'an iterator that is asked again',
    reason: 'an array pattern whose value is used asks an iterator of the function once more after its end (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }) => / next' undefined$/.test(got[at] ?? '') && expected[at] === got[at + 1],
  },
  {
    name: 'values of evaluated statements',
    reason: 'the value of evaluated statements is another one after a `try` with an `if` without a branch to run, and none before a declaration with `void` or a comma (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }, text) => /eval\(/.test(text) && [expected[at], got[at]].some((line) => / undefined$/.test(line)) && expected[at]?.split(' ')[0] === got[at]?.split(' ')[0],
  },
  {
    name: 'targets of null',
    reason: 'V8 evaluates the target of the first property before it refuses to take null or undefined apart; the standard says after',
    explains: ({ expected, got, at }, text) => /<(Reference|Type)Error>/.test(`${expected[at]}${got[at]}`) && /\w+: *[\w$]+[[.][^;]*\} *= *(null|undefined|void 0)\b/.test(text),
  },
  {
    name: 'letters that fold to ASCII',
    reason: 'the matcher folds U+017F and U+212A to s and k where V8 does not (worker/docs/nodejs.md)',
    explains: (difference, text) => /\\u212a|\\u017f|\u212a|\u017f/i.test(text) && /\/[a-z]*i[a-z]*\b/.test(text),
  },
];

/** The name of the rule that explains a difference, or null. */
function excused(difference, texts) {
  const whole = Object.values(texts).join('\n');
  const rule = RULES.find(({ explains }) => explains(difference, whole));
  return rule ? rule.name : null;
}

module.exports = { LINES, RULES, excused, isExtra, sameLine };
