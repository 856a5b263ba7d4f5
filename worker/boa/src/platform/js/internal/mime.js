// `util.MIMEType` and `util.MIMEParams`.
const { codes } = require('internal/errors');
const bad = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
const badValue = /[^\t\u0020-~\u0080-\u00FF]/;

class MIMEParams {
  #data = new Map();
  delete(name) { this.#data.delete(name); }
  get(name) { return this.#data.has(`${name}`) ? this.#data.get(`${name}`) : null; }
  has(name) { return this.#data.has(`${name}`); }
  set(name, value) {
    name = `${name}`;
    value = `${value}`;
    if (name === '' || bad.test(name)) throw new codes.ERR_INVALID_MIME_SYNTAX('parameter name', name, name.search(bad));
    if (badValue.test(value)) throw new codes.ERR_INVALID_MIME_SYNTAX('parameter value', value, value.search(badValue));
    this.#data.set(name, value);
  }
  * entries() { yield* this.#data.entries(); }
  * keys() { yield* this.#data.keys(); }
  * values() { yield* this.#data.values(); }
  [Symbol.iterator]() { return this.entries(); }
  toString() {
    return [...this.#data].map(([name, value]) => `${name}=${value !== '' && !bad.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`).join(';');
  }
  toJSON() { return this.toString(); }
}

function parameters(text, into) {
  const pattern = /;[ \t\r\n]*([^;=]*)(?:=(?:"((?:[^"\\]|\\[^])*)"?[^;]*|([^;]*)))?/g;
  let found;
  while ((found = pattern.exec(text)) !== null) {
    const name = found[1].toLowerCase();
    const value = found[2] !== undefined ? found[2].replace(/\\([^])/g, '$1') : (found[3] || '').replace(/[ \t\r\n]+$/, '');
    if (name !== '' && !bad.test(name) && !badValue.test(value) && (found[2] !== undefined || value !== '') && !into.has(name)) into.set(name, value);
  }
}

class MIMEType {
  #type; #subtype; #params = new MIMEParams();
  constructor(text) {
    text = `${text}`.replace(/^[ \t\r\n]+/, '');
    const slash = text.indexOf('/');
    const type = slash < 0 ? text : text.slice(0, slash);
    if (type === '' || slash < 0 || bad.test(type)) throw new codes.ERR_INVALID_MIME_SYNTAX('type', text, slash < 0 ? -1 : type.search(bad));
    const end = text.indexOf(';', slash);
    const subtype = text.slice(slash + 1, end < 0 ? undefined : end).replace(/[ \t\r\n]+$/, '');
    if (subtype === '' || bad.test(subtype)) throw new codes.ERR_INVALID_MIME_SYNTAX('subtype', text, subtype.search(bad));
    this.#type = type.toLowerCase();
    this.#subtype = subtype.toLowerCase();
    if (end >= 0) parameters(text.slice(end), this.#params);
  }
  get type() { return this.#type; }
  set type(value) { this.#type = part(`${value}`, 'type'); }
  get subtype() { return this.#subtype; }
  set subtype(value) { this.#subtype = part(`${value}`, 'subtype'); }
  get essence() { return `${this.#type}/${this.#subtype}`; }
  get params() { return this.#params; }
  toString() {
    const params = this.#params.toString();
    return `${this.essence}${params === '' ? '' : `;${params}`}`;
  }
  toJSON() { return this.toString(); }
}
function part(value, what) {
  if (value === '' || bad.test(value)) throw new codes.ERR_INVALID_MIME_SYNTAX(what, value, value.search(bad));
  return value.toLowerCase();
}
for (const name of ['type', 'subtype', 'essence', 'params', 'toString', 'toJSON']) {
  Object.defineProperty(MIMEType.prototype, name, { enumerable: true });
}

module.exports = { MIMEType, MIMEParams };
