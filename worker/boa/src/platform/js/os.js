// `os`, with the constant answers of a function's machine on Lambda. It shows nothing of the worker's
// machine.

const memory = () => Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE || 128) * 1024 * 1024;
const coded = (Type, code, message) => Object.assign(new Type(message), { code });

const cpu = () => ({
  model: 'Intel(R) Xeon(R) Processor @ 2.50GHz',
  speed: 2500,
  times: { user: 1000, nice: 0, sys: 500, idle: 100000, irq: 0 },
});

const loopback = () => [
  { address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: true, cidr: '127.0.0.1/8' },
];

const started = Date.now();
const SIGNALS = 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(' ');
const ERRNO = {
  E2BIG: 7, EACCES: 13, EADDRINUSE: 98, EADDRNOTAVAIL: 99, EAFNOSUPPORT: 97, EAGAIN: 11,
  EALREADY: 114, EBADF: 9, EBUSY: 16, ECANCELED: 125, ECONNABORTED: 103, ECONNREFUSED: 111,
  ECONNRESET: 104, EDESTADDRREQ: 89, EEXIST: 17, EFAULT: 14, EFBIG: 27, EHOSTUNREACH: 113,
  EINPROGRESS: 115, EINTR: 4, EINVAL: 22, EIO: 5, EISCONN: 106, EISDIR: 21, ELOOP: 40, EMFILE: 24,
  EMSGSIZE: 90, ENAMETOOLONG: 36, ENETDOWN: 100, ENETUNREACH: 101, ENFILE: 23, ENOENT: 2,
  ENOMEM: 12, ENOSPC: 28, ENOSYS: 38, ENOTCONN: 107, ENOTDIR: 20, ENOTEMPTY: 39, ENOTSOCK: 88,
  ENOTSUP: 95, EPERM: 1, EPIPE: 32, EPROTO: 71, ERANGE: 34, EROFS: 30, ESRCH: 3, ETIMEDOUT: 110,
  EXDEV: 18,
};

function constants() {
  const signals = Object.create(null);
  SIGNALS.forEach((name, at) => {
    signals[`SIG${name}`] = at + 1;
  });
  Object.assign(signals, { SIGIOT: 6, SIGPOLL: 29 });
  const priority = {
    PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0,
    PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20,
  };
  const dlopen = { RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0, RTLD_DEEPBIND: 8 };
  const bare = (values) => Object.assign(Object.create(null), values);
  return Object.freeze(bare({
    UV_UDP_REUSEADDR: 4,
    dlopen: bare(dlopen),
    errno: bare(ERRNO),
    signals: Object.freeze(signals),
    priority: bare(priority),
  }));
}

module.exports = {
  arch: () => 'x64',
  availableParallelism: () => 2,
  cpus: () => [cpu(), cpu()],
  endianness: () => 'LE',
  freemem: () => Math.floor(memory() / 2),
  getPriority: () => 0,
  homedir: () => process.env.HOME || '/home/sbx_user1051',
  hostname: () => '169.254.100.1',
  loadavg: () => [0, 0, 0],
  networkInterfaces: () => ({ lo: loopback() }),
  platform: () => 'linux',
  release: () => '5.10.0',
  setPriority() {
    throw coded(Error, 'ERR_SYSTEM_ERROR', 'A system error occurred: uv_os_setpriority returned EACCES (permission denied)');
  },
  tmpdir: () => process.env.TMPDIR || '/tmp',
  totalmem: memory,
  type: () => 'Linux',
  userInfo: () => ({ uid: 993, gid: 990, username: 'sbx_user1051', homedir: '/home/sbx_user1051', shell: '/sbin/nologin' }),
  uptime: () => 60 + (Date.now() - started) / 1000,
  version: () => '#1 SMP',
  machine: () => 'x86_64',
};
for (const name of ['arch', 'availableParallelism', 'endianness', 'freemem', 'homedir', 'hostname', 'platform', 'release', 'tmpdir', 'totalmem', 'type', 'uptime', 'version', 'machine']) {
  module.exports[name][Symbol.toPrimitive] = module.exports[name];
}
let made;
Object.defineProperties(module.exports, {
  constants: { configurable: false, enumerable: true, get: () => (made ??= constants()) },
  EOL: { configurable: true, enumerable: true, writable: false, value: '\n' },
  devNull: { configurable: true, enumerable: true, writable: false, value: '/dev/null' },
});
