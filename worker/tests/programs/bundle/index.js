// Runs one of the programs of the bundle, some times, and returns what it told each time.

const trace = require('./trace.js');

process.on('unhandledRejection', (reason) => trace.t('unhandled', reason));

exports.handler = async (event) => {
  const load = () => (event.program.endsWith('.mjs') ? import(event.program) : require(event.program));
  const traces = [];
  for (let i = 0; i < event.times; i += 1) traces.push(await trace.once(load));
  return traces;
};
