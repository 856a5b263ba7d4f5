const assert = require('assert');
exports.handler = async () => {
  const out = [];
  const tries = [() => assert.strictEqual(1, 2), () => assert.strictEqual('a', 'b', 'own'), () => assert.equal(1, 2), () => assert.notEqual(1, 1), () => assert.deepEqual({ a: 1 }, { a: 2 }), () => assert.deepStrictEqual([1, 2, 3], [1, 2, 4]),
    () => assert.deepStrictEqual({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 } }), () => assert.notStrictEqual(1, 1), () => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }), () => assert.throws(() => {}), () => assert.throws(() => {}, TypeError), () => assert.throws(() => { throw new Error('x'); }, /y/),
    () => assert.throws(() => { throw new Error('x'); }, { message: 'x' }), () => assert.throws(() => { throw new TypeError('x'); }, TypeError), () => assert.doesNotThrow(() => { throw new Error('z'); }), () => assert.match('abc', /x/), () => assert.doesNotMatch('abc', /a/), () => assert.fail(), () => assert.fail('boom'), () => assert.ifError(new Error('if')), () => assert.ifError(null),
    () => assert(false, 'msg'), () => assert.ok(0, 'zero'), () => assert.strict.equal(1, '1'), () => assert.strictEqual(NaN, NaN), () => assert.deepStrictEqual(new Map([[1, 2]]), new Map([[1, 2]])), () => assert.deepEqual([1, '2'], ['1', 2]), () => assert.throws('x'), () => assert.strictEqual(1), () => assert.deepStrictEqual(new Set([1]), new Set([2])), () => assert.strictEqual('a'.repeat(10), 'a'.repeat(9) + 'b'), () => assert.throws(() => { throw new Error('x'); }, (e) => e.message === 'x'), () => assert(false, new RangeError('mine'))];
  for (const f of tries) { try { f(); out.push('passed'); } catch (e) { out.push([e.name, e.code, e.message, e.generatedMessage, e.operator]); } }
  await assert.rejects(Promise.reject(new Error('r')), /r/); out.push(await assert.rejects(Promise.resolve()).catch((e) => e.message)); out.push(await assert.doesNotReject(Promise.reject(new Error('n'))).catch((e) => e.message));
  const e = new assert.AssertionError({ actual: 1, expected: 2, operator: 'strictEqual' }); out.push(Object.keys(e), e.message, String(e), Object.keys(assert), Object.keys(require('assert/strict')));
  return out;
};
