// Makes a program that differs as small as it goes while it still differs in the same way.

'use strict';

const { edits, print } = require('./tree.cjs');

/** How many smaller programs are tried at once, and how long that goes on. */
const WIDTH = 40;
const MAX_MS = 60_000;

/** Each that does not end costs its time. */
const WIDTH_OF_TIMEOUTS = 6;

/** `differences` runs items, `{ program, replaced }`, and gives what differs in each, or null. */
async function minimize(program, kind, differences) {
  let replaced = new Map();
  let skipped = 0;
  const width = kind === 'timeout' ? WIDTH_OF_TIMEOUTS : WIDTH;
  const stopAt = Date.now() + MAX_MS;
  while (Date.now() < stopAt) {
    const steps = Object.values(program.files).flatMap((tree) => edits(tree, replaced));
    const some = steps.slice(skipped, skipped + width);
    if (some.length === 0) break;
    const items = some.map((changes) => ({ program, replaced: new Map([...replaced, ...changes]) }));
    const found = await differences(items);
    const at = found.findIndex((difference) => difference?.kind === kind);
    if (at < 0) {
      skipped += some.length;
      continue;
    }
    replaced = items[at].replaced;
    // Others that worked alone most likely do together, which saves rounds.
    const others = some.filter((_, i) => i > at && found[i]?.kind === kind);
    if (others.length > 0) {
      const tries = [others, others.slice(0, Math.ceil(others.length / 2)), others.slice(0, 1)];
      const more = tries.map((list) => ({ program, replaced: new Map([...list.flat(), ...replaced]) }));
      const again = await differences(more);
      const best = again.findIndex((difference) => difference?.kind === kind);
      if (best >= 0) replaced = more[best].replaced;
    }
    skipped = Math.max(0, Math.min(skipped, skipped + at - 5));
  }
  return replaced;
}

module.exports = { minimize, print };
