// `base ** exponent`.
const caught = (f) => { try { return f(); } catch (e) { return `threw ${e && e.name}`; } };
const kinds = {
  values: () => [2 ** 10, 2 ** -1, 0 ** 0, (-8) ** (1 / 3), 1 ** Infinity, (-1) ** -Infinity, NaN ** 0, 2n ** 64n, 10 ** 21, 1.1 ** 10, 3 ** 40, 2 ** 0.5, 1.5 ** 7, 7 ** 25].map(String).join(),
  refused: () => caught(() => 2n ** 3) + caught(() => 2n ** -1n) + caught(() => Symbol() ** 1),
  mixed: () => [() => 10n ** 2, () => 10n ** 1, () => 2n ** 0, () => { let x = 3n; return x **= 2; }, () => 3 ** 2n, () => { const o = { a: 3n }; return o.a **= 2; }].map(caught).join(),
  primitives: () => { 'use strict'; Object.defineProperty(Number.prototype, 'set_', { set(v) { out = [typeof this, v]; }, get() { return 3; }, configurable: true }); let out; const five = 5; return [() => { five.set_ **= 2; return out; }, () => { five.x **= 2; }, () => { 'text'.length **= 2; }, () => { Symbol.iterator.y **= 1; }, () => { null.z **= 2; }].map((run) => { try { return run(); } catch (e) { return e.name; } }); },
  ignored: () => { const five = 5; return [five.x **= 2, 'text'.length **= 2, five.x]; },
  sloppy: () => { const o = Object.freeze({ a: 2, get b() { return 3; } }); return [o.a **= 2, o.b **= 2, o.c **= 2, o.a, Object.create(o).b **= 2]; },
  strict: () => { 'use strict'; const o = Object.freeze({ a: 2, get b() { return 3; } }); return [() => o.a **= 2, () => o.b **= 2, () => o.c **= 2].map((run) => { try { return run(); } catch (e) { return e.name; } }); },
  assigned: () => { let x = 3; x **= 2; const o = { a: 2 }; o.a **= 3; return x + ',' + o.a + Math.pow(1, NaN) + Math.pow(1.1, 10); },
};
exports.handler = async () => {
  const out = {};
  for (const name of Object.keys(kinds)) out[name] = String(caught(() => kinds[name].call(kinds)));
  return out;
};
