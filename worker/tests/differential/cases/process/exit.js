exports.handler = async () => {
  const warnings = [];
  process.on('warning', (w) => warnings.push([w.name, w.message, w.code]));
  process.emitWarning('first'); process.emitWarning('second', 'CustomWarning', 'C001'); process.emitWarning(new Error('third')); process.emitWarning('fourth', { type: 'T', code: 'X', detail: 'more' });
  await new Promise((r) => setTimeout(r, 1));
  // As on Lambda, Node.js starts with the limit of its heap.
  const flags = process.execArgv.filter((flag) => !flag.startsWith('--max-old-space-size='));
  return [warnings, process.listenerCount('warning') >= 1, process.exitCode, process.getuid() >= 0, flags, process.hasUncaughtExceptionCaptureCallback()];
};
