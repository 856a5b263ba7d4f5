// Many programs as one bundle: a folder for both sides, and the events that run each program.

'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { written } = require('./program.cjs');

const OURS = ['index.js', 'trace.js'];

/** Writes programs, each `{ program, replaced, edit }`, into a folder; `edit` changes its texts. Gives
 * `{ folder, entries }`: what to run each of them by, null for those that their compiler refuses. */
async function bundle(folder, items, compilers) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of OURS) fs.copyFileSync(path.join(__dirname, 'bundle', name), path.join(folder, name));
  const entries = [];
  const texts = [];
  for (const [i, { program, replaced, edit = (text) => text }] of items.entries()) {
    const { files, entry } = written(program, replaced);
    const place = path.join(folder, `p${i}`);
    let rejected = false;
    for (const name of Object.keys(files)) {
      const compiled = await compilers.compile(program.compiler, edit(files[name]), name.endsWith('.mjs'));
      if (compiled === null) rejected = true;
      else files[name] = compiled;
    }
    if (!rejected) {
      fs.mkdirSync(place);
      for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(place, name), text);
    }
    entries.push(rejected ? null : `./p${i}/${entry}`);
    texts.push(files);
  }
  return { folder, entries, texts };
}

module.exports = { bundle, OURS };
