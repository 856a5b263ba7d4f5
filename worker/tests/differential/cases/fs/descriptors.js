const fs = require('fs');
const tell = (work) => {
  try {
    return work();
  } catch (error) {
    return [error.name, error.message, error.code];
  }
};
exports.handler = async () => {
  const out = [];
  fs.writeFileSync('/tmp/fds', 'abcdefghij');
  const fd = fs.openSync('/tmp/fds', 'r+');
  const bytes = Buffer.alloc(4);
  out.push(fs.readSync(fd, bytes), bytes.toString(), fs.readSync(fd, bytes, { offset: 1, length: 2 }), bytes.toString());
  out.push(fs.readSync(fd, bytes, 0, 4, 8), bytes.toString(), fs.readSync(fd, bytes, 0, 4, 100));
  out.push(tell(() => fs.readSync(fd, bytes, 5)), tell(() => fs.readSync(fd, bytes, 0, 9)), tell(() => fs.readSync(fd, 'x')), tell(() => fs.readSync('x', bytes)));
  out.push(fs.writeSync(fd, 'XY', 2), fs.readFileSync('/tmp/fds', 'utf8'), fs.readFileSync(fd, 'utf8'));
  out.push(fs.writevSync(fd, [Buffer.from('1'), Buffer.from('23')]), fs.fstatSync(fd).size);
  out.push(await new Promise((resolve) => fs.read(fd, Buffer.alloc(3), 0, 3, 0, (error, read, buffer) => resolve([error, read, buffer.toString()]))));
  out.push(await new Promise((resolve) => fs.write(fd, 'zz', 0, (error, written, text) => resolve([error, written, text]))));
  fs.closeSync(fd);
  out.push(tell(() => fs.closeSync(fd)), tell(() => fs.readFileSync(fd)));
  const reader = fs.openSync('/tmp/fds', 'r');
  out.push(tell(() => fs.writeSync(reader, 'x')));
  fs.closeSync(reader);
  const adder = fs.openSync('/tmp/fds', 'a');
  out.push(fs.writeSync(adder, '!', 0), tell(() => fs.readSync(adder, bytes)));
  fs.closeSync(adder);
  out.push(fs.readFileSync('/tmp/fds', 'utf8'));
  fs.unlinkSync('/tmp/fds');
  return out;
};
