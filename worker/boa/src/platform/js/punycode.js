// Punycode (RFC 3492), and the other functions of `punycode`.

const MAX = 2147483647;
const [BASE, MIN, TOP, SKEW, DAMP] = [36, 1, 26, 38, 700];
const MESSAGES = {
  overflow: 'Overflow: input needs wider integers to process',
  'not-basic': 'Illegal input >= 0x80 (not a basic code point)',
  'invalid-input': 'Invalid input',
};

function fail(kind) {
  throw new RangeError(MESSAGES[kind]);
}

const ucs2 = {
  decode(text) {
    const points = [];
    for (const letter of text) points.push(letter.codePointAt(0));
    return points;
  },
  encode: (points) => String.fromCodePoint(...points),
};

function adapted(delta, count, isFirst) {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / count);
  let steps = 0;
  for (; rest > ((BASE - MIN) * TOP) >> 1; steps += BASE) rest = Math.floor(rest / (BASE - MIN));
  return Math.floor(steps + ((BASE - MIN + 1) * rest) / (rest + SKEW));
}

const threshold = (place, bias) => Math.min(TOP, Math.max(MIN, place - bias));
const digit = (value) => String.fromCharCode(value + (value < 26 ? 97 : 22));

function valueOf(code) {
  if (code >= 48 && code < 58) return code - 22;
  if (code >= 65 && code < 91) return code - 65;
  if (code >= 97 && code < 123) return code - 97;
  return BASE;
}

function decode(input) {
  const basic = Math.max(0, input.lastIndexOf('-'));
  const output = [];
  for (let at = 0; at < basic; at += 1) {
    if (input.charCodeAt(at) >= 0x80) fail('not-basic');
    output.push(input.charCodeAt(at));
  }
  let [point, bias, index] = [128, 72, 0];
  for (let at = basic > 0 ? basic + 1 : 0; at < input.length;) {
    const before = index;
    for (let weight = 1, place = BASE; ; place += BASE) {
      if (at >= input.length) fail('invalid-input');
      const value = valueOf(input.charCodeAt(at++));
      if (value >= BASE) fail('invalid-input');
      if (value > Math.floor((MAX - index) / weight)) fail('overflow');
      index += value * weight;
      const limit = threshold(place, bias);
      if (value < limit) break;
      if (weight > Math.floor(MAX / (BASE - limit))) fail('overflow');
      weight *= BASE - limit;
    }
    const count = output.length + 1;
    bias = adapted(index - before, count, before === 0);
    if (Math.floor(index / count) > MAX - point) fail('overflow');
    point += Math.floor(index / count);
    index %= count;
    output.splice(index++, 0, point);
  }
  return String.fromCodePoint(...output);
}

function encode(text) {
  const input = ucs2.decode(text);
  const output = input.filter((point) => point < 0x80).map((point) => String.fromCharCode(point));
  const basic = output.length;
  if (basic > 0) output.push('-');
  let [point, delta, bias, handled] = [128, 0, 72, basic];
  while (handled < input.length) {
    const next = input.reduce((least, other) => (other >= point && other < least ? other : least), MAX);
    if (next - point > Math.floor((MAX - delta) / (handled + 1))) fail('overflow');
    delta += (next - point) * (handled + 1);
    point = next;
    for (const other of input) {
      if (other < point && ++delta > MAX) fail('overflow');
      if (other !== point) continue;
      let rest = delta;
      for (let place = BASE; ; place += BASE) {
        const limit = threshold(place, bias);
        if (rest < limit) break;
        output.push(digit(limit + ((rest - limit) % (BASE - limit))));
        rest = Math.floor((rest - limit) / (BASE - limit));
      }
      output.push(digit(rest));
      bias = adapted(delta, handled + 1, handled === basic);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    point += 1;
  }
  return output.join('');
}

// Every label of a domain, or of what follows the `@` of an address.
function mapped(domain, change) {
  const at = domain.split('@');
  const prefix = at.length > 1 ? `${at[0]}@` : '';
  const labels = (at.length > 1 ? at[1] : domain).replace(/[\u3002\uFF0E\uFF61]/g, '.').split('.');
  return prefix + labels.map(change).join('.');
}

const toUnicode = (domain) => mapped(domain, (label) => (
  label.startsWith('xn--') ? decode(label.slice(4).toLowerCase()) : label));
const toASCII = (domain) => mapped(domain, (label) => (
  /[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label));

module.exports = { version: '2.1.0', ucs2, decode, encode, toASCII, toUnicode };
