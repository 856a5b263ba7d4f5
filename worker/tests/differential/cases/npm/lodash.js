// What functions take from lodash, as a whole.
const _ = require('lodash');

const people = [{ name: 'Ann', age: 31, tags: ['a', 'b'] }, { name: 'bob', age: 27, tags: [] }, { name: 'Cid', age: 31, tags: ['b'], at: { city: 'X' } }];

exports.handler = async (event) => {
  const rules = _.defaultsDeep({}, event.rules, { headers: { 'x-a': '1', nested: { deep: [1, 2] } }, on: true });
  const calls = [];
  // It waits for the calls themselves, and no other call can come in time: a busy machine changes nothing.
  const called = new Promise((resolve) => {
    const debounced = _.debounce((value) => { calls.push(value); resolve(); }, 5);
    debounced(1);
    debounced(2);
  });
  const throttled = _.throttle((value) => calls.push(`t${value}`), 60_000, { trailing: false });
  throttled(1);
  throttled(2);
  await called;
  await new Promise((resolve) => { _.delay(resolve, 5); });
  const clone = _.cloneDeep({ date: new Date(0), map: new Map([[1, { a: 1 }]]), set: new Set([1]), buffer: Buffer.from('ab'), re: /x/gi, typed: new Uint16Array([1, 2]), nan: NaN, symbol: Symbol.iterator, nested: people });
  return {
    rules,
    calls,
    grouped: _.groupBy(people, 'age'),
    sorted: _.orderBy(people, ['age', (person) => person.name.toLowerCase()], ['desc', 'asc']).map(_.property('name')),
    chained: _(people).filter({ age: 31 }).flatMap('tags').uniq().map(_.upperCase).value(),
    lazy: _.chain(_.range(300)).filter((n) => n % 2).map((n) => n * n).take(3).value(),
    paths: [_.get(people, '[2].at.city'), _.get(event, ['rules', 'headers', 'x-a'], 'none'), _.has(people, '2.at'), _.set({}, 'a[0].b', 1), _.unset({ a: 1 }, 'a'), _.toPath('a.b[0]["c"]'), _.invoke({ a: { f: (x) => x + 1 } }, 'a.f', 2)],
    equal: [_.isEqual(clone.map, new Map([[1, { a: 1 }]])), _.isEqual({ a: [1, NaN] }, { a: [1, NaN] }), _.isEqualWith('a', 'A', (x, y) => x.toLowerCase() === y.toLowerCase()), _.isMatch(people[0], { tags: ['b'] })],
    cloned: [clone.date.getTime(), clone.buffer.toString(), clone.re.flags, clone.typed.length, clone.nested !== people, clone.set.has(1)],
    kinds: [_.isPlainObject(Object.create(null)), _.isBuffer(Buffer.alloc(1)), _.isError(new TypeError('x')), _.isTypedArray(new Uint8Array()), _.isEmpty(new Map()), _.isArguments((function () { return arguments; })()), _.isNative(Array.prototype.map), _.isWeakMap(new WeakMap()), _.isFunction(async () => {})],
    texts: [_.camelCase('--foo-bar__baz 2x'), _.kebabCase('fooBarÉté'), _.startCase('fooBar baz'), _.deburr('déjà vu œ'), _.truncate('a long text with words', { length: 12, separator: ' ' }), _.escape('<a href="x">&\'</a>'), _.unescape('&lt;&amp;&#39;'), _.words('a1 b-c, dÉf 😀x'), _.pad('x', 5, '_-'), _.escapeRegExp('a.b*'), _.upperFirst('éa')],
    numbers: [_.round(4.006, 2), _.clamp(7, 1, 5), _.inRange(3, 2, 4), _.sumBy(people, 'age'), _.meanBy(people, 'age'), _.toInteger('3.7'), _.parseInt('08')],
    template: _.template('hello <%- user %>! <% _.forEach(list, function (x) { %>[<%= x %>]<% }); %>${ user }')({ user: '<jo>', list: [1, 2] }),
    merged: _.mergeWith({ a: [1], b: { c: 1 } }, { a: [2], b: { d: 2 } }, (to, from) => (_.isArray(to) ? to.concat(from) : undefined)),
    picked: [_.pick(people[0], ['name', 'tags[0]']), _.omit(people[0], 'tags'), _.pickBy({ a: 1, b: null }, _.identity), _.mapValues({ a: 1 }, (v) => v * 2), _.invert({ a: 'x' }), _.keyBy(people, 'name').bob.age],
    arrays: [_.chunk([1, 2, 3], 2), _.difference([1, 2, 3], [2]), _.intersectionBy([2.1, 1.2], [2.3], Math.floor), _.zipObject(['a'], [1]), _.flattenDeep([1, [2, [3, [4]]]]), _.unionBy([2.1], [1.2, 2.3], Math.floor), _.sortedUniq([1, 1, 2]), _.partition([1, 2, 3, 4], (n) => n > 2), _.compact([0, 1, '']), _.xor([1, 2], [2, 3])],
    functions: [_.curry((a, b, c) => a + b + c)(1)(2, 3), _.flow([(x) => x + 1, (x) => x * 2])(3), _.memoize((x) => x * 2)(4), _.once(() => 5)(), _.partial((a, b) => a - b, _, 1)(5), _.attempt(() => { throw new Error('caught'); }).message, _.overEvery([_.isNumber, (n) => n > 1])(2)],
    wrapped: [_([1, 2]).toString(), JSON.stringify(_([1]).concat(2)), _.VERSION, Object.keys(_).length],
    random: _.every(_.times(50, () => _.random(1, 3)), (n) => n >= 1 && n <= 3) && _.shuffle([1, 2, 3]).length === 3 && _.sampleSize([1, 2, 3], 2).length === 2,
  };
};
