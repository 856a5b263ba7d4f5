// The names of Node.js' modules, how one asks whether there is one, and what is in the newer and
// the older ones.
const Module = require('module');
const attempt = (act) => {
  try {
    return act();
  } catch (error) {
    return [error.name, error.code, error.message.split('\n')[0]];
  }
};
const names = ['fs', 'node:fs', 'sea', 'node:sea', 'test', 'node:test', 'test/reporters', 'node:test/reporters', 'inspector/promises', '_http_agent', 'node:_http_agent', 'internal/errors', 'node:internal/errors', 'sqlite', 'node:sqlite', 'wasi', './fs', '', 'left-pad', 'constructor', '__proto__'];
const modules = ['_http_agent', '_http_client', '_http_common', '_http_incoming', '_http_outgoing', '_http_server', '_stream_duplex', '_stream_passthrough', '_stream_readable', '_stream_transform', '_stream_wrap', '_stream_writable', '_tls_common', '_tls_wrap', 'domain', 'inspector', 'inspector/promises', 'node:sea', 'node:test/reporters', 'http', 'https', 'net'];
exports.handler = async () => {
  const sea = require('node:sea');
  const { methods, chunkExpression, continueExpression, CRLF, _checkIsHttpToken, _checkInvalidHeaderChar } = require('_http_common');
  return {
    builtinModules: [Module.builtinModules, Object.isFrozen(Module.builtinModules)],
    isBuiltin: [...names, 1, undefined].map((name) => [name, Module.isBuiltin(name)]),
    getBuiltinModule: names.map((name) => [name, typeof process.getBuiltinModule(name)]),
    same: [process.getBuiltinModule('fs') === require('fs'), process.getBuiltinModule('node:test') === require('node:test')],
    wrong: [attempt(() => process.getBuiltinModule(1)), attempt(() => process.getBuiltinModule())],
    required: names.filter((name) => !/^(\.|internal|left|constructor|__proto|sqlite|test|sea|$)/.test(name)).map((name) => [name, attempt(() => typeof require(name))]),
    keys: modules.map((name) => [name, typeof require(name), Object.keys(require(name)).map((key) => [key, typeof require(name)[key]])]),
    identities: [
      require('_stream_readable') === require('stream').Readable, require('_stream_transform') === require('stream').Transform, require('_tls_wrap').TLSSocket === require('tls').TLSSocket,
      require('_http_agent').globalAgent === require('http').globalAgent, require('_http_server').ServerResponse === require('http').ServerResponse, require('_http_incoming').IncomingMessage === require('http').IncomingMessage,
      require('inspector/promises').Session === require('inspector').Session, require('domain') === require('node:domain'),
    ],
    sea: [sea.isSea(), attempt(() => sea.getAsset('x')), attempt(() => sea.getAsset(1)), attempt(() => sea.getAssetAsBlob('x')), attempt(() => sea.getRawAsset('x'))],
    common: [methods, String(chunkExpression), String(continueExpression), CRLF, _checkIsHttpToken('a-b'), _checkIsHttpToken('a b'), _checkInvalidHeaderChar('a\n'), _checkInvalidHeaderChar('é')],
    session: [new (require('inspector').Session)() instanceof require('events')],
  };
};
