// Intl.DateTimeFormat and the toLocale methods of Date. The calendar is the Gregorian.

const { resolve, option, define } = require('internal/intl');
const { clock } = native('intl');
const getTime = Date.prototype.getTime;

const CHOICES = {
  weekday: ['narrow', 'short', 'long'],
  era: ['narrow', 'short', 'long'],
  year: ['2-digit', 'numeric'],
  month: ['2-digit', 'numeric', 'narrow', 'short', 'long'],
  day: ['2-digit', 'numeric'],
  dayPeriod: ['narrow', 'short', 'long'],
  hour: ['2-digit', 'numeric'],
  minute: ['2-digit', 'numeric'],
  second: ['2-digit', 'numeric'],
  timeZoneName: ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'],
};
const STYLES = ['full', 'long', 'medium', 'short'];
const DATE = ['weekday', 'year', 'month', 'day'];
const TIME = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];
const MONTH_ONLY = { ja: '%m月', 'zh-TW': '%m月', ko: '%m월' };
const HOUR_ONLY = { de: ' Uhr', fr: ' h', ja: '時', zh: '时', ko: '시' };
const LONG_ZONES = {
  UTC: 'Coordinated Universal Time', 'Asia/Tokyo': 'Japan Standard Time', 'Asia/Seoul': 'Korean Standard Time', 'Asia/Shanghai': 'China Standard Time',
  'Asia/Kolkata': 'India Standard Time', 'Asia/Calcutta': 'India Standard Time', 'Asia/Singapore': 'Singapore Standard Time', 'Asia/Hong_Kong': 'Hong Kong Standard Time',
};
const AMERICA = { E: 'Eastern', C: 'Central', M: 'Mountain', P: 'Pacific', AK: 'Alaska', H: 'Hawaii-Aleutian' };
const EUROPE = { WE: 'Western European', CE: 'Central European', EE: 'Eastern European' };
const TYPES = { d: 'day', D: 'day', m: 'month', M: 'month', b: 'month', B: 'month', l: 'month', L: 'month', y: 'year', Y: 'year', a: 'weekday', A: 'weekday', e: 'weekday' };

// The options with defaults for what was not asked: a date, a time, or both.
function read(given, required, defaults, owner) {
  const options = given === undefined ? {} : Object(given);
  if (given === null) throw new TypeError('Cannot convert undefined or null to object');
  const wanted = {};
  for (const name of Object.keys(CHOICES)) wanted[name] = option(options, name, CHOICES[name], undefined, owner);
  if (options.fractionalSecondDigits !== undefined) {
    const digits = Number(options.fractionalSecondDigits);
    if (!(digits >= 1 && digits <= 3)) throw new RangeError('fractionalSecondDigits value is out of range.');
    wanted.fractionalSecondDigits = Math.floor(digits);
  }
  wanted.dateStyle = option(options, 'dateStyle', STYLES, undefined, owner);
  wanted.timeStyle = option(options, 'timeStyle', STYLES, undefined, owner);
  wanted.hourCycle = option(options, 'hourCycle', ['h11', 'h12', 'h23', 'h24'], undefined, owner);
  wanted.hour12 = options.hour12 === undefined ? undefined : Boolean(options.hour12);
  if (wanted.dateStyle || wanted.timeStyle) {
    const other = [...DATE, ...TIME, 'era', 'timeZoneName'].find((name) => wanted[name] !== undefined);
    if (other) throw new TypeError(`Can't set option ${other} when ${wanted.dateStyle ? 'dateStyle' : 'timeStyle'} is used`);
    if (required === 'date' && wanted.timeStyle) throw new TypeError('Invalid option : timeStyle');
    if (required === 'time' && wanted.dateStyle) throw new TypeError('Invalid option : dateStyle');
    return { wanted, options };
  }
  const asked = (names) => names.some((name) => wanted[name] !== undefined);
  const enough = (required !== 'time' && asked(DATE)) || (required !== 'date' && asked(TIME));
  if (!enough && defaults !== 'time') wanted.year = wanted.month = wanted.day = 'numeric';
  if (!enough && defaults !== 'date') wanted.hour = wanted.minute = wanted.second = 'numeric';
  return { wanted, options };
}

