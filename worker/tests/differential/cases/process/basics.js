exports.handler = async () => {
  const out = {};
  out.kinds = [typeof process.version, process.version.startsWith('v20.'), process.versions.node.split('.')[0], process.platform, process.arch, typeof process.pid, process.title, process.release.name, process.argv.length >= 2, process.exitCode];
  process.env.SOME = 5; process.env.UNDEF = undefined;
  out.env = [process.env.SOME, process.env.UNDEF, process.env.MISSING, 'SOME' in process.env, delete process.env.SOME, process.env.SOME, typeof process.env];
  const [s, n] = process.hrtime(); const d = process.hrtime([s, n]);
  out.time = [Number.isInteger(s), n < 1e9, d[0] === 0, typeof process.hrtime.bigint(), process.uptime() > 0, typeof process.memoryUsage().heapUsed, Object.keys(process.memoryUsage()), process.cpuUsage().user >= 0, Object.keys(process.cpuUsage())];
  out.order = await new Promise((r) => { const o = []; process.nextTick((a, b) => o.push(a + b), 1, 2); Promise.resolve().then(() => { o.push('p'); }); process.nextTick(() => o.push('n')); setTimeout(() => r(o), 2); });
  out.tries = [() => process.nextTick(5), () => process.hrtime(5), () => process.hrtime([1]), () => process.emitWarning(5), () => process.cpuUsage('x')].map((f) => { try { return String(f()); } catch (e) { return [e.name, e.code, e.message]; } });
  process.on('custom', (x) => { out.custom = x; }); process.emit('custom', 7);
  out.tag = Object.prototype.toString.call(process);
  out.same = require('process') === process && require('node:process') === process && globalThis.process === process;
  out.umask = typeof process.umask(); out.fns = ['cwd', 'exit', 'kill', 'chdir', 'on', 'once', 'emit', 'abort', 'getuid'].map((k) => typeof process[k]);
  out.features = Object.keys(process.features);
  out.perf = [typeof performance.now(), performance.now() > 0, Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, performance.mark('m').name, performance.measure('x', 'm').entryType, performance.getEntriesByName('m').length];
  out.global = [global === globalThis, Object.keys(globalThis)];
  return out;
};
