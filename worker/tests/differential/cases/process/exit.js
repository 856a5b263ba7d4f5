exports.handler = async () => {
  const warnings = [];
  process.on('warning', (w) => warnings.push([w.name, w.message, w.code]));
  process.emitWarning('first'); process.emitWarning('second', 'CustomWarning', 'C001'); process.emitWarning(new Error('third')); process.emitWarning('fourth', { type: 'T', code: 'X', detail: 'more' });
  await new Promise((r) => setTimeout(r, 1));
  return [warnings, process.listenerCount('warning') >= 1, process.exitCode, process.getuid() >= 0, process.execArgv, process.hasUncaughtExceptionCaptureCallback()];
};
