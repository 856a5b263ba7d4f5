const util = require('util');

exports.handler = async () => {
  const named = Object.assign(Buffer.from('a'), { x: 1, y: 'z' });
  console.log(Buffer.from('héllo'), [Buffer.alloc(3)], { b: Buffer.alloc(60) });
  console.log('%s %o', Buffer.from('ab'), 5);
  return {
    plain: [Buffer.alloc(0), Buffer.from('abc'), Buffer.alloc(51), Buffer.alloc(60), named].map((value) => util.inspect(value)),
    nested: util.inspect({ a: { b: { c: Buffer.from('deep') } } }, { depth: 0 }),
    direct: [Buffer.from('ab').inspect(), Buffer.alloc(60).inspect().slice(-20)],
    equal: [util.isDeepStrictEqual(Buffer.from('a'), Buffer.from('a')), util.isDeepStrictEqual(Buffer.from('a'), Buffer.from('b'))],
    types: [util.types.isUint8Array(Buffer.alloc(1)), Buffer.isBuffer(Object.create(Buffer.prototype)), ArrayBuffer.isView(Buffer.alloc(1))],
  };
};
