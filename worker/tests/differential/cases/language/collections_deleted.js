// Deleting from large collections, while they are walked and not, and moving the elements of arrays.
exports.handler = async () => {
  const seen = [];
  for (const make of [() => new Map(), () => new Set()]) {
    const add = (collection, key) => (collection.set ? collection.set(key, key) : collection.add(key));
    const big = make();
    for (let at = 0; at < 3000; at++) add(big, `key${at}`);
    let deleted = 0;
    for (let at = 0; at < 3000; at += 3) if (big.delete(`key${at}`)) deleted++;
    seen.push([deleted, big.size, big.delete('none'), [...big.keys()].slice(0, 5), [...big].length]);
    const walked = [];
    for (const key of big.keys()) {
      walked.push(key);
      if (walked.length < 800) big.delete(`key${walked.length * 2}`);
      if (walked.length === 5) add(big, 'late');
    }
    seen.push([walked.length, walked.slice(0, 8), walked.slice(-3), big.size]);
    const iterator = big.keys();
    const first = [iterator.next().value, iterator.next().value];
    big.clear();
    for (let at = 0; at < 600; at++) add(big, at);
    seen.push([first, iterator.next().value, big.size, big.has(599)]);
    while (big.size > 0) big.delete(big.keys().next().value);
    seen.push([big.size, [...big]]);
    add(big, 'again');
    let calls = 0;
    big.forEach((_, key) => { calls++; if (calls < 700) { big.delete(key); add(big, `${key}${calls}`.slice(-9)); } });
    seen.push([calls, [...big.keys()]]);
  }
  const list = Array.from({ length: 100 }, (_, at) => at);
  const moved = [];
  moved.push(list.unshift('a', 'b'), list.slice(0, 4), list.splice(1, 2), list.slice(0, 3), list.splice(-3), list.length);
  moved.push(list.splice(2, 0, 'x', 'y'), list.slice(0, 6), list.splice(5, Infinity).length, [...list], list.splice(NaN, 1.9), list.splice(1, -5, 'z'), [...list]);
  const holes = [1, , 3, 4];
  moved.push(holes.unshift(0), 2 in holes, holes.splice(1, 1), 1 in holes, holes.length);
  class Own extends Array {}
  const own = Own.from([1, 2, 3]);
  moved.push(own.splice(0, 1) instanceof Own, own.unshift(9) === 3 && own instanceof Own);
  const outcome = (call) => { try { return call(); } catch (error) { return error.name; } };
  moved.push(outcome(() => Object.freeze([1, 2]).unshift(3)), outcome(() => Object.preventExtensions([1, 2, 3]).splice(0, 1).length), outcome(() => Object.preventExtensions([1]).unshift(3)));
  const named = [1, 2, 3];
  named.note = 'kept';
  named.unshift(0);
  named.splice(0, 2);
  moved.push(named.note, [...named], named.length, Array.prototype.splice.call({ length: 2, 0: 'a', 1: 'b' }, 0, 1), Array.prototype.unshift.name, Array.prototype.splice.length);
  const values = [0.5, 1, 'a', null, undefined, {}];
  values.unshift(7);
  moved.push(values, values.splice(1, 2), values.length);
  return { seen, moved };
};
