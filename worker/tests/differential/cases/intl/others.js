// The smaller parts of Intl.
const told = (run) => { try { return run(); } catch (error) { return [error.name, error.message]; } };

exports.handler = async () => ({
  intl: [typeof Intl, String(Intl), Object.keys(Intl), Object.prototype.toString.call(Intl)],
  plurals: ['en', 'fr', 'ru', 'pl', 'ja', 'de'].map((locale) => [0, 1, 2, 5, 11, 21, 22, 1.5].map((n) => new Intl.PluralRules(locale).select(n)).join(' ')),
  ordinals: [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 101, 111].map((n) => new Intl.PluralRules('en', { type: 'ordinal' }).select(n)),
  lists: [['a'], ['a', 'b'], ['a', 'b', 'c']].map((list) => ['en', 'en-GB', 'de', 'fr', 'es'].map((locale) => ['conjunction', 'disjunction'].map((type) => new Intl.ListFormat(locale, { type }).format(list)))),
  relative: [[-1, 'day'], [1, 'day'], [0, 'day'], [3, 'hours'], [-2, 'weeks'], [1, 'month'], [-10, 'years'], [1000, 'second']].map(([n, unit]) => [new Intl.RelativeTimeFormat('en').format(n, unit), new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(n, unit)]),
  regions: ['DE', 'us', 'GB', 'JP', 'KR', 'CZ', 'ZZ'].slice(0, 6).map((code) => new Intl.DisplayNames(['en'], { type: 'region' }).of(code)),
  languages: ['de', 'fr-CA', 'pt-BR', 'zh-Hans', 'ja', 'en-US'].map((code) => new Intl.DisplayNames('en', { type: 'language' }).of(code)),
  currencies: ['USD', 'EUR', 'JPY'].map((code) => new Intl.DisplayNames('en', { type: 'currency' }).of(code)),
  words: [...new Intl.Segmenter('en', { granularity: 'word' }).segment('Hello, big world!')].map(({ segment, index, isWordLike }) => [segment, index, isWordLike]),
  graphemes: [...new Intl.Segmenter('en').segment('e\u0301a👍🏽🇩🇪')].map(({ segment }) => segment),
  locales: [Intl.getCanonicalLocales(['EN-us', 'de']), new Intl.Locale('en-latn-us').language, String(new Intl.Locale('de', { region: 'AT' })), new Intl.Locale('ja').maximize().toString(), new Intl.Locale('en-US').minimize().toString()],
  errors: [() => Intl.getCanonicalLocales('a'), () => new Intl.DisplayNames('en'), () => Intl.PluralRules(), () => Intl.supportedValuesOf('x')].map((run) => { const made = told(run); return made[0]; }),
});
