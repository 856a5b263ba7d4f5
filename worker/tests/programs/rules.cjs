// Known and documented differences. Each has a rule with its reason. A rule for lines decides whether
// two lines mean the same; the lines after them are compared too. The other rules get both traces and
// the program's texts, and decide whether they explain the first difference.

'use strict';

// Words with which V8 describes errors of the language.
const V8_WORDS = /is not a constructor|is not iterable|before initialization|is not a function|is not defined|is read-only|not extensible|is not an (entry )?object|does not provide|requires 'new'|called on non-object|Invalid (array length|count value)|Invalid flags|Invalid regular|Assignment to constant|Cannot [a-z]+/;

const LINES = [
  {
    name: 'words of errors',
    reason: 'texts of errors that the language raises are the words of the engine (worker/docs/nodejs.md)',
    same: (expected, got) => V8_WORDS.test(expected) && ((/ \[?.*'/.test(got) && expected.split(' ')[0] === got.split(' ')[0]) || (isText(expected) && isText(got))),
  },
  {
    name: 'last digits',
    reason: 'functions of Math and powers may differ in the last digits of a fraction (worker/docs/nodejs.md)',
    same: (expected, got) => rounded(expected) === rounded(got),
  },
  {
    name: 'frozen typed arrays',
    reason: 'V8 freezes the other properties of a typed array before it refuses to freeze its elements; the standard says after',
    same: (expected, got) => /(Int|Uint|Float)\w*Array\{/.test(expected) && expected.replace(/-[ecw]+\b/g, '') === got.replace(/-[ecw]+\b/g, ''),
  },
  {
    name: 'stack of an error',
    reason: 'the stack is a property of the object in V8, and of its prototype here',
    same: (expected, got) => {
      const others = expected.replace(/stack(-e: '[^']*'|: \{value: '[^']*', writable: true, enumerable: false, configurable: true\})(, )?/g, '');
      // Long lines are cut.
      return others === got || (others !== expected && others.endsWith('...') && got.startsWith(others.slice(0, -3)));
    },
  },
  {
    name: 'insides of timers',
    reason: 'properties of timers with an underscore are not a public interface',
    same: (expected, got) => /_idleTimeout/.test(expected) && /_idleTimeout/.test(got),
  },
];

const isText = (line) => /^'[^']*'$/.test(line);
const rounded = (line) => line.replace(/\d*\.\d{9,}(e[+-]\d+)?/g, (number) => Number(number).toPrecision(12));

/** True if a rule says that two lines mean the same. */
const sameLine = (expected, got) => LINES.some(({ same }) => same(expected, got));

/** True for a line that Brink alone may have: a proxy sees a key that no object has, and an iterator is asked again (worker/docs/nodejs.md). */
const isExtra = (line) => /^'\w+ (get|next' undefined)'?$/.test(line);

const RULES = [
  {
    name: 'frozen typed arrays',
    reason: 'V8 freezes the other properties of a typed array before it refuses to freeze its elements; the standard says after',
    explains: ({ expected, got, at }, text) => /new \w*(Int|Uint|Float)\w*Array\(/.test(text) && /Object\.(freeze|seal)\(/.test(text) && /<TypeError>/.test(expected[at] ?? '') && got[at] !== undefined,
  },
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
    reason: 'an array pattern asks an iterator of the function once more after its end, which may throw (worker/docs/nodejs.md)',
    explains: ({ got, at }) => / next' undefined$|<Own ~\w+ next>/.test(got[at] ?? ''),
  },
  {
    name: 'endless recursion',
    reason: 'endless recursion cannot be caught, and setters for elements of arrays make the code that writes the trace recurse (worker/docs/nodejs.md)',
    explains: ({ got, at }, text) => /never settles|Maximum call stack/.test(got[at] ?? '') && /Array\.prototype, *(\\*['"])5/.test(text),
  },
  {
    name: 'ticks of async generators',
    reason: 'a `return` through a `finally` of an async generator takes other ticks',
    explains: ({ expected, got, at }, text) => /async ?(function ?)?\*/.test(text) && got.includes(expected[at], at) && expected.includes(got[at], at),
  },
  {
    name: 'numbers of timers',
    reason: 'timers are counted from another number',
    explains: ({ expected, at }) => expected.slice(0, at).some((line) => /_idleTimeout/.test(line)),
  },
  {
    name: 'names of functions that compilers assign',
    reason: 'a function in brackets that is assigned in a chain of operators may lack its name',
    explains: ({ expected, got, at }) => (expected[at] ?? '').replace(/function '_\w+'/, "function ''") === got[at],
  },
  {
    name: 'a getter that is asked again',
    reason: 'V8 asks a getter twice for `{ name, ...rest }` once it has compiled the function',
    explains: ({ expected, got, at }, text) => /\.\.\.rest/.test(text) && expected[at] === expected[at - 1] && expected[at + 1] === got[at],
  },
  {
    name: 'variables of evaluated code that are deleted',
    reason: 'typeof of a variable that code evaluated in evaluated code declared and deleted fails',
    explains: ({ expected, got, at }, text) => /delete deletable/.test(text) && /'undefined'/.test(expected[at] ?? '') && /<ReferenceError>/.test(got[at] ?? ''),
  },
  {
    name: 'zero divided by a negative number',
    reason: 'the engine gives 0 and not -0 (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }, text) => /\//.test(text) && (expected[at] ?? '').replace(/(^|[ (])-0\b(?!\.)/g, '$10') === got[at],
  },
  {
    name: 'powers and shifts of large numbers',
    reason: 'a BigInt cannot be raised or shifted by 2n ** 64n or more, and V8 can if the result is small (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }, text) => /(\*\*|<<|>>) *\(?\(?2n \*\* 64n/.test(text) && /<RangeError>/.test(got[at] ?? '') && /-?[01]n/.test(expected[at] ?? ''),
  },
  {
    name: 'order of accessors',
    reason: 'V8 lists an accessor whose key is in brackets where another accessor has the same key; the standard lists it at its own place',
    explains: ({ expected, got, at }, text) => /\b[gs]et \[/.test(text) && /'constructor'/.test(expected[at] ?? '') && words(expected[at]) === words(got[at]),
  },
  {
    name: 'smallest numbers',
    reason: 'toPrecision of numbers below the smallest normal one is wrong (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }) => /e-3\d\d/.test(expected[at] ?? '') && /0\.0*e[+-]/.test(got[at] ?? ''),
  },
  {
    name: 'targets of null',
    reason: 'V8 evaluates the target of the first property before it refuses to take null or undefined apart; the standard says after',
    explains: ({ expected, got, at }, text) => /<(Reference|Type)Error>/.test(`${expected[at]}${got[at]}`) && /= *(null|undefined|void 0)\b/.test(text) && (/^'(target|key|name)'/.test(expected[at]) || /<ReferenceError>/.test(expected[at])),
  },
  {
    name: 'targets of a rest',
    reason: 'the target of `...` in an assignment is evaluated after the properties were copied (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }) => /^'(target|key)'/.test(expected[at] ?? '') && / ownKeys'$/.test(got[at] ?? ''),
  },
  {
    name: 'entries that break off',
    reason: 'V8 closes the iterator of Object.fromEntries when its `next` throws; the standard does not',
    explains: ({ expected, got, at }, text) => / return' undefined$/.test(expected[at] ?? '') && /fromEntries\(/.test(text) && got[at] === expected[at + 1],
  },
  {
    name: 'yield* over an iterator without throw',
    reason: 'an async generator closes a synchronous iterator that has no `throw`, and fails with a TypeError: the standard since 2024, which Node.js 20 is older than',
    explains: ({ expected, got, at }, text) => /yield ?\*/.test(text) && (/ return' undefined$/.test(got[at] ?? '') ? expected[at] === afterReturns(got, at) || /<TypeError>/.test(afterReturns(got, at) ?? '') : /<TypeError>/.test(got[at] ?? '') && /failed|value|Error ~/.test(expected[at] ?? '')),
  },
  {
    name: 'sorting',
    reason: 'V8 compares other pairs, sorts in another order where the comparison contradicts itself, and does not write to a list of one element',
    explains: ({ expected, got, at }, text) => /\.(s|toS)ort(ed)?\(/.test(text) && (/<TypeError>/.test(got[at] ?? '') || sorted(expected[at]) === sorted(got[at]) || (/ (get|get \w+|toString|valueOf|Symbol\(.*\))'/.test(expected[at] ?? '') && expected.slice(at).includes(got[at]))),
  },
  {
    name: 'files that are read later',
    reason: 'Node.js reads the file of a dynamic import while others run, and a program may have ended by then',
    explains: ({ expected, got, at }, text) => at === expected.length && at < got.length && /await import\(/.test(text),
  },
  {
    name: 'yield as a name',
    reason: 'async methods cannot have variables with the name `yield` (worker/docs/nodejs.md)',
    explains: ({ got, at }, text) => /<SyntaxError>/.test(got[at] ?? '') && /\byield = /.test(text) && /\basync\b/.test(text),
  },
  {
    name: 'a proxy that is its own prototype',
    reason: 'a proxy is asked for a symbol that no object has (worker/docs/nodejs.md), which takes it to its prototype',
    explains: ({ got, at }, text) => /~long/.test(got[at] ?? '') && /Object\.setPrototypeOf\(o, o\)/.test(text),
  },
  {
    name: 'keys of functions',
    reason: 'sloppy functions of V8 have properties `arguments` and `caller` of their own (worker/docs/nodejs.md)',
    explains: ({ expected, at }) => /'(arguments|caller)'|\b(arguments|caller): \{value: null/.test(expected[at] ?? ''),
  },
  {
    name: 'length of a frozen proxy',
    reason: 'freezing a proxy of an array leaves its length writable (worker/docs/nodejs.md)',
    explains: ({ expected, got, at }, text) => /new Proxy\(/.test(text) && (expected[at] ?? '').replace(/ fixed/g, '') === got[at],
  },
  {
    name: 'constructors that return a value',
    reason: 'a derived constructor that returns a primitive gives its object, and fails in V8 (worker/docs/nodejs.md)',
    explains: ({ expected, at }, text) => /<TypeError>/.test(expected[at] ?? '') && /return 5;/.test(text) && /super\(/.test(text),
  },
  {
    name: 'linking again',
    reason: 'Node.js 20 forgets why a module could not be linked, and says only Error when it is imported again',
    explains: ({ expected, got, at }) => (expected[at] ?? '').replace('<Error>', '<SyntaxError>') === got[at],
  },
  {
    name: 'flag v',
    reason: 'with flag v a match may begin between the halves of a pair (worker/docs/nodejs.md)',
    explains: ({ expected, at }, text) => /\/[a-z]*v[a-z]*\b/.test(text) && /\\ud8/.test(expected[at] ?? ''),
  },
  {
    name: 'letters that fold to ASCII',
    reason: 'the matcher folds U+017F and U+212A to s and k where V8 does not (worker/docs/nodejs.md)',
    explains: (difference, text) => /\\u212a|\\u017f|\u212a|\u017f/i.test(text) && /\/[a-z]*i[a-z]*\b/.test(text),
  },
];

const afterReturns = (lines, at) => lines.slice(at).find((line) => !/ return' undefined$/.test(line));
const words = (line) => [...(line ?? '').matchAll(/'[^']*'/g)].sort().join();
const sorted = (line) => [...(line ?? '')].sort().join('');

/** The name of the rule that explains a difference, or null. */
function excused(difference, texts) {
  const whole = Object.values(texts).join('\n');
  const rule = RULES.find(({ explains }) => explains(difference, whole));
  return rule ? rule.name : null;
}

module.exports = { LINES, RULES, excused, isExtra, sameLine };
