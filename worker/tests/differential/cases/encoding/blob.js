exports.handler = async () => {
  const blob = new Blob(['héllo ', new Uint8Array([119, 111]), Buffer.from('rld'), new Blob(['!']), 5], { type: 'Text/PLAIN' });
  const file = new File(['abc'], 'x.txt', { type: 'a/b', lastModified: 5 });
  return {
    text: await blob.text(), size: blob.size, type: blob.type, part: await blob.slice(1, 4).text(), end: await blob.slice(-2).text(),
    bytes: [...new Uint8Array(await blob.arrayBuffer())], file: [file.name, file.size, file.type, file.lastModified, file instanceof Blob],
    tags: [`${blob}`, `${file}`, new Blob().size, new Blob([], { type: 'é' }).type, Object.keys(Blob.prototype)],
  };
};