const two = (n) => String(n).padStart(2, '0');

function offsetText(seconds, long) {
  if (seconds === 0) return 'GMT';
  const minutes = Math.abs(Math.trunc(seconds / 60));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const tail = long || rest ? `:${two(rest)}` : '';
  return `GMT${seconds < 0 ? '-' : '+'}${long ? two(hours) : hours}${tail}`;
}

function zoneText(style, [zone, seconds, summer, abbreviation], locale) {
  if (style === 'shortOffset' || style === 'longOffset') return offsetText(seconds, style === 'longOffset');
  const utc = zone === 'UTC' || zone === 'Etc/UTC';
  const language = locale.split('-')[0];
  if (utc && (style === 'short' || language !== 'en')) return 'UTC';
  if (style === 'short' || style === 'shortGeneric') {
    const american = /^(?:America|Pacific|US)\//.test(zone) && /^(?:[ECMP]|AK|H)[SD]T$/.test(abbreviation) && !['en-GB', 'en-AU'].includes(locale) && language === 'en';
    const european = ['en-GB', 'en-IE'].includes(locale) && /^(?:GMT|BST|[WCE]ES?T)$/.test(abbreviation);
    const asian = { 'ja-Asia/Tokyo': 'JST' }[`${language}-${zone}`];
    return american || european ? abbreviation : asian ?? offsetText(seconds, false);
  }
  if (utc) return LONG_ZONES.UTC;
  if (LONG_ZONES[zone]) return LONG_ZONES[zone];
  const region = AMERICA[/^(AK|[ECMPH])[SD]T$/.exec(abbreviation)?.[1]];
  if (region && /^(?:America|Pacific|US)\//.test(zone)) return `${region} ${summer ? 'Daylight' : 'Standard'} Time`;
  const europe = EUROPE[/^([WCE]E)S?T$/.exec(abbreviation)?.[1]];
  if (europe) return `${europe} ${summer ? 'Summer' : 'Standard'} Time`;
  if (zone === 'Europe/London') return summer ? 'British Summer Time' : 'Greenwich Mean Time';
  return offsetText(seconds, true);
}

class DateTimeFormatOf {
  #wanted; #words; #locale; #name; #zone; #cycle; #bound;
  constructor(locales, given, required = 'any', defaults = 'date', owner = 'Intl.DateTimeFormat') {
    const { locale, words, name } = resolve(locales);
    const { wanted, options } = read(given, required, defaults, owner);
    [this.#locale, this.#words, this.#name, this.#wanted] = [locale, words, name, wanted];
    const zone = options.timeZone === undefined ? 'UTC' : String(options.timeZone);
    const found = clock(zone, 0);
    if (!found) throw new RangeError(`Invalid time zone specified: ${zone}`);
    this.#zone = /^(?:Etc\/)?(?:UTC|GMT|Zulu|UCT|Universal|Greenwich|GMT0)$|^Etc\/GMT[+-]?0$/i.test(found[0]) ? 'UTC' : found[0];
    const own = words.time.cycle;
    this.#cycle = wanted.hourCycle ?? own;
    if (wanted.hour12 === true) this.#cycle = own === 'h12' ? 'h12' : 'h11';
    if (wanted.hour12 === false) this.#cycle = own === 'h12' ? 'h24' : 'h23';
  }

  #fields(date) {
    const time = date === undefined ? Date.now() : Number(date);
    if (!(Math.abs(time) <= 864e13)) throw new RangeError('Invalid time value');
    const shown = clock(this.#zone, time);
    const local = new Date(Math.trunc(time) + shown[1] * 1000);
    return { local, shown };
  }

  // The date's pattern, widened where two digits are asked for.
  #datePattern() {
    const { dateStyle, timeStyle, weekday, year, month, day } = this.#wanted;
    const { patterns } = this.#words;
    if (dateStyle) return patterns[dateStyle];
    if (timeStyle) return '';
    const monthKey = { long: 'MMMM', short: 'MMM', narrow: 'MMM', numeric: 'M', '2-digit': 'M' }[month] ?? '';
    const key = (year ? 'y' : '') + monthKey + (day ? 'd' : '');
    const first = weekday ? (weekday === 'long' ? 'EEEE' : 'E') : '';
    let pattern = patterns[first + key];
    if (pattern === undefined) {
      const alone = { MMMM: MONTH_ONLY[this.#name] ?? '%L', MMM: MONTH_ONLY[this.#name] ?? '%l', M: patterns.M, y: patterns.y, d: patterns.d, yd: '%d %Y', '': '' }[key] ?? patterns[key] ?? '';
      const name = first && (weekday === 'long' ? '%A' : key ? '%a' : '%e');
      const joint = key.startsWith('y') || key === 'd' ? [alone, name] : [name, alone];
      pattern = joint.filter(Boolean).join(key.length > 1 && key !== 'yd' && !key.startsWith('y') ? ', ' : ' ');
    }
    if (day === '2-digit') pattern = pattern.replace('%d', '%D');
    if (month === '2-digit') pattern = pattern.replace('%m', '%M');
    if (year === '2-digit') pattern = pattern.replace('%Y', '%y');
    return pattern;
  }

  #dateParts(local) {
    const parts = [];
    const [year, month, day, weekday] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), local.getUTCDay()];
    const { names } = this.#words;
    const value = {
      d: () => String(day), D: () => two(day), m: () => String(month + 1), M: () => two(month + 1), y: () => two(year % 100), Y: () => String(year > 0 ? year : 1 - year),
      a: () => (this.#wanted.weekday === 'narrow' ? names.A[weekday][0] : names.a[weekday]), e: () => (this.#wanted.weekday === 'narrow' ? names.A[weekday][0] : names.e[weekday]), A: () => names.A[weekday],
    };
    for (const piece of this.#datePattern().match(/%[a-zA-Z]|[^%]+/g) ?? []) {
      const code = piece[0] === '%' ? piece[1] : '';
      if (!code) parts.push({ type: 'literal', value: piece });
      else if (names[code]?.length === 12) parts.push({ type: 'month', value: this.#wanted.month === 'narrow' ? names.L[month][0].toUpperCase() : names[code][month] });
      else parts.push({ type: TYPES[code], value: value[code]() });
    }
    if (this.#wanted.era) parts.push({ type: 'literal', value: ' ' }, { type: 'era', value: { long: 'Anno Domini', short: 'AD', narrow: 'A' }[this.#wanted.era] });
    return parts;
  }

  #timeParts(local, shown) {
    const { timeStyle } = this.#wanted;
    let { hour, minute, second, fractionalSecondDigits: fraction, timeZoneName } = this.#wanted;
    if (timeStyle) {
      hour = minute = 'numeric';
      second = timeStyle === 'short' ? undefined : 'numeric';
      timeZoneName = { full: 'long', long: 'short' }[timeStyle];
    }
    const parts = [];
    const literal = (value) => parts.push({ type: 'literal', value });
    const { time } = this.#words;
    const half = this.#cycle === 'h12' || this.#cycle === 'h11';
    if (hour) {
      let value = local.getUTCHours();
      if (half) value %= 12;
      if (value === 0 && this.#cycle === 'h12') value = 12;
      if (value === 0 && this.#cycle === 'h24') value = 24;
      const wide = hour === '2-digit' || (!half && (time.hourDigits === 2 || this.#name.startsWith('en')));
      parts.push({ type: 'hour', value: wide ? two(value) : String(value) });
    }
    if (minute) {
      if (parts.length) literal(time.separator);
      parts.push({ type: 'minute', value: hour || second ? two(local.getUTCMinutes()) : String(local.getUTCMinutes()) });
    }
    if (second) {
      if (parts.length) literal(time.separator);
      parts.push({ type: 'second', value: minute ? two(local.getUTCSeconds()) : String(local.getUTCSeconds()) });
    }
    if (fraction) {
      if (parts.length) literal(this.#words.number.decimal);
      parts.push({ type: 'fractionalSecond', value: String(local.getUTCMilliseconds()).padStart(3, '0').slice(0, fraction) });
    }
    if (hour && half) {
      const period = { type: 'dayPeriod', value: time.halves[local.getUTCHours() < 12 ? 0 : 1] };
      if (time.halfFirst) parts.unshift(period, ...(time.halfSpace ? [{ type: 'literal', value: time.halfSpace }] : []));
      else parts.push({ type: 'literal', value: time.halfSpace }, period);
    } else if (hour && !minute && HOUR_ONLY[this.#name.split('-')[0]]) {
      literal(HOUR_ONLY[this.#name.split('-')[0]]);
    }
    return { parts, zone: timeZoneName && zoneText(timeZoneName, [this.#zone, ...shown.slice(1)], this.#locale) };
  }

  formatToParts(date) {
    const { local, shown } = this.#fields(date);
    const day = this.#dateParts(local);
    const { parts: clockParts, zone } = this.#timeParts(local, shown);
    const { dateStyle, month, timeStyle } = this.#wanted;
    const { joints } = this.#words;
    let joint = joints.plain;
    if (dateStyle === 'full' || dateStyle === 'long') joint = joints.long;
    else if (dateStyle === 'medium') joint = joints.medium;
    else if (!dateStyle && month === 'long') joint = joints.options;
    if (!dateStyle && this.#wanted.weekday && !month && !this.#wanted.day && !timeStyle) joint = ' ';
    const parts = day.length && clockParts.length ? [...day, { type: 'literal', value: joint }, ...clockParts] : [...day, ...clockParts];
    if (zone) parts.push({ type: 'literal', value: clockParts.length || !this.#name.startsWith('en') ? ' ' : ', ' }, { type: 'timeZoneName', value: zone });
    return parts;
  }

  // As in V8, whole texts have ordinary spaces where their parts have narrow ones.
  text(date) { return this.formatToParts(date).map((part) => part.value).join('').replaceAll('\u202f', ' '); }

  boundFormat() { return (this.#bound ??= (date) => this.text(date)); }

  formatRange(start, end) {
    const [first, last] = [this.text(start), this.text(end)];
    return first === last ? first : `${first} – ${last}`;
  }

  resolvedOptions() {
    const resolved = { locale: this.#locale, calendar: 'gregory', numberingSystem: 'latn', timeZone: this.#zone };
    if (this.#wanted.hour || this.#wanted.timeStyle) Object.assign(resolved, { hourCycle: this.#cycle, hour12: this.#cycle === 'h12' || this.#cycle === 'h11' });
    for (const name of ['weekday', 'era', 'year', 'month', 'day', 'dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits', 'timeZoneName', 'dateStyle', 'timeStyle']) {
      let value = this.#wanted[name];
      if ((name === 'minute' || name === 'second') && value) value = '2-digit';
      if (value !== undefined) resolved[name] = value;
    }
    return resolved;
  }
}
Object.defineProperty(DateTimeFormatOf.prototype, 'format', { get() { return this.boundFormat(); }, configurable: true });

module.exports = {
  DateTimeFormat: define('DateTimeFormat', DateTimeFormatOf, {}, true),
  localeString(date, locales, options, required, defaults, name) {
    const time = getTime.call(date);
    const format = new DateTimeFormatOf(locales, options, required, defaults, `Date.prototype.${name}`);
    return Number.isNaN(time) ? 'Invalid Date' : format.text(time);
  },
};
