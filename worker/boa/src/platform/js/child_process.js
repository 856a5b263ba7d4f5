// No processes in a sandbox.
module.exports = require('internal/absent').absent('child_process', '_forkChild ChildProcess+EventEmitter exec execFile execFileSync execSync fork spawn spawnSync');
