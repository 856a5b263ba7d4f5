// Intl.NumberFormat and toLocaleString of numbers. Decimal digits are rounded as they are written,
// half away from zero. Compact notation and names of units and currencies are English.

const { resolve, option, define } = require('internal/intl');

const SYMBOLS = {
  USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥', KRW: '₩', BRL: 'R$', CAD: 'CA$', AUD: 'A$', MXN: 'MX$', NZD: 'NZ$',
  HKD: 'HK$', TWD: 'NT$', ILS: '₪', VND: '₫', PHP: '₱', XAF: 'FCFA', XOF: 'F CFA', XPF: 'CFPF', XCD: 'EC$',
};
// What a locale writes for the money of its own and its neighbors.
const OWN = {
  'en-GB': { USD: 'US$', JPY: 'JP¥' }, 'en-CA': { CAD: '$', USD: 'US$', JPY: 'JP¥' }, 'en-AU': { AUD: '$', USD: 'USD', EUR: 'EUR', GBP: 'GBP', JPY: 'JPY' },
  ja: { JPY: '￥', CNY: '元' }, zh: { CNY: '¥', USD: 'US$', JPY: 'JP¥', AUD: 'AU$' }, 'zh-TW': { TWD: '$', USD: 'US$' }, ko: { USD: 'US$', JPY: 'JP¥' },
  es: { USD: 'US$', JPY: 'JPY' }, 'es-MX': { MXN: '$', USD: 'USD', EUR: 'EUR' }, fr: { USD: '$US', GBP: '£GB', JPY: 'JPY', CAD: '$CA' }, 'fr-CA': { CAD: '$', USD: '$ US' },
  it: { USD: 'USD', JPY: 'JPY' }, nl: { USD: 'US$', JPY: 'JP¥' }, pt: { USD: 'US$', JPY: 'JP¥' }, pl: { PLN: 'zł', USD: 'USD' }, ru: { RUB: '₽' }, uk: { UAH: '₴', USD: 'USD' },
  tr: { TRY: '₺' }, sv: { SEK: 'kr', USD: 'US$', JPY: 'JPY' }, da: { DKK: 'kr.', JPY: 'JP¥' }, nb: { NOK: 'kr', USD: 'USD' }, cs: { CZK: 'Kč', USD: 'US$' }, hu: { HUF: 'Ft', USD: 'USD' },
};
const WITHOUT_CENTS = ['JPY', 'KRW', 'VND', 'CLP', 'ISK', 'PYG', 'UGX', 'XAF', 'XOF', 'XPF', 'RWF', 'DJF', 'GNF', 'KMF', 'BIF', 'VUV'];
const MILLS = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];
const CURRENCY_NAMES = { USD: 'US dollar', EUR: 'euro', GBP: 'British pound', JPY: 'Japanese yen', CAD: 'Canadian dollar', AUD: 'Australian dollar', INR: 'Indian rupee', CHF: 'Swiss franc', CNY: 'Chinese yuan', BRL: 'Brazilian real', MXN: 'Mexican peso' };
const INVARIABLE = ['JPY', 'CNY'];

// Short, narrow; the long form is the name.
const UNITS = {
  acre: ['ac', 'ac'], bit: ['bit', 'bit'], byte: ['byte', 'B'], celsius: ['°C', '°C'], centimeter: ['cm', 'cm'], day: ['day', 'd'], degree: ['deg', '°'],
  fahrenheit: ['°F', '°'], foot: ['ft', '′'], gallon: ['gal', 'gal'], gigabit: ['Gb', 'Gb'], gigabyte: ['GB', 'GB'], gram: ['g', 'g'], hour: ['hr', 'h'], inch: ['in', '″'],
  kilobit: ['kb', 'kb'], kilobyte: ['kB', 'kB'], kilogram: ['kg', 'kg'], kilometer: ['km', 'km'], liter: ['L', 'L'], megabit: ['Mb', 'Mb'], megabyte: ['MB', 'MB'],
  meter: ['m', 'm'], mile: ['mi', 'mi'], millimeter: ['mm', 'mm'], milliliter: ['mL', 'mL'], millisecond: ['ms', 'ms'], minute: ['min', 'm'], month: ['mth', 'm'], ounce: ['oz', 'oz'],
  percent: ['%', '%'], petabyte: ['PB', 'PB'], pound: ['lb', '#'], second: ['sec', 's'], stone: ['st', 'st'], terabit: ['Tb', 'Tb'], terabyte: ['TB', 'TB'], week: ['wk', 'w'], yard: ['yd', 'yd'], year: ['yr', 'y'],
};
const COUNTED = ['day', 'month', 'week', 'year', 'byte'];
const CLOSE = ['celsius', 'fahrenheit', 'percent'];
const COMPACT = [['T', 'trillion'], ['B', 'billion'], ['M', 'million'], ['K', 'thousand']];

