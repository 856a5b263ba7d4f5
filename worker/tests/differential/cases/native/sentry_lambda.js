// Sentry around a handler, as on Lambda: what the handler throws is sent before the event ends.
const Sentry = require('@sentry/aws-serverless');

let inner;
exports.handler = async (event, context) => {
  if (!Sentry.isInitialized()) {
    Sentry.init({ dsn: `${event.origin.replace('://', '://public@')}/1`, release: 'r@1', tracesSampleRate: 0, sendClientReports: false });
    inner = Sentry.wrapHandler(async (given) => {
      if (given.fails) throw new RangeError('captured');
      Sentry.captureMessage('said');
      return { status: '200' };
    });
  }
  const outcome = await inner(event, { ...context, callbackWaitsForEmptyEventLoop: false }).catch((error) => `${error}`);
  await Sentry.flush(5000);
  return [outcome, await (await fetch(`${event.origin}/envelopes`)).json()];
};
