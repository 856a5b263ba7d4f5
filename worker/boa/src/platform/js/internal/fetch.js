// fetch, Request and Response as in Node.js 20. Bodies do not stream: a request's body is gathered
// first, and an answer's body is there at once.
const { Headers, needs, lines, received, kGuard } = require('internal/headers');
const { Buffer } = require('buffer');
const custom = Symbol.for('nodejs.util.inspect.custom');
const kState = Symbol('state');
const nullStatus = [101, 204, 205, 304];
const ports = '1,7,9,11,13,15,17,19,20,21,22,23,25,37,42,43,53,69,77,79,87,95,101,102,103,104,109,110,111,113,115,117,119,123,135,137,139,143,161,179,389,427,465,512,513,514,515,526,530,531,532,540,548,554,556,563,587,601,636,989,990,993,995,1719,1720,1723,2049,3659,4045,4190,5060,5061,6000,6566,6665,6666,6667,6668,6669,6679,6697,10080'.split(',');

// A body: bytes, or a function that promises them, or a stream that is to be read.
function bodyOf(value) {
  if (value === null || value === undefined) return { body: null, type: null };
  const text = (string, type) => ({ body: { bytes: Buffer.from(string) }, type });
  if (typeof value === 'object') {
    if (ArrayBuffer.isView(value)) return { body: { bytes: Buffer.from(Buffer.from(value.buffer, value.byteOffset, value.byteLength)) }, type: null };
    if (value instanceof ArrayBuffer) return { body: { bytes: Buffer.from(Buffer.from(value)) }, type: null };
    if (value instanceof URLSearchParams) return text(String(value), 'application/x-www-form-urlencoded;charset=UTF-8');
    const tag = value[Symbol.toStringTag];
    if (tag === 'FormData') {
      const { encode } = require('internal/form_data');
      const encoded = encode(value);
      // The boundary has to be known now, the bytes later.
      const mark = `----formdata-undici-0${String(Math.floor(Math.random() * 1e11)).padStart(11, '0')}`;
      const gather = async () => {
        const { bytes, boundary } = await encoded;
        return Buffer.from(bytes.toString('latin1').replaceAll(boundary, mark), 'latin1');
      };
      return { body: { gather }, type: `multipart/form-data; boundary=${mark}` };
    }
    if (tag === 'Blob' || tag === 'File') {
      return { body: { gather: async () => Buffer.from(await value.arrayBuffer()) }, type: value.type || null };
    }
    if (typeof value[Symbol.asyncIterator] === 'function' || typeof value.getReader === 'function') {
      if (value.locked || isDisturbed(value)) throw new TypeError('Response body object should not be disturbed or locked');
      return { body: { stream: typeof value.getReader === 'function' ? value : undefined, gather: () => gather(value), streams: true }, type: null };
    }
  }
  return text(String(value), 'text/plain;charset=UTF-8');
}
const isDisturbed = (stream) => stream.readableDidRead === true;

async function gather(stream) {
  const chunks = [];
  const add = (chunk) => {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    chunks.push(chunk);
  };
  if (typeof stream.getReader === 'function') {
    const reader = stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) add(step.value);
  } else for await (const chunk of stream) add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

async function consume(self) {
  const { body } = self[kState];
  if (body === null) return Buffer.alloc(0);
  if (body.used || (body.stream && body.stream.locked)) throw new TypeError('Body is unusable: Body has already been read');
  body.used = true;
  if (body.error) throw body.error;
  if (body.bytes === undefined) return body.gather();
  if (body.stream) body.stream.getReader();
  return body.bytes;
}

function streamOf(body) {
  if (body.stream) return body.stream;
  const { ReadableStream } = require('stream/web');
  const pull = async (controller) => {
    body.used = true;
    if (body.error) throw body.error;
    const bytes = body.bytes === undefined ? await body.gather() : body.bytes;
    for (let at = 0; at < bytes.length; at += 65536) controller.enqueue(new Uint8Array(bytes.subarray(at, at + 65536)));
    controller.close();
    if (controller.byobRequest) controller.byobRequest.respond(0);
  };
  body.stream = new ReadableStream({ pull, cancel() { body.used = true; }, type: 'bytes' }, { highWaterMark: 0 });
  return body.stream;
}

// Two bodies for one that nobody has read.
function split(state) {
  const { body } = state;
  if (body === null) return null;
  if (body.bytes === undefined && body.stream) {
    const [one, two] = body.stream.tee();
    state.body = { stream: one, gather: () => gather(one), streams: true };
    return { stream: two, gather: () => gather(two), streams: true };
  }
  if (body.bytes === undefined) {
    const { gather: all } = body;
    let both;
    body.gather = () => (both = both || all());
    return { gather: body.gather, streams: body.streams };
  }
  return { bytes: body.bytes, error: body.error };
}

