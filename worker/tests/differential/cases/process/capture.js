// The one function that takes every exception.
exports.handler = async () => {
  const seen = [];
  const tried = (f) => { try { return f(); } catch (error) { return [error.name, error.code, error.message]; } };
  seen.push(process.hasUncaughtExceptionCaptureCallback());
  process.setUncaughtExceptionCaptureCallback((error) => seen.push(error.message));
  seen.push(process.hasUncaughtExceptionCaptureCallback(), tried(() => process.setUncaughtExceptionCaptureCallback(5)), tried(() => process.setUncaughtExceptionCaptureCallback(() => {})));
  setTimeout(() => { throw new Error('captured'); }, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.setUncaughtExceptionCaptureCallback(null);
  seen.push(process.hasUncaughtExceptionCaptureCallback());
  return seen;
};
