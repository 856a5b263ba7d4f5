// A program that differs, as a file that can be run by itself: `brink run FILE --raw`, or in Node.js.

'use strict';

const fs = require('node:fs');
const path = require('node:path');

function report(program, { difference, texts }, company) {
  const { expected, got, at, where, kind } = difference;
  const around = (trace) => trace.slice(Math.max(0, at - 2), at + 3).map((line, i) => `//   ${Math.max(0, at - 2) + i === at ? '>' : ' '} ${line}`).join('\n');
  const lines = [
    `// seed ${program.key}, ${program.area}, ${program.form}${program.compiler === 'none' ? '' : ` by ${program.compiler}`}: ${kind} (${where})${company ? ', only beside other programs' : ''}`,
    '// Node.js:', around(expected), '// Brink:', around(got),
  ];
  for (const [name, text] of Object.entries(texts)) lines.push(`// --- ${name}`, text.trim());
  lines.push('');
  return lines.join('\n');
}

module.exports = { report };
