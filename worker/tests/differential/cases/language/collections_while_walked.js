// `Map` and `Set` that change while something walks them.
const caught = (f) => { try { return f(); } catch (e) { return `threw ${e && e.name}`; } };
const kinds = {
  clearedMap: () => { const m = new Map([[1, 1], [2, 2], [3, 3]]), s = []; for (const [k] of m) { s.push(k); if (k === 2) { m.clear(); m.set(4, 4); m.set(2, 2); } if (s.length > 9) break; } return s.join() + '/' + m.size; },
  putAgain: () => { const m = new Set([1, 2, 3]), s = []; for (const k of m) { s.push(k); if (k === 1) { m.delete(2); m.add(2); } if (k === 3) m.delete(3); if (s.length > 9) break; } return s.join() + [...m]; },
  putAgainInForEach: () => { const m = new Map([[1, 1], [2, 2]]), s = []; m.forEach((v, k) => { s.push(k); if (s.length < 5) { m.delete(k); m.set(k, v); } }); return s.join() + [...m.keys()]; },
  clearedIterator: () => { const m = new Map([[1, 1]]), i = m.keys(); i.next(); m.clear(); m.set(5, 5); const a = i.next(); const b = i.next(); m.set(6, 6); const c = i.next(); return JSON.stringify([a, b, c]); },
  twoIterators: () => { const s = new Set([1, 2, 3]), i = s.values(), j = s.values(); i.next(); j.next(); j.next(); s.clear(); s.add(9); return JSON.stringify([i.next(), j.next(), i.next(), j.next()]); },
  filledAgain: () => { const m = new Map(); for (let r = 0; r < 3; r++) { for (let i = 0; i < 5; i++) m.set(i + r, i); for (const [k] of m) { if (k === 3) break; } m.clear(); } return m.size + ',' + [...m].length; },
  clearedInForEach: () => { const s = new Set([1, 2]), log = []; s.forEach((x) => { log.push(x); if (x === 1) { s.clear(); s.add(7); } }); return log.join(); },
  deletedKeys: () => { const m = new Map([['a', 1], ['b', 2]]); const out = []; for (const k of m.keys()) { m.delete(k); out.push(k); } return out.join() + m.size; },
  sameValueZero: () => { const m = new Map([[NaN, 1], [0, 2]]); return [m.get(NaN), m.get(-0), m.has(0), Object.is([...m.keys()][1], 0)].join(); },
  leastRecent: () => { const m = new Map(); for (let i = 0; i < 1000; i++) { m.set(i, i); if (m.size > 10) m.delete(m.keys().next().value); } return [...m.keys()].join(); },
  others: () => caught(() => Map.prototype.clear.call({})),
};
exports.handler = async () => {
  const out = {};
  for (const name of Object.keys(kinds)) out[name] = String(caught(() => kinds[name].call(kinds)));
  return out;
};