// A number's decimal digits without sign, and where the point is among them.
function decimal(value) {
  const text = typeof value === 'bigint' ? String(value).replace('-', '') : String(Math.abs(value));
  const [mantissa, exponent = '0'] = text.split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const all = (whole + fraction).replace(/^0+(?=.)/, '');
  return { digits: all, point: whole.length + Number(exponent) - (whole + fraction).length + all.length };
}

// Keeps `count` digits from the first on, rounding half up.
function rounded({ digits, point }, count) {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '0', point: 1 };
  const up = digits[count] >= '5';
  const kept = digits.slice(0, count);
  if (!up) return kept ? { digits: kept, point } : { digits: '0', point: 1 };
  const next = String(BigInt(kept || '0') + 1n).padStart(kept.length, '0');
  return { digits: next, point: point + next.length - kept.length };
}

// Whole and fractional digits; the point may lie outside of the digits.
function split({ digits, point }) {
  if (point <= 0) return ['0', '0'.repeat(-point) + digits];
  const padded = digits.padEnd(point, '0');
  return [padded.slice(0, point), padded.slice(point)];
}

function bounded(options, name, least, most, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const number = Math.floor(Number(value));
  if (!(number >= least && number <= most)) throw new RangeError(`${name} value is out of range.`);
  return number;
}

