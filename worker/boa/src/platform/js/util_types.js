// Checks of what a value is, whatever its prototype says.
const { kind } = native('types');

const is = (name) => (value) => kind(value) === name;
const typedName = (value) => Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, value);
const functionTag = (value) => {
  let proto = value;
  while ((proto = Object.getPrototypeOf(proto)) !== null) {
    const found = Object.getOwnPropertyDescriptor(proto, Symbol.toStringTag);
    if (found !== undefined) return found.value;
  }
  return undefined;
};
const isFunction = (value, pattern) => typeof value === 'function' && kind(value) === 'Function' && pattern.test(functionTag(value));

const checks = {
  isExternal: () => false,
  isDate: is('Date'),
  isArgumentsObject: (value) => typeof value === 'object' && value !== null && !(Symbol.toStringTag in value) && Object.prototype.toString.call(value) === '[object Arguments]',
  isBigIntObject: is('BigInt'),
  isBooleanObject: is('Boolean'),
  isNumberObject: is('Number'),
  isStringObject: is('String'),
  isSymbolObject: is('Symbol'),
  isNativeError: is('Error'),
  isRegExp: is('RegExp'),
  isAsyncFunction: (value) => isFunction(value, /^Async/),
  isGeneratorFunction: (value) => isFunction(value, /Generator/),
  isGeneratorObject: (value) => /Generator$/.test(kind(value)),
  isPromise: is('Promise'),
  isMap: is('Map'),
  isSet: is('Set'),
  isMapIterator: is('Map Iterator'),
  isSetIterator: is('Set Iterator'),
  isWeakMap: is('WeakMap'),
  isWeakSet: is('WeakSet'),
  isArrayBuffer: is('ArrayBuffer'),
  isDataView: is('DataView'),
  isSharedArrayBuffer: is('SharedArrayBuffer'),
  isProxy: is('Proxy'),
  isModuleNamespaceObject: is('Module'),
  isAnyArrayBuffer: (value) => /^(Shared)?ArrayBuffer$/.test(kind(value)),
  isBoxedPrimitive: (value) => /^(BigInt|Boolean|Number|String|Symbol)$/.test(kind(value)),
};
for (const name of Object.keys(checks)) Object.defineProperty(checks[name], 'name', { value: name });
Object.assign(exports, checks);
exports.isArrayBufferView = ArrayBuffer.isView;
exports.isTypedArray = (value) => typedName(value) !== undefined;
for (const name of ['Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) exports[`is${name}`] = (value) => typedName(value) === name;
exports.isKeyObject = (value) => typeof value === 'object' && value !== null && kind(value) !== 'Proxy' && value[Symbol.toStringTag] === 'KeyObject';
exports.isCryptoKey = (value) => typeof CryptoKey === 'function' && value instanceof CryptoKey;
