// Measures operations of this folder. Event: { file, name, n, times }; the answer is the median, in
// milliseconds of CPU time: what else the machine does counts less.
const files = { texts: require('./texts.js'), expressions: require('./expressions.js'), objects: require('./objects.js') };

exports.handler = async ({ file, name, n, times = 5 }) => {
  if (name === undefined) return Object.keys(files[file].operations);
  const [make, run] = files[file].operations[name];
  const taken = [];
  for (let turn = 0; turn < times; turn++) {
    const made = make(n);
    const begun = process.cpuUsage();
    run(made, n);
    const { user, system } = process.cpuUsage(begun);
    taken.push((user + system) / 1000);
    // A slow operation is measured once.
    if (taken[0] > 3000) break;
  }
  return taken.sort((one, other) => one - other)[taken.length >> 1];
};
