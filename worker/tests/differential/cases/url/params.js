const tried = (run) => {
  try {
    return run();
  } catch ({ name, code, message }) {
    return [name, code, message];
  }
};

exports.handler = async () => {
  const p = new URLSearchParams('?a=1&b=2&a=3&c&=d&%20x=%zz&e=f+g&&ü=€');
  const seen = [];
  p.forEach(function each(value, name, all) {
    seen.push([this.k, name, value, all === p]);
  }, { k: 1 });
  const live = new URLSearchParams('a=1&b=2&c=3');
  const visited = [];
  for (const [name] of live) {
    visited.push(name);
    live.delete(name);
  }
  return {
    list: [...p], keys: [...p.keys()], values: [...p.values()], size: p.size, text: `${p}`, seen, visited,
    get: [p.get('a'), p.getAll('a'), p.get('no'), p.has('a', '3'), p.has('a', '9'), p.has('c')],
    inits: [undefined, null, '', 5, 'a=b', '??a', { a: 1, b: [1, 2] }, [['a', 'b'], ['c', 'd']], new Map([['m', 'n']]), new URLSearchParams('q=1'), [], { 'x y': 'ü' }].map((init) => new URLSearchParams(init).toString()),
    errors: [() => new URLSearchParams([[1]]), () => new URLSearchParams([1]), () => new URLSearchParams({ [Symbol.iterator]: 5 }), () => p.append('a'), () => p.get(), () => p.forEach(), () => p.forEach(5), () => p.get.call({}), () => URLSearchParams()].map(tried),
    changed: (() => {
      const q = new URLSearchParams('b=1&a=2&b=3&a=1');
      q.set('b', 9);
      q.append('z', null);
      q.delete('a', '2');
      q.sort();
      return [q.toString(), q.size];
    })(),
    iterator: [p.entries()[Symbol.toStringTag], typeof p.keys().next, p.entries()[Symbol.iterator]() !== undefined, p[Symbol.iterator] === p.entries, p.values().next()],
    escaped: new URLSearchParams({ k: "!'()*-._~ +&=?#%\u0000\ud800" }).toString(),
    tag: Object.prototype.toString.call(p),
    own: Object.keys(p),
  };
};
