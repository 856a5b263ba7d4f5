// Sentry 7: what is captured is sent to the origin as one expects, in scopes, by handlers and domains.
const domain = require('domain');
const Sentry = require('@sentry-7/node');

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
  sdk: sdk && [sdk.name, sdk.version],
  exception: exception && exception.values.map(({ type, value, mechanism, stacktrace }) => ({ type, value, mechanism, frames: !!stacktrace && stacktrace.frames.length > 0 })),
  breadcrumbs: breadcrumbs && breadcrumbs.map(({ category, message, level }) => ({ category, message, level })),
  spans: spans && spans.length,
  contexts: contexts && Object.keys(contexts).sort().filter((name) => !/cloud|app|os|device|culture|runtime/.test(name)),
});

exports.handler = async ({ origin, way }) => {
  events.length = sendings.length = 0;
  if (!Sentry.getClient()) {
    Sentry.init({
      dsn: `${origin.replace('://', '://public@')}/1`,
      transport: makeTransport, release: 'r@1', environment: 'test', tracesSampleRate: 1,
      beforeSend(event) { events.push(['event', plain(event)]); return event; },
      beforeSendTransaction(event) { events.push(['transaction', plain(event)]); return event; },
      beforeBreadcrumb: (crumb) => (crumb.category === 'http' ? null : crumb),
    });
  }
  const ways = {
    exception() {
      Sentry.withScope((scope) => {
        scope.setTag('way', way).setUser({ id: '7' }).setExtra('more', { a: [1, { b: 2 }] });
        Sentry.addBreadcrumb({ category: 'mine', message: 'before' });
        Sentry.captureException(Object.assign(new RangeError('captured'), { cause: new TypeError('inner') }));
      });
    },
    message() { Sentry.captureMessage('said', 'warning'); },
    odd() { Sentry.captureException({ not: 'an error' }); },
    async domains() {
      const caught = await new Promise((resolve) => {
        const own = domain.create();
        own.on('error', (error) => {
          Sentry.captureException(error);
          resolve([error.message, error.domainThrown]);
        });
        own.run(() => setTimeout(() => { throw new Error('in a domain'); }, 1));
      });
      return caught;
    },
    async contexts() {
      await Promise.all(['a', 'b'].map((name) => Sentry.runWithAsyncContext(async () => {
        Sentry.setTag('name', name);
        await new Promise((resolve) => setTimeout(resolve, 2));
        Sentry.captureMessage(`in ${name}`);
      })));
    },
    async spans() {
      await Sentry.startSpan({ name: 'outer', op: 'test' }, async () => {
        await Sentry.startSpan({ name: 'inner' }, async () => { await null; });
      });
    },
  };
  const value = await ways[way]();
  const flushed = await Sentry.flush(2000);
  await Promise.all(sendings);
  return { value, flushed, events: events.map((event) => JSON.stringify(event)).sort().map((text) => JSON.parse(text)) };
};
