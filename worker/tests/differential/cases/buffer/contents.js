const hex = (buffer) => buffer.toString('hex');

exports.handler = async () => {
  const b = Buffer.from('abcabcabc');
  const part = b.slice(3, 6);
  part[0] = 65;
  const copy = Uint8Array.prototype.slice.call(b, 0, 3);
  copy[0] = 66;
  const overlap = Buffer.from('abcdef');
  overlap.copy(overlap, 2, 0, 4);
  return {
    shared: `${b}`,
    kinds: [part.constructor.name, copy.constructor.name, b.map((x) => x + 1).toString(), b.filter((x) => x > 97) instanceof Buffer, hex(Buffer.of(1, 2, 3))],
    slices: [[-3, -1], ['1', '3'], [NaN], [5, 2], [1.9, 3.9], [1, undefined], [1, null], [100]].map(([start, end]) => `${b.slice(start, end)}|${b.subarray(start, end)}`),
    text: [b.toString('utf8', -3, 4), b.toString('utf8', 2), b.toString(undefined, 1, 3), b.toString('utf8', 5, 2), b.toString('utf8', 1.5, 3.5), b.toString('utf8', '1', 3), b.toLocaleString('latin1')],
    overlap: `${overlap}`,
    copied: [b.copy(Buffer.alloc(2), 3), b.copy(Buffer.alloc(2), 1, 9), b.copy(Buffer.alloc(20), 1, 2, 100), b.copy(Buffer.alloc(20), 1, 5, 2), b.copy(Buffer.alloc(20), NaN, '2')],
    filled: [['ab'], ['abc', 1], ['x', 1, 2], [300], ['€'], ['', 1], [Buffer.from('xyz')], [0x41, 2, 4], ['6162', 'hex'], ['YQ', 1, 'base64'], [true], [null], ['é', 'latin1']].map((fill) => hex(Buffer.alloc(5, 0xff).fill(...fill))),
    written: [['abc'], ['abc', 1], ['abc', 3], ['abc', 1, 1], ['€€'], ['abcd', 'ucs2'], ['abcdefgh', 'hex'], ['YWJjZGVm', 'base64'], ['abc', undefined, 'hex'], ['abc', 1, undefined, 'utf8'], ['abc', 1, 'latin1'], ['abc', 1, 2, 'ascii']].map((write) => {
      const target = Buffer.alloc(5);
      return [target.write(...write), hex(target)];
    }),
    swapped: [hex(Buffer.from('01020304', 'hex').swap16()), hex(Buffer.from('01020304', 'hex').swap32()), hex(Buffer.from('0102030405060708', 'hex').swap64())],
    concat: [hex(Buffer.concat([Buffer.from('ab'), Buffer.from('cd')], 3)), hex(Buffer.concat([Buffer.from('ab')], 5)), hex(Buffer.concat([]))],
    from: [{ length: 3, 0: 1, 1: 300 }, { type: 'Buffer', data: [1, 2] }, new String('abc'), { valueOf: () => 'x' }, { [Symbol.toPrimitive]: () => 'y' }, [1.5, '2', null, -1], new Uint16Array([257, 2]), { length: '3' }, [], new ArrayBuffer(2)].map((value) => hex(Buffer.from(value))),
    json: JSON.parse(JSON.stringify({ b: Buffer.from('hi'), none: Buffer.alloc(0) })),
    views: [Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 1)[0], b.parent === b.buffer, b.offset === b.byteOffset, b.length],
    keys: [Object.keys(Buffer.from('ab')), [...Buffer.from('ab').entries()], [...Buffer.from('ab')]],
    more: [hex(require('buffer').transcode(Buffer.from('€é'), 'utf8', 'latin1')), hex(require('buffer').transcode(Buffer.from('é'), 'utf8', 'ucs2')), require('buffer').isUtf8(Buffer.from([0xff])), require('buffer').isAscii(Buffer.from('a'))],
    base64: [btoa('hello'), atob(' aGVs bG8= '), atob('aGVsbG8'), atob('')],
    constants: { ...require('buffer').constants, max: require('buffer').kMaxLength },
    copyBytes: hex(Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)),
  };
};
