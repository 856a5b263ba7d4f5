// Intl, and the methods that format and compare by language. Dates and numbers are made in
// intl_dates and intl_numbers, what languages write is in intl_data. Languages that are not there
// are taken for English; calendars other than the Gregorian and digits other than 0-9 are absent.

const { compare } = native('intl');
let data;

// === Locales ===

const TAG = /^(?:([a-z]{2,3}|[a-z]{5,8})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)((?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*)(-x(?:-[a-z\d]{1,8})+)?|x(?:-[a-z\d]{1,8})+)$/i;
const title = (text) => text[0].toUpperCase() + text.slice(1).toLowerCase();

// A tag in the usual capitals; a RangeError if it is none.
function canonical(tag) {
  const found = TAG.exec(tag);
  if (!found) throw new RangeError(`Incorrect locale information provided`);
  const [, language = tag, script, region, variants = '', extensions = '', own = ''] = found;
  let made = language.toLowerCase();
  if (script) made += `-${title(script)}`;
  if (region) made += `-${region.toUpperCase()}`;
  return made + (variants + extensions + own).toLowerCase();
}

function requested(locales) {
  if (locales === undefined) return [];
  if (typeof locales === 'string') return [canonical(locales)];
  if (locales === null) throw new TypeError('Cannot convert undefined or null to object');
  if (locales instanceof Locale) return [locales.toString()];
  const tags = [];
  for (const tag of Array.from(Object(locales))) {
    if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) throw new TypeError('Incorrect locale information provided');
    const made = canonical(String(tag));
    if (!tags.includes(made)) tags.push(made);
  }
  return tags;
}

const SPECIAL = { no: 'nb', nn: 'nb', 'zh-hant': 'zh-TW', 'zh-hk': 'zh-TW', 'zh-mo': 'zh-TW', 'pt-ao': 'pt-PT', 'pt-mz': 'pt-PT' };

// The name under which intl_data has a language, or undefined.
function known(tag) {
  data ??= require('internal/intl_data');
  const [language, ...rest] = tag.replace(/-[ux]-.*/, '').split('-');
  const region = rest.find((part) => /^(?:[A-Z]{2}|\d{3})$/.test(part));
  const script = rest.find((part) => part.length === 4);
  for (const name of [region && `${language}-${region}`, script && `${language}-${script}`]) {
    if (name && data.has(name)) return name;
    const special = name && SPECIAL[name.toLowerCase()];
    if (special) return special;
  }
  if (language === 'en') return !region || ['US', 'PR', 'PH', 'GU'].includes(region) ? 'en-US' : 'en-GB';
  if (language === 'es' && region && region !== 'ES') return 'es-MX';
  if (data.has(language)) return language;
  return SPECIAL[language];
}

// The first locale that there is something for: its tag, and what it writes.
function resolve(locales) {
  for (const tag of requested(locales)) {
    const name = known(tag);
    if (name) return { locale: tag.replace(/-u-.*/, ''), words: data.get(name), name };
  }
  data ??= require('internal/intl_data');
  return { locale: 'en-US', words: data.get('en-US'), name: 'en-US' };
}

function supported(locales) {
  return requested(locales).filter((tag) => known(tag));
}

// An option that is one of a list.
function option(options, name, allowed, otherwise, owner) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const text = String(value);
  if (!allowed.includes(text)) throw new RangeError(`Value ${text} out of range for ${owner} options property ${name}`);
  return text;
}