class NumberFormatOf {
  #settings; #words; #name; #bound;
  constructor(locales, given) {
    const { locale, words, name } = resolve(locales);
    if (given === null) throw new TypeError('Cannot convert undefined or null to object');
    const options = given === undefined ? {} : Object(given);
    const owner = 'Intl.NumberFormat';
    const choose = (key, allowed, otherwise) => option(options, key, allowed, otherwise, owner);
    const style = choose('style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    const s = { locale, numberingSystem: 'latn', style };
    const { currency, unit } = options;
    if (currency !== undefined && !/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
    if (style === 'currency') {
      if (currency === undefined) throw new TypeError('Currency code is required with currency style.');
      s.currency = String(currency).toUpperCase();
      s.currencyDisplay = choose('currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
      s.currencySign = choose('currencySign', ['standard', 'accounting'], 'standard');
    }
    if (unit !== undefined && !String(unit).split('-per-').every((one) => UNITS[one])) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
    if (style === 'unit') {
      if (unit === undefined) throw new TypeError('Unit is required with unit style.');
      s.unit = String(unit);
      s.unitDisplay = choose('unitDisplay', ['short', 'narrow', 'long'], 'short');
    }
    const notation = choose('notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard');
    const cents = WITHOUT_CENTS.includes(s.currency) ? 0 : MILLS.includes(s.currency) ? 3 : 2;
    const isMoney = style === 'currency' && notation === 'standard';
    s.minimumIntegerDigits = bounded(options, 'minimumIntegerDigits', 1, 21, 1);
    const least = bounded(options, 'minimumFractionDigits', 0, 20, undefined);
    const most = bounded(options, 'maximumFractionDigits', 0, 20, undefined);
    const usual = { least: isMoney ? cents : 0, most: isMoney ? cents : style === 'percent' || notation === 'compact' ? 0 : 3 };
    s.minimumFractionDigits = least ?? Math.min(usual.least, most ?? usual.least);
    s.maximumFractionDigits = most ?? Math.max(usual.most, s.minimumFractionDigits);
    if (s.minimumFractionDigits > s.maximumFractionDigits) throw new RangeError('maximumFractionDigits value is out of range.');
    if (options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined) {
      s.minimumSignificantDigits = bounded(options, 'minimumSignificantDigits', 1, 21, 1);
      s.maximumSignificantDigits = bounded(options, 'maximumSignificantDigits', s.minimumSignificantDigits, 21, 21);
      delete s.minimumFractionDigits;
      delete s.maximumFractionDigits;
    }
    this.loose = notation === 'compact' && least === undefined && most === undefined && s.maximumSignificantDigits === undefined;
    Object.defineProperty(this, 'loose', { enumerable: false });
    const grouping = options.useGrouping;
    s.useGrouping = grouping === undefined ? (notation === 'compact' ? 'min2' : 'auto') : grouping === false || grouping === 'false' ? false : grouping === true || grouping === 'true' ? 'always' : String(grouping);
    s.notation = notation;
    if (notation === 'compact') s.compactDisplay = choose('compactDisplay', ['short', 'long'], 'short');
    s.signDisplay = choose('signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
    Object.assign(s, { roundingMode: 'halfExpand', roundingIncrement: 1, trailingZeroDisplay: 'auto', roundingPriority: this.loose ? 'morePrecision' : 'auto' });
    [this.#settings, this.#words, this.#name] = [s, words, name];
  }

  // The digits of a size as it is to be shown.
  #digits(number) {
    const s = this.#settings;
    let made = number;
    if (this.loose) {
      made = rounded(number, Math.max(number.point, Math.min(number.digits.length, 2)));
    } else if (s.maximumSignificantDigits !== undefined) {
      made = rounded(number, s.maximumSignificantDigits);
    } else {
      made = rounded(number, number.point + s.maximumFractionDigits);
    }
    let [whole, fraction] = split(made);
    fraction = fraction.replace(/0+$/, '');
    let least = s.minimumFractionDigits ?? 0;
    if (s.minimumSignificantDigits !== undefined) least = Math.max(0, s.minimumSignificantDigits - (whole === '0' ? 0 : whole.length));
    return [whole.padStart(s.minimumIntegerDigits, '0'), fraction.padEnd(least, '0'), made];
  }

  #grouped(whole) {
    const { group, groupFrom } = this.#words.number;
    const use = this.#settings.useGrouping;
    const least = use === 'min2' ? 2 : use === 'always' ? 1 : groupFrom;
    if (!use || whole.length < 3 + least) return [whole];
    const size = this.#name === 'en-IN' ? /\B(?=(?:\d{2})*(?:\d{3})$)/ : /\B(?=(?:\d{3})+$)/;
    return whole.split(size).flatMap((part, at) => (at ? [group, part] : [part]));
  }

  // The number itself: its digits, and the suffix of its notation.
  #core(value) {
    if (Number.isNaN(value)) return { parts: [{ type: 'nan', value: 'NaN' }] };
    if (value === Infinity || value === -Infinity) return { parts: [{ type: 'infinity', value: '∞' }] };
    const s = this.#settings;
    let number = decimal(value);
    if (s.style === 'percent') number = { ...number, point: number.point + (number.digits === '0' ? 0 : 2) };
    let suffix = [];
    const zero = /^0*$/.test(number.digits);
    if (s.notation === 'compact' && !zero) {
      let power = Math.min(12, Math.max(0, Math.floor((number.point - 1) / 3) * 3));
      const at = (scale) => ({ ...number, point: number.point - scale });
      // Rounding may lead to the next thousand.
      if (power < 12 && this.#digits(at(power))[2].point > 3) power += 3;
      number = at(power);
      const [short, long] = COMPACT[4 - power / 3] ?? [];
      if (short) suffix = s.compactDisplay === 'long' ? [{ type: 'literal', value: ' ' }, { type: 'compact', value: long }] : [{ type: 'compact', value: short }];
    } else if (s.notation !== 'standard' && s.notation !== 'compact') {
      let power = zero ? 0 : number.point - 1;
      if (s.notation === 'engineering') power = Math.floor(power / 3) * 3;
      number = { ...number, point: number.point - power };
      suffix = [{ type: 'exponentSeparator', value: 'E' }, ...(power < 0 ? [{ type: 'exponentMinusSign', value: '-' }] : []), { type: 'exponentInteger', value: String(Math.abs(power)) }];
    }
    const [whole, fraction] = this.#digits(number);
    const parts = this.#grouped(whole).map((part, at) => ({ type: at % 2 ? 'group' : 'integer', value: part }));
    if (fraction) parts.push({ type: 'decimal', value: this.#words.number.decimal }, { type: 'fraction', value: fraction });
    return { parts: [...parts, ...suffix], isZero: /^0*$/.test(whole + fraction), isOne: whole === '1' && !fraction };
  }

  #sign(value, isZero) {
    const negative = typeof value === 'bigint' ? value < 0n : value < 0 || Object.is(value, -0);
    const { minus } = this.#words.number;
    switch (this.#settings.signDisplay) {
      case 'never': return '';
      case 'always': return negative ? minus : '+';
      case 'exceptZero': return isZero ? '' : negative ? minus : '+';
      case 'negative': return negative && !isZero ? minus : '';
      default: return negative ? minus : '';
    }
  }

  // The pattern around the number (`#`), and the name of what is counted.
  #frame(isOne) {
    const s = this.#settings;
    if (s.style === 'percent') return [this.#words.number.percent, '%', 'percentSign'];
    if (s.style === 'currency') {
      if (s.currencyDisplay === 'name') {
        const name = CURRENCY_NAMES[s.currency] ?? s.currency;
        return ['#\u00a0¤'.replace('\u00a0', ' '), isOne || INVARIABLE.includes(s.currency) || name === s.currency ? name : `${name}s`, 'currency'];
      }
      const own = OWN[this.#name]?.[s.currency];
      const symbol = s.currencyDisplay === 'code' ? s.currency : s.currencyDisplay === 'narrowSymbol' ? (SYMBOLS[s.currency] ?? s.currency).replace(/^[A-Z]+(?=[$¥])/, '') : own ?? SYMBOLS[s.currency] ?? s.currency;
      const pattern = this.#words.number.currency.replace('-', '').replace('−', '').replace(/¤\s#/u, /^[a-z]/i.test(symbol) || !this.#name.startsWith('en') ? '$&' : '¤#');
      return [/[a-z]$/i.test(symbol) ? pattern.replace('¤#', '¤\u00a0#') : pattern, symbol, 'currency'];
    }
    if (s.style !== 'unit') return ['#', '', ''];
    const [unit, per] = s.unit.split('-per-');
    const word = (name) => {
      const plural = isOne ? '' : 's';
      if (s.unitDisplay === 'long') return { foot: isOne ? 'foot' : 'feet', inch: isOne ? 'inch' : 'inches', celsius: `degree${plural} Celsius`, fahrenheit: `degree${plural} Fahrenheit`, percent: 'percent', stone: 'stone' }[name] ?? name + plural;
      const short = UNITS[name][s.unitDisplay === 'narrow' ? 1 : 0];
      return s.unitDisplay === 'short' && COUNTED.concat('month', 'week', 'year').includes(name) && !(name === 'byte' && isOne) ? short + (name === 'byte' ? '' : plural) : short;
    };
    const isHour = per === 'hour' && s.unitDisplay !== 'long';
    const text = per ? (s.unit === 'mile-per-hour' && isHour ? 'mph' : s.unitDisplay === 'long' ? `${word(unit)} per ${per}` : `${word(unit)}/${isHour ? 'h' : UNITS[per][1]}`) : word(unit);
    const close = s.unitDisplay !== 'long' && (CLOSE.includes(unit) || s.unitDisplay === 'narrow');
    return [close ? '#¤' : '# ¤', text, 'unit'];
  }

  formatToParts(given) {
    let value = typeof given === 'bigint' ? given : Number(given);
    if (typeof given === 'string' && /^\s*[+-]?\d{16,}\s*$/.test(given)) value = BigInt(given.trim().replace('+', ''));
    const { parts, isZero, isOne } = this.#core(value);
    const sign = this.#sign(value, isZero);
    const [pattern, name, type] = this.#frame(isOne);
    const made = [];
    const accounting = this.#settings.currencySign === 'accounting' && sign === this.#words.number.minus;
    const signPart = sign && !accounting ? [{ type: sign === '+' ? 'plusSign' : 'minusSign', value: sign }] : [];
    // Some put the sign before the number and not before the symbol.
    const inside = this.#settings.style === 'currency' && /¤\s?[-−]#/u.test(this.#words.number.currency);
    if (!inside) made.push(...signPart);
    if (accounting) made.push({ type: 'literal', value: '(' });
    for (const piece of pattern.match(/#|¤|%|[^#¤%]+/gu) ?? []) {
      if (piece === '#') made.push(...(inside ? signPart : []), ...parts);
      else if (piece === '¤' || piece === '%') made.push({ type, value: name });
      else made.push({ type: 'literal', value: piece });
    }
    if (accounting) made.push({ type: 'literal', value: ')' });
    return made;
  }

  text(value) { return this.formatToParts(value).map((part) => part.value).join(''); }

  boundFormat() { return (this.#bound ??= (value) => this.text(value)); }

  resolvedOptions() { return { ...this.#settings }; }
}
Object.defineProperty(NumberFormatOf.prototype, 'format', { get() { return this.boundFormat(); }, configurable: true });

module.exports = {
  NumberFormat: define('NumberFormat', NumberFormatOf, {}, true),
  format: (value, locales, options) => new NumberFormatOf(locales, options).text(value),
  currencies: Object.keys(SYMBOLS).concat('CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF', 'RUB', 'TRY', 'ZAR', 'SGD', 'THB', 'IDR', 'MYR', 'AED', 'SAR', 'EGP').sort(),
  units: Object.keys(UNITS),
};
