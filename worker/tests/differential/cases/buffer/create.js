// `Buffer()` warns in Node.js.
process.emitWarning = () => {};

const { Buffer } = require('buffer');

exports.handler = async () => ({
  same: Buffer === globalThis.Buffer,
  text: Buffer.from('héllo €').toString('hex'),
  back: Buffer.from('68656c6c6f', 'hex').toString(),
  json: JSON.stringify(Buffer.from([1, 2, 300])),
  base64: Buffer.from('some text here').toString('base64'),
  base64url: Buffer.from([251, 255, 254]).toString('base64url'),
  alloc: Buffer.alloc(5, 'ab').toString(),
  concat: Buffer.concat([Buffer.from('ab'), new Uint8Array([99])]).toString(),
  kinds: [
    Buffer.isBuffer(Buffer.alloc(1)),
    Buffer.isBuffer(new Uint8Array(1)),
    Buffer.alloc(1) instanceof Uint8Array,
    Object.prototype.toString.call(Buffer.alloc(1)),
    Buffer.alloc(1).constructor.name,
    Object.getPrototypeOf(Buffer) === Uint8Array,
  ],
  old: [new Buffer('abc').toString(), Buffer(3).length, new Buffer([1, 2]).toString('hex')],
  statics: Object.keys(Buffer),
  methods: Object.keys(Buffer.prototype).sort(),
  arities: Object.keys(Buffer.prototype)
    .sort()
    .map((name) => Object.getOwnPropertyDescriptor(Buffer.prototype, name).value)
    .filter((value) => typeof value === 'function')
    .map((value) => `${value.name}/${value.length}`),
  module: Object.keys(require('buffer')),
});
