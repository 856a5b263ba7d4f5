// Parts, options, defaults and errors of Intl.DateTimeFormat.
const date = new Date(Date.UTC(2024, 2, 5, 15, 4, 9, 78));
const told = (run) => { try { return run(); } catch (error) { return [error.name, error.message]; } };

exports.handler = async () => {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone: 'America/Los_Angeles' };
  const format = (options, locale = 'en-US') => new Intl.DateTimeFormat(locale, options).format(date);
  return {
    halves: new Intl.DateTimeFormat('en-US', { timeStyle: 'short' }).formatToParts(date),
    parts: new Intl.DateTimeFormat('en-US', parts).formatToParts(date),
    single: [{ minute: '2-digit' }, { second: 'numeric' }, { minute: '2-digit', second: '2-digit' }, { hour: 'numeric' }, { year: 'numeric' }, { day: 'numeric' }, { month: 'narrow' }, { weekday: 'narrow' }, { weekday: 'short' }, { era: 'short', year: 'numeric' }].map((options) => format(options)),
    mixed: [{ month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' }, { weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric' }, { weekday: 'short', hour: 'numeric' }, { second: 'numeric', minute: 'numeric', fractionalSecondDigits: 3 }, { weekday: 'short', day: 'numeric' }].map((options) => format(options)),
    cycles: ['h11', 'h12', 'h23', 'h24'].map((hourCycle) => new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit', hourCycle }).format(new Date(0))),
    names: [{ timeZoneName: 'short' }, { timeZoneName: 'long', timeZone: 'America/Chicago' }, { timeZoneName: 'long', hour: 'numeric', timeZone: 'Europe/Paris' }, { timeZoneName: 'shortOffset', timeZone: 'Asia/Kolkata' }, { timeZoneName: 'longOffset', timeZone: 'America/New_York' }, { timeStyle: 'long' }, { timeStyle: 'full', timeZone: 'Asia/Tokyo' }].map((options) => format(options)),
    resolved: [new Intl.DateTimeFormat().resolvedOptions(), new Intl.DateTimeFormat('de', { dateStyle: 'short', timeStyle: 'short' }).resolvedOptions(), Intl.DateTimeFormat('ja-JP', { timeZone: 'asia/tokyo', hour: 'numeric' }).resolvedOptions()],
    errors: [() => date.toLocaleString('x'), () => date.toLocaleString('en', { month: 'bad' }), () => date.toLocaleString('en', { timeZone: 'Bad/Zone' }), () => new Intl.DateTimeFormat().format(NaN), () => date.toLocaleDateString('en', { timeStyle: 'short' }), () => format({ dateStyle: 'short', hour: 'numeric' }), () => new Date(NaN).toLocaleString(), () => new Date(NaN).toLocaleDateString('de')].map(told),
    defaults: [date.toLocaleDateString(undefined, { hour: 'numeric' }), date.toLocaleTimeString(undefined, { year: 'numeric' }), date.toLocaleString('en-US', { year: 'numeric' }), date.toLocaleString([], { month: 'long' }), date.toLocaleString('default', { month: 'long' }), date.toLocaleString(['xx', 'de'])],
    bound: [[0, 864e5].map(new Intl.DateTimeFormat('en-US').format), Object.prototype.toString.call(new Intl.DateTimeFormat()), Intl.DateTimeFormat() instanceof Intl.DateTimeFormat],
    supported: Intl.DateTimeFormat.supportedLocalesOf(['en-US', 'xx', 'de']),
    arrays: [[1234.5, date, 'x', null].toLocaleString(), [].toLocaleString(), [[1, 2], [3000]].toLocaleString()],
  };
};
