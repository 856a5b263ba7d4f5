// Texts of classes and functions, stacks that were replaced, getters that are read again and again.
const util = require('util');
exports.handler = async () => {
  class A {}
  class B extends A {}
  const out = [String(A), `${B}`, /^class\b/.test(Function.prototype.toString.call(B)), /^class\b/.test(String(function f() {})), String(Math.max), util.inspect(A), util.inspect(B), util.inspect(class {}), util.inspect(class extends B {}), util.inspect({ A, B })];
  const read = (error) => error.stack;
  for (const text of [null, 'mine', '', 5]) {
    const error = new Error('x');
    if (text === null) read(error);
    else error.stack = text;
    out.push(text === null ? typeof read(error) : read(error));
  }
  const kept = new Error('kept');
  const first = read(kept);
  kept.message = 'changed';
  out.push(read(kept) === first);
  for (let round = 0; round < 3; round++) {
    for (const name of ['inspect', 'types', 'TextDecoder', 'MIMEType']) out.push(typeof util[name]);
    out.push(typeof util.inspect, typeof util.TextEncoder, typeof require('events').EventEmitterAsyncResource, typeof process.stdout.write, typeof require('stream/web').CompressionStream);
  }
  out.push(util.parseEnv('A=1\nB="x y"\n# c\nexport C=\'q\' # z\nD = v # w\nE="a\\nb"\nF=`b`\nH='));
  out.push({ ...util._errnoException(-2, 'open', '/x') }, util._exceptionWithHostPort(-111, 'connect', '1.2.3.4', 80).message);
  return out;
};
