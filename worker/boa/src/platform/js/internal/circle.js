// The error of JSON.stringify for an object that contains itself. If replacers or getters answer
// differently each time, it shows the first circle that it finds.

const FIRST = 'Converting circular structure to JSON';

function name(object) {
  const made = object.constructor;
  return typeof made === 'function' && made.name ? made.name : 'Object';
}

function key(at, object) {
  return Array.isArray(object) ? `index ${at}` : `property '${at}'`;
}

// The path from the start of a circle to where it closes, as [object, key in its parent] pairs.
function find(value, path, at, parent) {
  if (value !== null && typeof value === 'object' && typeof value.toJSON === 'function') {
    value = value.toJSON(at);
  }
  if (value === null || typeof value !== 'object') return null;
  const start = path.findIndex(([seen]) => seen === value);
  if (start >= 0) return { steps: path.slice(start), closing: key(at, parent) };
  path.push([value, parent && key(at, parent)]);
  for (const next of Object.keys(value)) {
    const found = find(value[next], path, next, value);
    if (found) return found;
  }
  path.pop();
  return null;
}

module.exports = (value) => {
  const found = find(value, [], '', null);
  if (!found) return FIRST;
  const [[start], ...steps] = found.steps;
  const lines = [FIRST, `    --> starting at object with constructor '${name(start)}'`];
  const told = steps.length > 3 ? [steps[0], steps[1], null, steps[steps.length - 1]] : steps;
  for (const step of told) {
    if (step === null) lines.push('    |     ...');
    else lines.push(`    |     ${step[1]} -> object with constructor '${name(step[0])}'`);
  }
  lines.push(`    --- ${found.closing} closes the circle`);
  return lines.join('\n');
};
