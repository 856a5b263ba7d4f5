exports.handler = async () => {
  const results = {};
  const values = { Int: [-1, 0, 100], UInt: [0, 1, 200], Uint: [7], BigInt: [-5n, 9n], BigUInt: [0n, 2n ** 63n], BigUint: [3n], Float: [1.5, -0.1, NaN, 1e39], Double: [Math.PI, -0] };
  for (const name of Object.keys(Buffer.prototype).filter((key) => /^write[A-Z].*\d|^write(Float|Double)/.test(key))) {
    const read = name.replace('write', 'read');
    const [, kind] = /write([A-Za-z]*?)(?:\d|LE|BE)/.exec(name);
    results[name] = values[kind].map((value) => {
      const buffer = Buffer.alloc(10, 0xee);
      return [buffer[name](value, 1), buffer.toString('hex'), String(buffer[read](1)), String(buffer[read]())];
    });
  }
  for (const name of ['UIntLE', 'UIntBE', 'IntLE', 'IntBE', 'UintLE', 'UintBE']) {
    results[name] = [1, 2, 3, 4, 5, 6].map((size) => {
      const buffer = Buffer.alloc(8, 0x11);
      const value = name.startsWith('I') ? -(2 ** (size * 8 - 1)) + 5 : 2 ** (size * 8) - 5;
      return [buffer[`write${name}`](value, 1, size), buffer.toString('hex'), buffer[`read${name}`](1, size)];
    });
  }
  const odd = Buffer.alloc(4);
  results.odd = [odd.writeInt16LE(1.9), odd.writeUInt8('12', 2), odd.writeInt8(undefined, 3), odd.toString('hex'), Buffer.from([255, 255]).readInt16LE(), Object.is(Buffer.alloc(8).readDoubleLE(), 0)];
  return results;
};
