// `Buffer()` warns in Node.js.
process.emitWarning = () => {};

const tries = {
  negative: () => Buffer.alloc(-1), noNumber: () => Buffer.alloc('a'), none: () => Buffer.allocUnsafe(),
  five: () => Buffer.from(5), nothing: () => Buffer.from(null), unknown: () => Buffer.from('a', 'zz'),
  fillHex: () => Buffer.alloc(5, 'zz', 'hex'), huge: () => Buffer.alloc(1e12), list: () => Buffer.concat(5),
  part: () => Buffer.concat([1]), text: () => Buffer.from('abc').toString('zz'), nullText: () => Buffer.from('abc').toString(null),
  read: () => Buffer.alloc(3).readInt8(3), fraction: () => Buffer.alloc(3).readInt8(1.5), string: () => Buffer.alloc(3).readInt8('a'),
  small: () => Buffer.alloc(1).readInt32BE(0), write8: () => Buffer.alloc(3).writeInt8(300, 0),
  write32: () => Buffer.alloc(3).writeInt32LE(3e12, 0), big: () => Buffer.alloc(9).writeBigInt64BE(1n << 64n, 0),
  sized: () => Buffer.alloc(9).readUIntBE(0, 7), noSize: () => Buffer.alloc(9).readUIntBE(0),
  tooBig: () => Buffer.alloc(9).writeUIntBE(1e20, 0, 6), tooBigSigned: () => Buffer.alloc(9).writeIntBE(2 ** 40, 0, 5),
  compare: () => Buffer.alloc(5).compare(1), compareTwo: () => Buffer.compare(1, Buffer.alloc(1)),
  byteLength: () => Buffer.byteLength(5), fillEnd: () => Buffer.alloc(3).fill('abc', 1, 9),
  fillName: () => Buffer.alloc(3).fill('abc', 'zz'), write: () => Buffer.alloc(3).write(5),
  writeFar: () => Buffer.alloc(3).write('a', 7), writeName: () => Buffer.alloc(3).write('a', 'zz'),
  equals: () => Buffer.alloc(3).equals('a'), indexOf: () => Buffer.alloc(3).indexOf({}), swap: () => Buffer.alloc(3).swap16(),
  copy: () => Buffer.alloc(3).copy(5), copyTo: () => Buffer.alloc(3).copy(Buffer.alloc(3), -1),
  copyFrom: () => Buffer.alloc(3).copy(Buffer.alloc(3), 0, 9), nan: () => Buffer.alloc(5).readDoubleLE(NaN),
  x: () => Buffer.alloc(5).writeUInt8('x', 0), start: () => Buffer.alloc(3).compare(Buffer.alloc(2), -1),
  name: () => Buffer.alloc(3).indexOf('a', 0, 'zz'), offset: () => Buffer.from(new ArrayBuffer(3), 9),
  length: () => Buffer.from(new ArrayBuffer(3), 1, 9), object: () => Buffer.from({}), symbol: () => Buffer.from(Symbol('a')),
  fn: () => Buffer.from(function named() {}), bigint: () => Buffer.from(5n), boolean: () => Buffer.from(true),
  oldWay: () => Buffer(5, 'a'), far: () => Buffer.alloc(3).readInt8(2 ** 40), far2: () => Buffer.alloc(3).writeUIntBE(1, 3, 2),
  slice: () => Buffer.from('abc').utf8Slice(1, 30), atob: () => atob('*'), atobNone: () => atob(), btoa: () => btoa('\u0100'),
  transcode: () => require('buffer').transcode(Buffer.from('a'), 'utf8', 'hex'), long: () => Buffer.from(-0),
  view: () => Buffer.copyBytesFrom(5), isUtf8: () => require('buffer').isUtf8(5), concatLength: () => Buffer.concat([Buffer.alloc(1)], 1.5),
};

exports.handler = async () => Object.fromEntries(Object.entries(tries).map(([name, run]) => {
  try {
    const value = run();
    return [name, Buffer.isBuffer(value) ? value.toString('hex') : value];
  } catch (error) {
    return [name, [error.name, error.code, error.message, `${error}`, error instanceof RangeError, Object.keys(error)]];
  }
}));
