// FormData, and its two encodings.
const { needs } = require('internal/headers');
const kEntries = Symbol('entries');
const isBlob = (value) => value !== null && typeof value === 'object' && value instanceof require('buffer').Blob;

function entry(name, value, filename, method) {
  name = String(name).toWellFormed ? String(name).toWellFormed() : String(name);
  if (isBlob(value)) {
    const { File } = require('buffer');
    if (!(value instanceof File) || filename !== undefined) {
      const type = value.type;
      value = new File([value], filename !== undefined ? String(filename) : value.name || 'blob', { type, lastModified: value.lastModified });
    }
    return [name, value];
  }
  if (filename !== undefined) {
    throw new TypeError(`Failed to execute '${method}' on 'FormData': parameter 2 is not of type 'Blob'`);
  }
  return [name, String(value)];
}

class FormData {
  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError('FormData constructor: Argument 1 could not be converted to: undefined.');
    this[kEntries] = [];
  }
  append(name, value, filename = undefined) {
    needs('FormData.append', 2, arguments);
    this[kEntries].push(entry(name, value, filename, 'append'));
  }
  delete(name) {
    needs('FormData.delete', 1, arguments);
    this[kEntries] = this[kEntries].filter(([key]) => key !== String(name));
  }
  get(name) {
    needs('FormData.get', 1, arguments);
    const found = this[kEntries].find(([key]) => key === String(name));
    return found ? found[1] : null;
  }
  getAll(name) {
    needs('FormData.getAll', 1, arguments);
    return this[kEntries].filter(([key]) => key === String(name)).map(([, value]) => value);
  }
  has(name) {
    needs('FormData.has', 1, arguments);
    return this[kEntries].some(([key]) => key === String(name));
  }
  set(name, value, filename = undefined) {
    needs('FormData.set', 2, arguments);
    const made = entry(name, value, filename, 'set');
    const at = this[kEntries].findIndex(([key]) => key === made[0]);
    if (at < 0) this[kEntries].push(made);
    else this[kEntries] = this[kEntries].filter(([key], index) => index <= at || key !== made[0]).map((one, index) => (index === at ? made : one));
  }
  forEach(callback, self = undefined) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  * entries() { for (const [name, value] of this[kEntries]) yield [name, value]; }
  * keys() { for (const [name] of this[kEntries]) yield name; }
  * values() { for (const [, value] of this[kEntries]) yield value; }
  [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
    const shown = {};
    for (const [name, value] of this[kEntries]) {
      if (name in shown) shown[name] = [].concat(shown[name], value);
      else shown[name] = value;
    }
    return `FormData ${(inspect || require('internal/inspect').inspect)(shown, options)}`;
  }
}
Object.defineProperty(FormData.prototype, Symbol.iterator, { value: FormData.prototype.entries, writable: true, configurable: true });
Object.defineProperty(FormData.prototype, Symbol.toStringTag, { value: 'FormData', configurable: true });

const quoted = (text) => text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');

// The bytes of a multipart body, and its type.
async function encode(form) {
  const { Buffer } = require('buffer');
  const boundary = `----formdata-undici-0${String(Math.floor(Math.random() * 1e11)).padStart(11, '0')}`;
  const parts = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name.replace(/\r?\n|\r/g, '\r\n'))}"`;
    if (typeof value === 'string') parts.push(Buffer.from(`${head}\r\n\r\n${value.replace(/\r?\n|\r/g, '\r\n')}\r\n`));
    else {
      parts.push(Buffer.from(`${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`));
      parts.push(Buffer.from(await value.arrayBuffer()), Buffer.from('\r\n'));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { bytes: Buffer.concat(parts), type: `multipart/form-data; boundary=${boundary}`, boundary };
}

// The form that a body of this type holds.
function decode(bytes, type) {
  const { Buffer, File } = require('buffer');
  const body = Buffer.from(bytes);
  const form = new FormData();
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    for (const [name, value] of new URLSearchParams(body.toString())) form.append(name, value);
    return form;
  }
  const found = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  if (!found) throw new TypeError('Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
  const mark = Buffer.from(`--${found[1] || found[2]}`);
  let at = body.indexOf(mark);
  const wrong = () => new TypeError('Failed to parse body as FormData.');
  for (;;) {
    if (at < 0) throw wrong();
    at += mark.length;
    if (body[at] === 45 && body[at + 1] === 45) return form;
    const headEnd = body.indexOf('\r\n\r\n', at);
    const end = body.indexOf(Buffer.concat([Buffer.from('\r\n'), mark]), at);
    if (headEnd < 0 || end < headEnd) throw wrong();
    const head = body.toString('utf8', at, headEnd);
    const name = /content-disposition:.*?[; ]name="([^"]*)"/i.exec(head);
    if (!name) throw wrong();
    const filename = /content-disposition:.*?filename="([^"]*)"/i.exec(head);
    const plain = (text) => text.replace(/%0A/g, '\n').replace(/%0D/g, '\r').replace(/%22/g, '"');
    const data = body.subarray(headEnd + 4, end);
    if (filename) {
      const kind = /content-type:\s*([^\r\n]+)/i.exec(head);
      form.append(plain(name[1]), new File([data], plain(filename[1]), { type: kind ? kind[1] : 'text/plain' }));
    } else form.append(plain(name[1]), data.toString());
    at = end + 2;
  }
}

module.exports = { FormData, encode, decode };
