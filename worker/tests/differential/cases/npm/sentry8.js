// Sentry 8: what is captured is sent to the origin as one expects, with scopes, breadcrumbs and spans.
const Sentry = require('@sentry/node');

const events = [];
const sendings = [];
// Sends as the SDK does, and notes what was answered.
function makeTransport(options) {
  const transport = Sentry.makeNodeTransport(options);
  return {
    ...transport,
    send(envelope) {
      const sending = transport.send(envelope);
      sendings.push(sending.then(({ statusCode }) => events.push(['sent', envelope[1].map(([{ type }]) => type), statusCode])));
      return sending;
    },
  };
}
const plain = ({ event_id: id, timestamp, contexts, exception, breadcrumbs, sdk, modules, server_name: server, sdkProcessingMetadata: metadata, spans, start_timestamp: start, ...event }) => ({
  ...event,
  id: /^[0-9a-f]{32}$/.test(id),
  sdk: sdk && [sdk.name, sdk.version, sdk.integrations && sdk.integrations.length > 10],
  exception: exception && exception.values.map(({ type, value, mechanism, stacktrace }) => ({ type, value, mechanism, frames: !!stacktrace && stacktrace.frames.length > 0 })),
  breadcrumbs: breadcrumbs && breadcrumbs.map(({ category, message, level, data }) => ({ category, message, level, data: data && data.arguments })),
  spans: spans && spans.map(({ description, op, status, data }) => ({ description, op, status, data })),
  contexts: contexts && Object.keys(contexts).sort().filter((name) => !/cloud|app|os|device|culture|runtime/.test(name)),
});

exports.handler = async ({ origin, way }) => {
  events.length = sendings.length = 0;
  if (!Sentry.isInitialized()) {
    Sentry.init({
      dsn: `${origin.replace('://', '://public@')}/1`,
      transport: makeTransport, release: 'r@1', environment: 'test', tracesSampleRate: 1, sendDefaultPii: false,
      beforeSend(event) { events.push(['event', plain(event)]); return event.message === 'dropped' ? null : event; },
      beforeSendTransaction(event) { events.push(['transaction', plain(event)]); return event; },
      beforeBreadcrumb: (crumb) => (crumb.category === 'http' ? null : crumb),
    });
  }
  await Sentry.withIsolationScope(async (scope) => {
    scope.setTag('way', way);
    scope.setUser({ id: '7', email: 'a@example.com' });
    const ways = {
      exception() {
        Sentry.addBreadcrumb({ category: 'mine', message: 'before', level: 'info' });
        Sentry.captureException(Object.assign(new RangeError('captured'), { cause: new TypeError('inner') }));
      },
      message() { Sentry.captureMessage('said', 'warning'); },
      dropped() { Sentry.captureMessage('dropped'); },
      odd() { Sentry.captureException({ not: 'an error', deep: { a: [1] } }); Sentry.captureException('text'); },
      async scopes() {
        await Promise.all(['a', 'b'].map((name) => Sentry.withIsolationScope(async (inner) => {
          inner.setTag('name', name);
          await new Promise((resolve) => setTimeout(resolve, 2));
          Sentry.captureMessage(`in ${name}`);
        })));
      },
      async spans() {
        await Sentry.startSpan({ name: 'outer', op: 'test' }, async (span) => {
          span.setAttribute('x', 1);
          await Sentry.startSpan({ name: 'inner', op: 'deep' }, async () => { await null; });
        });
      },
    };
    await ways[way]();
  });
  const flushed = await Sentry.flush(2000);
  await Promise.all(sendings);
  return { flushed, events: events.map((event) => JSON.stringify(event)).sort().map((text) => JSON.parse(text)) };
};
