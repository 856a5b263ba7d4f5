// DOMException, an error with a name from the web's list and its old number.
const names = ['IndexSizeError', 0, 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError', 0,
  'NoModificationAllowedError', 'NotFoundError', 'NotSupportedError', 'InUseAttributeError', 'InvalidStateError',
  'SyntaxError', 'InvalidModificationError', 'NamespaceError', 'InvalidAccessError', 0, 'TypeMismatchError',
  'SecurityError', 'NetworkError', 'AbortError', 'URLMismatchError', 'QuotaExceededError', 'TimeoutError',
  'InvalidNodeTypeError', 'DataCloneError'];
const constants = ['INDEX_SIZE_ERR', 'DOMSTRING_SIZE_ERR', 'HIERARCHY_REQUEST_ERR', 'WRONG_DOCUMENT_ERR',
  'INVALID_CHARACTER_ERR', 'NO_DATA_ALLOWED_ERR', 'NO_MODIFICATION_ALLOWED_ERR', 'NOT_FOUND_ERR', 'NOT_SUPPORTED_ERR',
  'INUSE_ATTRIBUTE_ERR', 'INVALID_STATE_ERR', 'SYNTAX_ERR', 'INVALID_MODIFICATION_ERR', 'NAMESPACE_ERR',
  'INVALID_ACCESS_ERR', 'VALIDATION_ERR', 'TYPE_MISMATCH_ERR', 'SECURITY_ERR', 'NETWORK_ERR', 'ABORT_ERR',
  'URL_MISMATCH_ERR', 'QUOTA_EXCEEDED_ERR', 'TIMEOUT_ERR', 'INVALID_NODE_TYPE_ERR', 'DATA_CLONE_ERR'];

class DOMException {
  constructor(message = '', options = 'Error') {
    // An error inside, so that it has a stack.
    const self = Object.setPrototypeOf(new Error(), new.target.prototype);
    Object.defineProperty(self, 'cause', {
      value: undefined, writable: true, enumerable: false, configurable: true,
    });
    delete self.message;
    let name = options;
    if (options !== null && typeof options === 'object') {
      name = options.name === undefined ? 'Error' : options.name;
      if ('cause' in options) self.cause = options.cause;
      else delete self.cause;
    } else delete self.cause;
    hold(self, `${message}`, `${name}`);
    return self;
  }
  get name() { return held(this).name; }
  get message() { return held(this).message; }
  get code() {
    const at = names.indexOf(held(this).name);
    return at < 0 ? 0 : at + 1;
  }
}
const values = new WeakMap();
function hold(self, message, name) { values.set(self, { message, name }); }
function held(self) {
  const value = values.get(self);
  if (value === undefined) {
    const { codes } = require('internal/errors');
    throw new codes.ERR_INVALID_THIS('DOMException');
  }
  return value;
}
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
for (const name of ['name', 'message', 'code']) {
  Object.defineProperty(DOMException.prototype, name, { enumerable: true });
}
Object.defineProperty(DOMException.prototype, Symbol.toStringTag, { value: 'DOMException', configurable: true });
constants.forEach((name, at) => {
  const property = { value: at + 1, enumerable: true };
  Object.defineProperty(DOMException, name, property);
  Object.defineProperty(DOMException.prototype, name, property);
});
module.exports = DOMException;
