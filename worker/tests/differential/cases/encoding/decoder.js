const tried = (run) => {
  try {
    return run();
  } catch ({ name, code, message }) {
    return [name, code, message];
  }
};
const streamed = (label, chunks, options) => {
  const decoder = new TextDecoder(label, options);
  return [...chunks.map((chunk) => decoder.decode(new Uint8Array(chunk), { stream: true })), decoder.decode()];
};

exports.handler = async () => ({
  plain: [[], [65], [0xef, 0xbb, 0xbf, 65], [0xc3, 0xa9], [0xff, 65], [0xf0, 0x9f], [0xed, 0xa0, 0x80]].map((bytes) => [new TextDecoder().decode(new Uint8Array(bytes)), new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array(bytes)), tried(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes)))]),
  labels: ['utf8', ' UTF-8 ', 'unicode-1-1-utf-8', 'latin1', 'ascii', 'utf-16', 'utf-16be', 'windows-1251', 'shift_jis', 'gbk'].map((label) => new TextDecoder(label).encoding),
  others: [new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xe9])), new TextDecoder('utf-16le').decode(new Uint8Array([0xff, 0xfe, 65, 0])), new TextDecoder('utf-16le').decode(new Uint8Array([65])), new TextDecoder('utf-16be').decode(new Uint8Array([0, 65])), new TextDecoder('windows-1251').decode(new Uint8Array([0xcf]))],
  streams: [streamed('utf-8', [[0xe2], [0x82], [0xac, 0xf0]]), streamed('utf-8', [[0xef], [0xbb, 0xbf, 65]]), streamed('utf-16le', [[65], [0, 0x3d], [0xd8, 0, 0xde]])],
  inputs: [new TextDecoder().decode(), new TextDecoder().decode(new Uint8Array([65, 66]).buffer), new TextDecoder().decode(new DataView(new Uint8Array([65, 66]).buffer, 1)), new TextDecoder().decode(Buffer.from('hé')), new TextDecoder().decode(new Uint16Array([0x4141]))],
  errors: [() => new TextDecoder('zz'), () => new TextDecoder('utf-8', 5), () => new TextDecoder().decode('x'), () => new TextDecoder().decode({}), () => new TextEncoder().encodeInto(5, new Uint8Array(1)), () => new TextEncoder().encodeInto('a', [])].map(tried),
  again: (() => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return [tried(() => decoder.decode(new Uint8Array([0xff]))), decoder.decode(new Uint8Array([65]))];
  })(),
  encoder: [[...new TextEncoder().encode('aé€😀\ud800')], [...new TextEncoder().encode()], [...new TextEncoder().encode(null)], new TextEncoder().encoding, new TextEncoder().encodeInto('a€b', new Uint8Array(4)), new TextEncoder().encodeInto('😀', new Uint8Array(3)), new TextEncoder().encode('a').constructor.name],
  tags: [`${new TextEncoder()}`, `${new TextDecoder()}`, new TextDecoder().fatal, new TextDecoder('utf8', { ignoreBOM: 1 }).ignoreBOM, TextDecoder.length, Object.keys(TextDecoder.prototype)],
});
