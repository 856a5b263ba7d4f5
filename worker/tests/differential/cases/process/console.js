exports.handler = async () => {
  console.log('plain', 1, true, null, undefined, 1.5, -0, 5n, Symbol('s'));
  console.log({ a: 1, b: [1, 2, { c: 3 }] }, [1], new Map([[1, 2]]));
  console.log('%s is %d', 'x', 5, 'extra'); console.log('100%', 'x'); console.log('%'); console.log();
  console.info('info', { i: 1 }); console.warn('warn %j', { w: 1 }); console.error('error', [undefined]); console.debug('debug');
  console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]); console.table([[1, 2], [3, 4]]); console.table(['p', 'q']); console.table(5); console.table([{ a: 1, b: 2 }], ['b']); console.table(new Map([['k', 1]])); console.table({ x: { y: 1 } });
  console.count(); console.count('c'); console.count(); console.countReset(); console.count();
  console.assert(true, 'no'); console.assert(false, 'yes %s', 'fmt'); console.assert(false); console.assert(false, { o: 1 });
  console.log(new (class Foo { constructor() { this.x = 1; } })(), () => {}, class Q {});
  console.log('a\nb'); console.log([['nested', ['deep', ['deeper', ['deepest']]]]]);
  const { log } = console; log('detached'); [1, 2].forEach(console.log);
  return [Object.keys(console), typeof console.Console, require('console') === console, Object.prototype.toString.call(console), console.log.name, console.log.length, typeof console.time];
};
