const os = require('os');

exports.handler = async () => ({
  keys: Object.keys(os),
  same: [os.EOL, os.platform(), os.type(), os.arch(), os.endianness(), os.devNull, `${os.platform}`, os.constants.signals.SIGTERM, os.constants.errno.ENOENT, os.tmpdir(), os.machine(), os.constants.priority.PRIORITY_LOW],
  kinds: [os.cpus, os.freemem, os.totalmem, os.uptime, os.loadavg, os.hostname, os.release, os.homedir, os.userInfo, os.networkInterfaces, os.version].map((call) => typeof call()),
  signals: os.constants.signals,
  parts: [Object.keys(os.constants), Object.keys(os.cpus()[0]), Object.keys(os.userInfo()).sort(), Array.isArray(os.loadavg())],
});
