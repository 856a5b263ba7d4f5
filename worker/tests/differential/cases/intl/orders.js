// How strings are compared by language.
exports.handler = async () => {
  const words = ['b', 'a', 'Z', 'z', 'ä', 'A', '10', '9', 'é', 'e', '_x', 'a-b', 'ab', 'a b', 'résumé', 'resume', 'ß', 'ss', '', 'utm_b', 'a=1', 'a=0', 'Ä', '漢', 'я', '!', '-', 'aa', 'å', 'o', 'ø'];
  const sorted = (locale, options) => [...words].sort(new Intl.Collator(locale, options).compare).join(' ');
  return {
    plain: [...words].sort((a, b) => a.localeCompare(b)).join(' '),
    query: 'b=2&a=10&A=1&a=9&B=0&c'.split('&').sort((a, b) => a.localeCompare(b)).join('&'),
    locales: ['en', 'de', 'sv', 'da', 'es'].map((locale) => sorted(locale)),
    numeric: [sorted('en', { numeric: true }), 'a2'.localeCompare('a10', undefined, { numeric: true }), '2'.localeCompare('10', 'en-u-kn-true')],
    sensitivity: ['base', 'accent', 'case', 'variant'].map((sensitivity) => ['A', 'á', 'Á', 'b'].map((other) => 'a'.localeCompare(other, 'en', { sensitivity }))),
    first: [sorted('en', { caseFirst: 'upper' }), sorted('en', { ignorePunctuation: true })],
    errors: ['x', 'en_US', 5].map((locale) => { try { return 'a'.localeCompare('b', locale); } catch (error) { return [error.name, error.message]; } }),
    resolved: new Intl.Collator('de', { numeric: true }).resolvedOptions(),
    odd: ['a'.localeCompare(), 'null'.localeCompare(null), 'a'.localeCompare('a', 'en', {}), 'a'.localeCompare.length],
  };
};