// An Intl class: `new` is not needed for the oldest of them.
function define(name, constructor, methods, callable) {
  const class_ = callable ? function (...given) { return new constructor(...given); } : constructor;
  if (callable) {
    class_.prototype = constructor.prototype;
    Object.defineProperty(class_, 'prototype', { writable: false });
    Object.defineProperty(class_, 'name', { value: name });
    Object.defineProperty(class_.prototype, 'constructor', { value: class_ });
  }
  Object.defineProperty(class_, 'length', { value: 0 });
  for (const key of Object.keys(methods)) {
    Object.defineProperty(class_.prototype, key, { ...Object.getOwnPropertyDescriptor(methods, key), enumerable: false });
  }
  Object.defineProperty(class_.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  Object.defineProperty(class_, 'supportedLocalesOf', { value: supported, writable: true, configurable: true });
  return class_;
}

module.exports = { resolve, option, define };

// === Collator ===

const SENSITIVITY = ['variant', 'base', 'accent', 'case'];

class CollatorOf {
  #bits; #resolved;
  constructor(locales, options = {}) {
    const { locale } = resolve(locales);
    const keys = /-u-(.*)/.exec(requested(locales)[0] ?? '')?.[1] ?? '';
    const owner = 'Intl.Collator';
    const usage = option(options, 'usage', ['sort', 'search'], 'sort', owner);
    const sensitivity = option(options, 'sensitivity', SENSITIVITY, 'variant', owner);
    const caseFirst = option(options, 'caseFirst', ['upper', 'lower', 'false'], /kf-(upper|lower)/.exec(keys)?.[1] ?? 'false', owner);
    const numeric = options.numeric === undefined ? /(?:^|-)kn(?!-false)/.test(keys) : Boolean(options.numeric);
    const ignorePunctuation = Boolean(options.ignorePunctuation);
    this.#resolved = { locale, usage, sensitivity, ignorePunctuation, collation: 'default', numeric, caseFirst };
    this.#bits = SENSITIVITY.indexOf(sensitivity) | (numeric ? 4 : 0) | { false: 0, upper: 8, lower: 16 }[caseFirst] | (ignorePunctuation ? 32 : 0);
    this.order = (a, b) => compare(String(a), String(b), locale, this.#bits);
    Object.defineProperty(this, 'order', { enumerable: false });
  }
  resolvedOptions() { return { ...this.#resolved }; }
}
const Collator = define('Collator', CollatorOf, {
  get compare() { return this.order; },
}, true);

// === Plurals and lists ===

const SLAVIC = ['ru', 'uk', 'pl', 'cs'];

function pluralOf(language, n) {
  const whole = Number.isInteger(n);
  if (['ja', 'ko', 'zh', 'th', 'vi', 'id', 'ms'].includes(language)) return 'other';
  if (['fr', 'pt'].includes(language)) return n >= 0 && n < 2 ? 'one' : 'other';
  if (!SLAVIC.includes(language)) return n === 1 ? 'one' : 'other';
  if (!whole) return language === 'cs' ? 'many' : 'other';
  const few = n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14);
  if (language === 'cs') return n === 1 ? 'one' : n >= 2 && n <= 4 ? 'few' : 'other';
  if (language === 'pl') return n === 1 ? 'one' : few ? 'few' : 'many';
  return n % 10 === 1 && n % 100 !== 11 ? 'one' : few ? 'few' : 'many';
}

function ordinalOf(language, n) {
  if (language !== 'en') return 'other';
  const teen = n % 100 > 10 && n % 100 < 14;
  return (!teen && { 1: 'one', 2: 'two', 3: 'few' }[n % 10]) || 'other';
}

class PluralRules {
  #language; #locale; #type;
  constructor(locales, options = {}) {
    this.#locale = resolve(locales).locale;
    this.#language = this.#locale.split('-')[0];
    this.#type = option(options, 'type', ['cardinal', 'ordinal'], 'cardinal', 'Intl.PluralRules');
  }
  select(n) { return (this.#type === 'ordinal' ? ordinalOf : pluralOf)(this.#language, Math.abs(Number(n))); }
  resolvedOptions() {
    const rule = this.#type === 'ordinal' ? ordinalOf : pluralOf;
    const seen = new Set([0, 1, 2, 3, 5, 1.5].map((n) => rule(this.#language, n)));
    const pluralCategories = ['few', 'many', 'one', 'two', 'other'].filter((name) => seen.has(name));
    return { locale: this.#locale, type: this.#type, minimumIntegerDigits: 1, minimumFractionDigits: 0, maximumFractionDigits: 3, pluralCategories };
  }
}
define('PluralRules', PluralRules, {});

const AND = { en: 'and', de: 'und', fr: 'et', es: 'y', it: 'e', pt: 'e', nl: 'en', sv: 'och', da: 'og', nb: 'og', fi: 'ja', pl: 'i', cs: 'a', ru: 'и', uk: 'і', tr: 've' };
const OR = { en: 'or', de: 'oder', fr: 'ou', es: 'o', it: 'o', pt: 'ou', nl: 'of', sv: 'eller', da: 'eller', nb: 'eller', fi: 'tai', pl: 'lub', cs: 'nebo', ru: 'или', uk: 'або', tr: 'veya' };

class ListFormat {
  #locale; #type; #style;
  constructor(locales, options = {}) {
    this.#locale = resolve(locales).locale;
    this.#type = option(options, 'type', ['conjunction', 'disjunction', 'unit'], 'conjunction', 'Intl.ListFormat');
    this.#style = option(options, 'style', ['long', 'short', 'narrow'], 'long', 'Intl.ListFormat');
  }
  formatToParts(list) {
    const values = Array.from(list, (value) => {
      if (typeof value !== 'string') throw new TypeError('Iterable yielded a non-String value');
      return value;
    });
    const language = this.#locale.split('-')[0];
    const english = language === 'en';
    let word = (this.#type === 'disjunction' ? OR : AND)[language] ?? '';
    if (english && this.#type === 'conjunction' && this.#style !== 'long') word = '&';
    const asian = { ja: '、', zh: '、', ko: ', ' }[language];
    let comma = asian ?? ', ';
    let last = asian ? (language === 'zh' ? (this.#type === 'disjunction' ? '或' : '和') : asian) : ` ${word} `;
    let end = english && this.#locale !== 'en-GB' && values.length > 2 ? `,${last}` : last;
    if (this.#type === 'unit') [comma, end] = this.#style === 'narrow' ? [' ', ' '] : [', ', ', '];
    if (english && this.#type === 'conjunction' && this.#style === 'narrow') end = ', ';
    const parts = [];
    values.forEach((value, at) => {
      if (at > 0) parts.push({ type: 'literal', value: at === values.length - 1 ? end : comma });
      parts.push({ type: 'element', value });
    });
    return parts;
  }
  format(list) { return this.formatToParts(list).map((part) => part.value).join(''); }
  resolvedOptions() { return { locale: this.#locale, type: this.#type, style: this.#style }; }
}
define('ListFormat', ListFormat, {});

// === Relative times ===

const SHORT = { second: 'sec.', minute: 'min.', hour: 'hr.', day: 'day', week: 'wk.', month: 'mo.', quarter: 'qtr.', year: 'yr.' };
const NAMED = {
  day: { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }, second: { 0: 'now' }, minute: { 0: 'this minute' }, hour: { 0: 'this hour' },
};
for (const unit of ['week', 'month', 'quarter', 'year']) NAMED[unit] = { '-1': `last ${unit}`, 0: `this ${unit}`, 1: `next ${unit}` };

class RelativeTimeFormat {
  #locale; #style; #numeric;
  constructor(locales, options = {}) {
    this.#locale = resolve(locales).locale;
    this.#style = option(options, 'style', ['long', 'short', 'narrow'], 'long', 'Intl.RelativeTimeFormat');
    this.#numeric = option(options, 'numeric', ['always', 'auto'], 'always', 'Intl.RelativeTimeFormat');
  }
  format(value, unit) {
    const name = String(unit).replace(/s$/, '');
    if (!SHORT[name]) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
    const n = Number(value);
    if (!Number.isFinite(n)) throw new RangeError('Invalid time value');
    const named = this.#numeric === 'auto' && NAMED[name][n];
    if (named) return named;
    const size = Math.abs(n);
    const plural = size === 1 ? '' : 's';
    let word = this.#style === 'long' || name === 'day' ? name + plural : SHORT[name];
    if (name === 'quarter' && this.#style !== 'long' && plural) word = 'qtrs.';
    const text = `${numbers().format(size, 'en-US')} ${word}`;
    return n < 0 || Object.is(n, -0) ? `${text} ago` : `in ${text}`;
  }
  resolvedOptions() { return { locale: this.#locale, style: this.#style, numeric: this.#numeric, numberingSystem: 'latn' }; }
}
define('RelativeTimeFormat', RelativeTimeFormat, {});

// === Names, segments, locales ===

class DisplayNames {
  #locale; #type; #style; #fallback;
  constructor(locales, options) {
    if (options === undefined) throw new TypeError('Cannot convert undefined or null to object');
    this.#locale = resolve(locales).locale;
    this.#type = option(options, 'type', ['language', 'region', 'script', 'currency', 'calendar', 'dateTimeField'], undefined, 'Intl.DisplayNames');
    if (this.#type === undefined) throw new TypeError('Required option "type" must not be undefined');
    this.#style = option(options, 'style', ['long', 'short', 'narrow'], 'long', 'Intl.DisplayNames');
    this.#fallback = option(options, 'fallback', ['code', 'none'], 'code', 'Intl.DisplayNames');
  }
  of(code) {
    const text = String(code);
    if (this.#type === 'region' && !/^(?:[a-z]{2}|\d{3})$/i.test(text)) throw new RangeError('Invalid argument to Intl.DisplayNames.prototype.of');
    const name = require('internal/intl_names')(this.#type, text, canonical);
    return name ?? (this.#fallback === 'code' ? text : undefined);
  }
  resolvedOptions() { return { locale: this.#locale, style: this.#style, type: this.#type, fallback: this.#fallback, ...(this.#type === 'language' && { languageDisplay: 'dialect' }) }; }
}
define('DisplayNames', DisplayNames, {});

const SEGMENTS = {
  grapheme: /\r\n|(?:\p{RI}\p{RI}|\p{Emoji}(?:\p{EMod}|\uFE0F\u20E3?)?(?:\u200D\p{Emoji}(?:\p{EMod}|\uFE0F)?)+|[^])[\p{M}\u200D\uFE0F\p{EMod}]*/gu,
  word: /[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_]|['’.:,](?=[\p{L}\p{N}]))*|\s+|[^]/gu,
  sentence: /[^.!?]*(?:[.!?]+["')\]]*\s*|$)/gu,
};

class Segmenter {
  #locale; #granularity;
  constructor(locales, options = {}) {
    this.#locale = resolve(locales).locale;
    this.#granularity = option(options, 'granularity', ['grapheme', 'word', 'sentence'], 'grapheme', 'Intl.Segmenter');
  }
  segment(text) {
    const input = String(text);
    const isWord = this.#granularity === 'word';
    const list = [...input.matchAll(SEGMENTS[this.#granularity])].filter(([found]) => found).map(({ 0: segment, index }) => {
      const made = { segment, index, input };
      if (isWord) made.isWordLike = /^[\p{L}\p{N}_]/u.test(segment);
      return made;
    });
    return {
      containing: (at = 0) => list.find(({ index, segment }) => at >= index && at < index + segment.length),
      [Symbol.iterator]: () => list[Symbol.iterator](),
    };
  }
  resolvedOptions() { return { locale: this.#locale, granularity: this.#granularity }; }
}
define('Segmenter', Segmenter, {});

const LIKELY = { en: ['Latn', 'US'], de: ['Latn', 'DE'], fr: ['Latn', 'FR'], es: ['Latn', 'ES'], it: ['Latn', 'IT'], pt: ['Latn', 'BR'], nl: ['Latn', 'NL'], ja: ['Jpan', 'JP'], ko: ['Kore', 'KR'], zh: ['Hans', 'CN'], ru: ['Cyrl', 'RU'], sv: ['Latn', 'SE'], pl: ['Latn', 'PL'], tr: ['Latn', 'TR'], ar: ['Arab', 'EG'], he: ['Hebr', 'IL'], hi: ['Deva', 'IN'] };

class Locale {
  #tag;
  constructor(tag, options = {}) {
    if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) throw new TypeError('First argument to Intl.Locale constructor can\'t be empty or missing');
    const found = TAG.exec(canonical(String(tag)));
    const { language = found[1], script = found[2], region = found[3] } = options;
    this.#tag = canonical([language, script, region].filter(Boolean).join('-') + found[4] + found[5]);
  }
  get baseName() { return this.#tag.replace(/-u-.*/, ''); }
  get language() { return TAG.exec(this.#tag)[1]; }
  get script() { return TAG.exec(this.#tag)[2]; }
  get region() { return TAG.exec(this.#tag)[3]; }
  get calendar() { return /-ca-([^-]+)/.exec(this.#tag)?.[1]; }
  get numberingSystem() { return /-nu-([^-]+)/.exec(this.#tag)?.[1]; }
  get hourCycle() { return /-hc-([^-]+)/.exec(this.#tag)?.[1]; }
  maximize() { const [script, region] = LIKELY[this.language] ?? []; return new Locale(this.#tag, { script: this.script ?? script, region: this.region ?? region }); }
  minimize() {
    const [script, region] = LIKELY[this.language] ?? [];
    return new Locale([this.language, this.script !== script && this.script, this.region !== region && this.region].filter(Boolean).join('-'));
  }
  toString() { return this.#tag; }
}
define('Locale', Locale, {});
delete Locale.supportedLocalesOf;

// === Intl ===

const numbers = () => require('internal/intl_numbers');
const dates = () => require('internal/intl_dates');

const VALUES = { calendar: ['gregory', 'iso8601'], collation: ['compat', 'emoji', 'eor'], currency: () => numbers().currencies, numberingSystem: ['latn'], timeZone: ['America/New_York', 'Europe/London', 'UTC'], unit: () => numbers().units };

const Intl = {
  getCanonicalLocales: (locales) => requested(locales),
  supportedValuesOf(key) {
    const values = VALUES[key];
    if (!values) throw new RangeError(`Invalid key : ${key}`);
    return [...(typeof values === 'function' ? values() : values)];
  },
  get DateTimeFormat() { return dates().DateTimeFormat; },
  get NumberFormat() { return numbers().NumberFormat; },
  Collator, PluralRules, RelativeTimeFormat, ListFormat, Locale, DisplayNames, Segmenter,
};
for (const name of Object.keys(Intl)) Object.defineProperty(Intl, name, { enumerable: false });
Object.defineProperty(Intl, Symbol.toStringTag, { value: 'Intl', configurable: true });

Object.assign(module.exports, {
  Intl,
  dateToLocaleString(locales, options) { return dates().localeString(this, locales, options, 'any', 'all', 'toLocaleString'); },
  dateToLocaleDateString(locales, options) { return dates().localeString(this, locales, options, 'date', 'date', 'toLocaleDateString'); },
  dateToLocaleTimeString(locales, options) { return dates().localeString(this, locales, options, 'time', 'time', 'toLocaleTimeString'); },
  numberToLocaleString(locales, options) { return numbers().format(this.valueOf(), locales, options); },
  arrayToLocaleString(locales, options) {
    return Array.from(this, (value) => (value === null || value === undefined ? '' : String(value.toLocaleString(locales, options)))).join(',');
  },
  stringLocaleCompare(that, locales, options) {
    return new CollatorOf(locales, options ?? {}).order(String(this), String(that));
  },
});
