// A sandbox has no terminal.
module.exports = require('internal/absent').absent('repl', 'start writer REPLServer+EventEmitter REPL_MODE_SLOPPY REPL_MODE_STRICT Recoverable isValidSyntax builtinModules', {
  writer: (value) => require('internal/inspect').inspect(value), REPL_MODE_SLOPPY: Symbol('repl-sloppy'), REPL_MODE_STRICT: Symbol('repl-strict'),
  Recoverable: class Recoverable extends SyntaxError {},
});
Object.defineProperty(module.exports, 'builtinModules', { enumerable: true, get: () => require('module').builtinModules });
