// A sandbox has no second global object.
module.exports = require('internal/absent').absent('vm', 'Script+ createContext createScript runInContext runInNewContext runInThisContext isContext compileFunction measureMemory constants', {
  isContext: () => false, constants: Object.freeze({ USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol('vm_dynamic_import_main_context_default'), measureMemory: {} }),
});
