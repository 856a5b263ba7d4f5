// Numbers for people.
const told = (run) => { try { return run(); } catch (error) { return [error.name, error.message]; } };

exports.handler = async () => {
  const out = {};
  for (const locale of ['en-US', 'en-GB', 'en-IN', 'de-DE', 'fr-FR', 'es-ES', 'it-IT', 'pt-BR', 'nl-NL', 'sv-SE', 'ru-RU', 'ja-JP', 'zh-CN']) {
    out[locale] = [1234567.891, 1234, -0.5, 0.256].map((n) => [n.toLocaleString(locale), new Intl.NumberFormat(locale, { style: 'percent' }).format(n), new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' }).format(n), new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' }).format(n)]);
  }
  const format = (n, options) => told(() => new Intl.NumberFormat('en-US', options).format(n));
  return {
    ...out,
    digits: [[1.005, { maximumFractionDigits: 2 }], [2.5, { maximumFractionDigits: 0 }], [-0.4, { maximumFractionDigits: 0 }], [1.5, { minimumFractionDigits: 3 }], [5, { minimumIntegerDigits: 2 }], [123456, { maximumSignificantDigits: 3 }], [1.5, { minimumSignificantDigits: 4 }], [0.000123456, { maximumSignificantDigits: 2 }], [999.999, {}], [1e21, {}], [5e-7, {}], [1234567, { useGrouping: false }], [0, {}], [-0, {}]].map(([n, options]) => format(n, options)),
    odd: [NaN, Infinity, -Infinity, '1234.5', 123456789012345678901234567890n, null, undefined, true, 'x'].map((n) => format(n)),
    compact: [999, 1000, 1234, 1500, 12345, 99999, 999999, 1e6, 1.55e6, 1e9, 1e12, 0.5, 1.25].map((n) => format(n, { notation: 'compact' })),
    notations: [format(12345.678, { notation: 'scientific' }), format(12345.678, { notation: 'engineering' }), format(1234, { notation: 'compact', compactDisplay: 'long' })],
    signs: ['auto', 'always', 'never', 'exceptZero'].map((signDisplay) => [5, -5, 0].map((n) => format(n, { signDisplay }))),
    money: [[5, { currency: 'GBP' }], [1234.5, { currency: 'JPY' }], [-5, { currency: 'USD', currencySign: 'accounting' }], [5, { currency: 'GBP', currencyDisplay: 'code' }], [5, { currency: 'USD', currencyDisplay: 'name' }], [5, { currency: 'EUR', minimumFractionDigits: 0 }], [1234.5, { currency: 'USD', maximumFractionDigits: 0 }], [5, { currency: 'CHF' }], [5, { currency: 'CAD' }]].map(([n, options]) => format(n, { style: 'currency', ...options })),
    units: [['kilometer-per-hour', 'short'], ['byte', 'long'], ['megabyte', 'short'], ['day', 'long'], ['celsius', 'short'], ['second', 'narrow'], ['liter', 'long'], ['percent', 'short']].map(([unit, unitDisplay]) => format(5, { style: 'unit', unit, unitDisplay })),
    parts: new Intl.NumberFormat('en-US', { style: 'currency', currency: 'EUR' }).formatToParts(-1234.5),
    errors: [format(5, { style: 'currency' }), format(5, { style: 'currency', currency: 'XXXX' }), format(5, { maximumFractionDigits: 200 }), format(1, { style: 'unit', unit: 'nope' }), format(1, { style: 'bad' })],
    resolved: [new Intl.NumberFormat().resolvedOptions(), new Intl.NumberFormat('en', { style: 'currency', currency: 'usd' }).resolvedOptions()],
    big: [12345678901234567890n.toLocaleString('en-US'), (1234.5).toLocaleString(undefined, { minimumFractionDigits: 2 }), (0.5).toLocaleString('en-US', { style: 'percent' })],
  };
};
