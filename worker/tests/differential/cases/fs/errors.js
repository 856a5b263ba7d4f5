const fs = require('fs');
const tell = (work) => {
  try {
    return work();
  } catch (error) {
    return [error.name, error.message, error.code, error.errno, error.syscall, error.path, error.dest, Object.keys(error)];
  }
};
exports.handler = async () => {
  fs.rmSync('/tmp/errors', { recursive: true, force: true });
  fs.mkdirSync('/tmp/errors/sub', { recursive: true });
  fs.writeFileSync('/tmp/errors/file', 'x');
  return [
    tell(() => fs.readFileSync('/tmp/errors/none')),
    tell(() => fs.readFileSync('/var/none/none', 'utf8')),
    tell(() => fs.readFileSync('/tmp/errors')),
    tell(() => fs.readFileSync('/tmp/errors/file/x')),
    tell(() => fs.statSync('/tmp/errors/none')),
    tell(() => fs.lstatSync('/tmp/errors/none')),
    tell(() => fs.readdirSync('/tmp/errors/none')),
    tell(() => fs.readdirSync('/tmp/errors/file')),
    tell(() => fs.mkdirSync('/tmp/errors/sub')),
    tell(() => fs.mkdirSync('/tmp/errors/x/y')),
    tell(() => fs.rmdirSync('/tmp/errors')),
    tell(() => fs.rmdirSync('/tmp/errors/file')),
    tell(() => fs.unlinkSync('/tmp/errors/none')),
    tell(() => fs.renameSync('/tmp/errors/none', '/tmp/errors/y')),
    tell(() => fs.copyFileSync('/tmp/errors/none', '/tmp/errors/y')),
    tell(() => fs.copyFileSync('/tmp/errors/file', '/tmp/errors/file', fs.constants.COPYFILE_EXCL)),
    tell(() => fs.writeFileSync('/tmp/errors/file', 'x', { flag: 'wx' })),
    tell(() => fs.writeFileSync('/tmp/errors/none/x', 'x')),
    tell(() => fs.writeFileSync('/tmp/errors/sub', 'x')),
    tell(() => fs.accessSync('/tmp/errors/none')),
    tell(() => fs.closeSync(9999)),
    tell(() => fs.readSync(9999, Buffer.alloc(1))),
    tell(() => fs.realpathSync.native('/tmp/errors/none')).slice(0, 1),
    tell(() => fs.readFileSync(5.5)),
    tell(() => fs.readFileSync({})),
    tell(() => fs.readFileSync('/x', 'nope')),
    tell(() => fs.readFileSync('/x\0y')),
    tell(() => fs.readFileSync('/x', 5)),
    tell(() => fs.openSync('/x', 'nope')),
    tell(() => fs.writeFileSync('/tmp/errors/file', 5)),
    tell(() => fs.readFile('/x')),
    tell(() => fs.rmSync('/tmp/errors/none')),
    tell(() => fs.existsSync({})),
  ];
};
