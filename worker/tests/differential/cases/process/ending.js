// `process.exit` runs its listeners, and the code is what was given.
exports.handler = async () => {
  process.on('exit', (code) => console.log('exit', code, process.exitCode));
  const really = process.reallyExit;
  const seen = [];
  process.reallyExit = (code) => { seen.push(code); };
  try { process.exit(3); } catch (error) { seen.push(error.message); }
  process.reallyExit = really;
  process.exitCode = undefined;
  return seen;
};
