// Dates for people, in the languages and time zones that functions ask for.
const date = new Date(Date.UTC(2024, 2, 5, 15, 4, 9, 78));
const night = new Date(Date.UTC(2024, 10, 30, 0, 5, 0));
const locales = ['en-US', 'en-GB', 'en-CA', 'de-DE', 'fr-FR', 'es-ES', 'it-IT', 'pt-BR', 'nl-NL', 'sv-SE', 'da-DK', 'nb-NO', 'pl-PL', 'ru-RU', 'tr-TR', 'ja-JP', 'ko-KR', 'zh-CN'];
const asked = [
  undefined,
  { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  { year: 'numeric', month: 'short', day: 'numeric' },
  { year: 'numeric', month: '2-digit', day: '2-digit' },
  { month: 'long', year: 'numeric' },
  { month: 'short', day: '2-digit' },
  { weekday: 'long' },
  { dateStyle: 'full' },
  { dateStyle: 'medium', timeStyle: 'short' },
  { dateStyle: 'long', timeStyle: 'medium' },
  { hour: '2-digit', minute: '2-digit' },
  { hour: 'numeric', minute: '2-digit', hour12: true },
  { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
  { year: '2-digit', month: 'numeric', day: 'numeric' },
  { weekday: 'short', month: 'short', day: 'numeric' },
];

exports.handler = async () => {
  const out = {};
  for (const locale of locales) {
    out[locale] = [date, night].map((time) => [time.toLocaleString(locale), time.toLocaleDateString(locale), time.toLocaleTimeString(locale), ...asked.map((options) => new Intl.DateTimeFormat(locale, options).format(time))]);
  }
  out.months = ['en', 'de', 'fr', 'ru', 'pl', 'ja', 'ko'].map((locale) => [date.toLocaleString(locale, { month: 'long' }), date.toLocaleString(locale, { month: 'short' }), date.toLocaleString(locale, { weekday: 'short' })]);
  out.zones = ['America/New_York', 'America/Los_Angeles', 'Europe/London', 'Europe/Berlin', 'Asia/Tokyo', 'Asia/Kolkata', 'Australia/Sydney', 'UTC', 'GMT'].map((timeZone) => [date, new Date(Date.UTC(2024, 6, 1, 12))].map((time) => [time.toLocaleString('en-US', { timeZone }), time.toLocaleString('en-US', { timeZone, timeZoneName: 'short' }), new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'short' }).format(time)]));
  return out;
};
