// Methods of texts that search, on generated texts and with odd arguments.
exports.handler = async ({ seed, count }) => {
  const below = (n) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 4294967296) * n); };
  const pick = (list) => list[below(list.length)];
  const letters = [['a', 'b'], ['a', 'b', 'é'], ['a', 'ж', 'b'], ['a', '😀', '\ud83d', '\ude00']];
  const text = (most) => { const alphabet = pick(letters); return Array.from({ length: below(most) }, () => pick(alphabet)).join(''); };
  const places = [undefined, 0, 1, 3, -1, 2.7, NaN, Infinity, -Infinity, 100, '2', null, true, { valueOf: () => 1 }];
  const values = [undefined, null, 1, 'undefined', { toString: () => 'a' }];
  const limits = [undefined, 0, 1, 2, -1, 4294967297, '2', 1.5, NaN];
  const templates = ['-', '$&', '$`', '$\'', '$$', '$1', '$<a>', '', 'ж', undefined, null, 5, (...all) => JSON.stringify(all), () => undefined];
  const outcomes = [];
  for (let turn = 0; turn < count; turn++) {
    const input = text(40);
    const wanted = below(6) === 0 ? pick(values) : text(below(4) === 0 ? 30 : 4);
    const [place, limit, template] = [pick(places), pick(limits), pick(templates)];
    outcomes.push([
      input, String(wanted), String(place),
      input.indexOf(wanted, place), input.lastIndexOf(wanted, place), input.includes(wanted, place),
      input.startsWith(wanted, place), input.endsWith(wanted, place),
      input.split(wanted), input.split(wanted, limit),
      input.replace(wanted, template), input.replaceAll(wanted, template),
      input.repeat(50).indexOf(wanted, 700), input.repeat(50).lastIndexOf(wanted, 700), input.repeat(3).split(input).length,
    ]);
  }
  const thrown = [() => ''.indexOf.call(null, 'a'), () => ''.split.call(undefined, 'a'), () => 'a'.replaceAll(/a/, 'b'), () => 'a'.includes(/a/), () => 'a'.split(Symbol('a')), () => 'a'.indexOf(Symbol('a'))]
    .map((call) => { try { return call(); } catch (error) { return error.name; } });
  const order = [];
  const noting = (name, value) => ({ toString() { order.push(name); return value; }, valueOf() { order.push(name); return value; } });
  for (const method of ['indexOf', 'lastIndexOf', 'split', 'replace', 'replaceAll', 'includes']) {
    order.push(method, String.prototype[method].call(noting('this', 'banana'), noting('wanted', 'a'), noting('second', 1)));
  }
  const properties = ['indexOf', 'lastIndexOf', 'includes', 'split', 'replace', 'replaceAll'].map((name) => [String.prototype[name].name, String.prototype[name].length, Object.getOwnPropertyDescriptor(String.prototype, name).enumerable]);
  // As texts: half of a pair has no other way out.
  return { outcomes: outcomes.map((outcome) => JSON.stringify(outcome)), thrown, order, properties };
};
