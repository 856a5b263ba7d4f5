// The structured frames that `Error.prepareStackTrace` gets.
class CallSite {
  #name; #file; #line; #column; #text;
  constructor(text) {
    const found = /^(?:(.*) \()?(.*?):(\d+):(\d+)\)?$/.exec(text) || [];
    this.#text = text;
    this.#name = found[1] === undefined ? null : found[1].replace(/^new /, '');
    this.#file = found[2];
    this.#line = +found[3] || null;
    this.#column = +found[4] || null;
  }
  getThis() { return undefined; }
  getTypeName() { return 'Object'; }
  getFunction() { return undefined; }
  getFunctionName() { return this.#name; }
  getMethodName() { return null; }
  getFileName() { return this.#file; }
  getLineNumber() { return this.#line; }
  getColumnNumber() { return this.#column; }
  getEvalOrigin() { return undefined; }
  getScriptNameOrSourceURL() { return this.#file; }
  isToplevel() { return this.#name === null; }
  isEval() { return false; }
  isNative() { return false; }
  isConstructor() { return false; }
  isAsync() { return false; }
  isPromiseAll() { return false; }
  getPromiseIndex() { return null; }
  toString() { return this.#text; }
}
module.exports = (frames) => (frames === '' ? [] : frames.split('\n').map((text) => new CallSite(text)));
