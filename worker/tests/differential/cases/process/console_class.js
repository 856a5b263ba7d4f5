// `console.Console` on streams, and timers of the console.
const { Console } = require('console');
const { Writable } = require('stream');
exports.handler = async () => {
  const lines = [];
  const sink = (name) => new Writable({ write(chunk, encoding, done) { lines.push([name, chunk.toString()]); done(); } });
  const mine = new Console({ stdout: sink('out'), stderr: sink('err'), inspectOptions: { depth: 0 }, groupIndentation: 4 });
  mine.log('a %s', 'b', { c: { d: 1 } });
  mine.error('e');
  mine.warn('w');
  mine.group('g');
  mine.log('in\nside');
  mine.groupEnd();
  mine.table([{ x: 1 }]);
  mine.assert(false, 'claim %d', 5);
  mine.dir({ a: { b: { c: 1 } } }, { depth: 5 });
  mine.count();
  mine.time('t');
  mine.timeLog('t', 'extra');
  mine.timeEnd('t');
  const timed = lines.splice(-2).map(([name, text]) => [name, text.replace(/[\d.]+m?s/, 'N')]);
  const bad = [() => new Console(), () => new Console({ stdout: 5 }), () => new Console({ stdout: sink('x'), stderr: {} })].map((f) => { try { f(); return 'made'; } catch (error) { return [error.name, error.code, error.message]; } });
  return [lines, timed, bad, mine instanceof Console, console instanceof Console, typeof console.Console];
};