class Body {
  get body() { return this[kState].body === null ? null : streamOf(this[kState].body); }
  get bodyUsed() {
    const { body } = this[kState];
    return body !== null && (body.used === true || (body.streams === true && body.stream !== undefined && body.stream.locked));
  }
  async blob() {
    const bytes = await consume(this);
    return new (require('buffer').Blob)([bytes], { type: (this.headers.get('content-type') || '').toLowerCase() });
  }
  async arrayBuffer() {
    const bytes = await consume(this);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  async text() {
    const bytes = await consume(this);
    const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return bytes.toString('utf8', from);
  }
  async json() { return JSON.parse(await Body.prototype.text.call(this)); }
  async formData() {
    const type = this.headers.get('content-type') || '';
    const bytes = await consume(this);
    return require('internal/form_data').decode(bytes, type);
  }
  async bytes() { return new Uint8Array(await consume(this)); }
}

const enumerable = (Class, names) => {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(Class.prototype, name) || Object.getOwnPropertyDescriptor(Body.prototype, name);
    Object.defineProperty(Class.prototype, name, { ...property, enumerable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
};
const bodyNames = ['body', 'bodyUsed', 'blob', 'arrayBuffer', 'text', 'json', 'formData', 'bytes'];
const show = (self, names, options, inspect) => {
  const shown = {};
  for (const name of names) shown[name] = self[name];
  return `${self.constructor.name} ${(inspect || require('internal/inspect').inspect)(shown, options)}`;
};

function parsed(input) {
  let url;
  try {
    url = new URL(String(input));
  } catch (cause) {
    throw new TypeError(`Failed to parse URL from ${String(input)}`, { cause });
  }
  if (url.username || url.password) {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${url}`);
  }
  return url;
}

function oneOf(value, name, allowed) {
  const text = String(value);
  if (!allowed.includes(text)) {
    throw new TypeError(`Request constructor: ${text} is not an accepted type. Expected one of ${allowed.join(', ')}.`);
  }
  return text;
}

class Request {
  constructor(input, init = {}) {
    needs('Request constructor', 1, arguments);
    init = init || {};
    const from = input instanceof Request ? input[kState] : null;
    const state = this[kState] = from
      ? { ...from, body: null }
      : { url: parsed(input), method: 'GET', redirect: 'follow', signal: null, mode: 'cors', credentials: 'same-origin', cache: 'default', referrer: 'about:client', referrerPolicy: '', integrity: '', keepalive: false, body: null };
    if (init.method !== undefined) {
      const method = String(init.method);
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
      const upper = method.toUpperCase();
      if (['CONNECT', 'TRACE', 'TRACK'].includes(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
      state.method = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
    }
    if (init.redirect !== undefined) state.redirect = oneOf(init.redirect, 'redirect', ['follow', 'error', 'manual']);
    if (init.mode !== undefined) state.mode = oneOf(init.mode, 'mode', ['navigate', 'same-origin', 'no-cors', 'cors']);
    if (init.credentials !== undefined) state.credentials = oneOf(init.credentials, 'credentials', ['omit', 'same-origin', 'include']);
    if (init.cache !== undefined) state.cache = oneOf(init.cache, 'cache', ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached']);
    if (init.integrity !== undefined) state.integrity = String(init.integrity);
    if (init.keepalive !== undefined) state.keepalive = Boolean(init.keepalive);
    if (init.referrerPolicy !== undefined) state.referrerPolicy = String(init.referrerPolicy);
    const signal = init.signal === undefined ? from && from.signal : init.signal;
    if (signal !== null && signal !== undefined && typeof signal.aborted !== 'boolean') {
      throw new TypeError('Failed to construct \'Request\': member signal is not of type AbortSignal.');
    }
    state.signal = signal || null;
    state.headers = new Headers(init.headers !== undefined ? init.headers : from ? from.headers : undefined);
    const has = init.body !== null && init.body !== undefined;
    if ((has || (from && from.body !== null)) && (state.method === 'GET' || state.method === 'HEAD')) {
      throw new TypeError('Request with GET/HEAD method cannot have body.');
    }
    if (has) {
      const { body, type } = bodyOf(init.body);
      if (body.streams && init.duplex === undefined) throw new TypeError('RequestInit: duplex option is required when sending a body.');
      state.body = body;
      if (type && !state.headers.has('content-type')) state.headers.append('content-type', type);
    } else if (from && from.body !== null) {
      if (input.bodyUsed) throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
      state.body = { ...from.body };
      from.body.used = true;
    }
  }
  get method() { return this[kState].method; }
  get url() { return this[kState].url.href; }
  get headers() { return this[kState].headers; }
  get destination() { return ''; }
  get referrer() { return this[kState].referrer; }
  get referrerPolicy() { return this[kState].referrerPolicy; }
  get mode() { return this[kState].mode; }
  get credentials() { return this[kState].credentials; }
  get cache() { return this[kState].cache; }
  get redirect() { return this[kState].redirect; }
  get integrity() { return this[kState].integrity; }
  get keepalive() { return this[kState].keepalive; }
  get isReloadNavigation() { return false; }
  get isHistoryNavigation() { return false; }
  get signal() {
    const state = this[kState];
    if (state.signal === null) state.signal = new AbortController().signal;
    return state.signal;
  }
  get duplex() { return 'half'; }
  clone() {
    if (this.bodyUsed) throw new TypeError('unusable');
    const copy = new Request(this.url, { headers: this.headers });
    copy[kState] = { ...this[kState], headers: copy.headers, body: split(this[kState]) };
    return copy;
  }
  [custom](depth, options, inspect) {
    return show(this, ['method', 'url', 'headers', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'signal'], options, inspect);
  }
}
enumerable(Request, ['method', 'url', 'headers', 'redirect', 'clone', 'signal', 'duplex', 'destination', 'isHistoryNavigation', 'isReloadNavigation', 'keepalive', 'integrity', 'cache', 'credentials', 'referrerPolicy', 'referrer', 'mode', ...bodyNames]);

class Response {
  constructor(body = null, init = {}) {
    init = init || {};
    const status = init.status === undefined ? 200 : Number(init.status) & 0xffff;
    if (status < 200 || status > 599) throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    const statusText = init.statusText === undefined ? '' : String(init.statusText);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(statusText)) throw new TypeError('Invalid statusText');
    const state = this[kState] = { status, statusText, type: 'default', url: '', redirected: false, headers: new Headers(init.headers), body: null };
    if (body !== null && body !== undefined) {
      if (nullStatus.includes(status)) throw new TypeError(`Response constructor: Invalid response status code ${status}`);
      const made = bodyOf(body);
      state.body = made.body;
      if (made.type && !state.headers.has('content-type')) state.headers.append('content-type', made.type);
    }
  }
  get type() { return this[kState].type; }
  get url() { return this[kState].url; }
  get redirected() { return this[kState].redirected; }
  get status() { return this[kState].status; }
  get ok() { return this.status >= 200 && this.status <= 299; }
  get statusText() { return this[kState].statusText; }
  get headers() { return this[kState].headers; }
  clone() {
    if (this.bodyUsed || (this[kState].body && this[kState].body.stream && this[kState].body.stream.locked)) {
      throw new TypeError('Response.clone: Body has already been consumed.');
    }
    const state = this[kState];
    const headers = new Headers(state.headers);
    headers[kGuard] = state.headers[kGuard];
    return respond({ ...state, headers, body: split(state) });
  }
  static error() {
    const headers = new Headers();
    headers[kGuard] = 'immutable';
    return respond({ status: 0, statusText: '', type: 'error', url: '', redirected: false, headers, body: null });
  }
  static json(data, init = {}) {
    needs('Response.json', 1, arguments);
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const headers = new Headers(init && init.headers);
    if (!headers.has('content-type')) headers.append('content-type', 'application/json');
    return new Response(text, { ...init, headers });
  }
  static redirect(url, status = 302) {
    needs('Response.redirect', 1, arguments);
    let to;
    try {
      to = new URL(String(url));
    } catch (cause) {
      throw new TypeError(`Failed to parse URL from ${url}`, { cause });
    }
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid status code ${status}`);
    const headers = new Headers({ location: to.href });
    headers[kGuard] = 'immutable';
    return respond({ status, statusText: '', type: 'default', url: '', redirected: false, headers, body: null });
  }
  [custom](depth, options, inspect) {
    return show(this, ['status', 'statusText', 'headers', 'body', 'bodyUsed', 'ok', 'redirected', 'type', 'url'], options, inspect);
  }
}
enumerable(Response, ['type', 'url', 'status', 'ok', 'redirected', 'statusText', 'headers', 'clone', ...bodyNames]);

function respond(state) {
  const response = new Response();
  response[kState] = state;
  return response;
}

const failed = (cause) => new TypeError('fetch failed', { cause });

// undici's errors where they are not those of sockets.
function causeOf(error) {
  const named = (name, code, message) => Object.assign(new Error(message), { name, code });
  if (error.code === 'ERR_REDIRECT') return new Error(error.message);
  if (error.code === 'ECONNRESET' && !error.syscall) return named('SocketError', 'UND_ERR_SOCKET', 'other side closed');
  if (error.code === 'ETIMEDOUT' && error.syscall === 'connect') return named('ConnectTimeoutError', 'UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error');
  if (String(error.code).startsWith('HPE_')) return named('HTTPParserError', error.code, error.message.replace('Parse Error: ', 'Response does not match the HTTP/1.1 protocol (') + ')');
  return error;
}

function decoded(bytes, headers, max = 0x7fffffff) {
  const codings = (headers.get('content-encoding') || '').toLowerCase().split(',').map((one) => one.trim()).filter(Boolean).reverse();
  const names = { gzip: 'gunzip', 'x-gzip': 'gunzip', deflate: 'inflate', br: 'brotliDecompress' };
  if (!codings.every((coding) => names[coding])) return bytes;
  const z = native('zlib');
  for (const coding of codings) {
    const kind = coding === 'deflate' && (bytes[0] & 15) !== 8 ? 'inflateRaw' : names[coding];
    const flush = coding === 'br' ? 0 : 2;
    const output = z.once(z.open(kind, -1, 15), bytes, flush, max);
    if (output === null) throw new RangeError('the body does not fit into memory');
    bytes = Buffer.from(output.buffer);
  }
  return bytes;
}

function dataUrl(href) {
  const found = /^data:([^,]*?)(;\s*base64\s*)?,([^#]*)/i.exec(href);
  if (!found) throw failed(new Error('invalid URL'));
  const text = Buffer.from(found[3].replace(/%([0-9a-f]{2})/gi, (all, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
  const bytes = found[2] ? Buffer.from(text.toString('latin1'), 'base64') : text;
  const type = found[1].startsWith(';') ? `text/plain${found[1]}` : found[1] || 'text/plain;charset=US-ASCII';
  return respond({ status: 200, statusText: 'OK', type: 'basic', url: href, redirected: false, headers: received(['content-type', type]), body: { bytes } });
}

async function perform(request) {
  const state = request[kState];
  const { url, headers, method } = state;
  if (url.protocol === 'data:') return dataUrl(url.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(new Error(url.protocol === 'about:' ? 'about scheme is not supported' : 'unknown scheme'));
  if (ports.includes(url.port)) throw failed(new Error('bad port'));
  const body = state.body === null ? undefined : await consume(request);
  const flat = headers.has('host') ? [] : ['host', url.host];
  flat.push('connection', 'keep-alive', ...lines(headers));
  const add = (name, value) => { if (!headers.has(name)) flat.push(name, value); };
  add('accept', '*/*');
  add('accept-language', '*');
  flat.push('sec-fetch-mode', state.mode);
  add('user-agent', 'node');
  add('accept-encoding', url.protocol === 'https:' ? 'br, gzip, deflate' : 'gzip, deflate');
  let answer;
  if (state.signal && state.signal.aborted) throw state.signal.reason;
  try {
    const [promise, call] = native('calls').call(method, url.href, flat, body, state.redirect);
    state.call = call;
    answer = await promise;
  } catch (error) {
    throw failed(causeOf(error));
  }
  const [status, statusText, at, redirected, raw, bytes] = answer;
  const got = received(raw);
  const answered = { status, statusText, type: 'basic', url: at, redirected, headers: got, body: null };
  if (method !== 'HEAD' && !nullStatus.includes(status)) {
    const content = { bytes: Buffer.from(bytes.buffer) };
    try {
      content.bytes = decoded(content.bytes, got);
    } catch (cause) {
      content.error = new TypeError('terminated', { cause });
    }
    answered.body = content;
  }
  return respond(answered);
}

function fetch(input, init = undefined) {
  return new Promise((resolve, reject) => {
    const request = new Request(arguments.length === 0 ? undefined : input, init);
    const state = request[kState];
    const { signal } = state;
    if (signal && signal.aborted) throw signal.reason;
    const aborted = () => {
      reject(signal.reason);
      if (state.call) native('calls').cancel(state.call);
    };
    if (signal) signal.addEventListener('abort', aborted, { once: true });
    const end = (settle) => (value) => {
      if (signal) signal.removeEventListener('abort', aborted);
      settle(value);
    };
    perform(request).then(end(resolve), end(reject));
  });
}
Object.defineProperty(fetch, 'length', { value: 1 });

module.exports = { fetch, Request, Response, Headers };
