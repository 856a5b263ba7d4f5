exports.handler = async () => {
  const b = Buffer.from('abcabcabc');
  const u = Buffer.from('abcabc', 'ucs2');
  const zeros = Buffer.alloc(10);
  return {
    index: [b.indexOf('c', -4), b.indexOf('', 20), b.indexOf('', 2), b.indexOf(99.9), b.indexOf(99 + 256), b.indexOf(-157), b.indexOf('b', undefined),
      b.indexOf('b', {}), b.indexOf('Yg==', 'base64'), b.indexOf(new Uint8Array([98, 99]), 3), b.indexOf(Buffer.alloc(0), 4), b.indexOf('a', 2 ** 33),
      b.indexOf('6162', 'hex'), b.indexOf('a', 1.9), b.indexOf('abcabcabcabc'), b.indexOf('x'), zeros.indexOf(0, 3)],
    last: [b.lastIndexOf('', 20), b.lastIndexOf('a', -1), b.lastIndexOf('a', -20), b.lastIndexOf('abc'), b.lastIndexOf('abc', 5), b.lastIndexOf('b', undefined),
      b.lastIndexOf('b', null), b.lastIndexOf('b', NaN), b.lastIndexOf(97, 3), b.lastIndexOf('c', -9), b.lastIndexOf('', -20), b.lastIndexOf(Buffer.from('abc'), -7)],
    wide: [u.indexOf('c', 0, 'ucs2'), u.indexOf('c', 3, 'ucs2'), u.lastIndexOf('b', -1, 'ucs2'), u.indexOf('ca', 0, 'utf16le'), zeros.indexOf('\0', 1, 'ucs2')],
    includes: [b.includes('bca'), b.includes('z'), b.includes(98, 8), b.includes('c', -1)],
    compare: [b.compare(b), b.compare(Buffer.from('abd')), b.compare(b, 0, 2), b.compare(b, 5, 2), b.compare(b, 5, 2, 3, 3), b.compare(b, 20), Buffer.compare(Buffer.from('b'), Buffer.from('a'))],
    equals: [b.equals(Buffer.from('abcabcabc')), b.equals(new Uint8Array(9))],
    sorted: [Buffer.from('c'), Buffer.from('a'), Buffer.from('b')].sort(Buffer.compare).map(String),
  };
};
