'use strict';

// Leads the function's connections through the supervisor's proxy, on the sandbox's loopback.
//
// The sandbox has no route out. Where its supervisor serves all packets ("transparent"), nothing is
// to be done. Elsewhere ("proxy") each TCP connection begins with a CONNECT to the proxy, before its
// owner hears that it is connected. So agents, `fetch`, HTTP/2, TLS and drivers of databases work as
// they are. The supervisor resolves names, so `dns.lookup` gives a placeholder, and a connection to
// the placeholder names its host.
//
// The machine's loopback is not the sandbox's. The settings list what the function may call there;
// all else on loopback stays in the sandbox.

const net = require('node:net');
const { errno } = require('node:os').constants;
const { syncBuiltinESMExports } = require('node:module');

/** Most bytes of the proxy's answer. */
const HEAD_MAX = 16 * 1024;

/** Placeholders: 198.18.1.0 to 198.19.255.255, which RFC 2544 reserves for tests. */
const FIRST = ((198 << 24) | (18 << 16) | (1 << 8)) >>> 0;
const COUNT = 0x20000 - 0x100;

/** How connections are led. */
class Route {
  #settings;
  #addresses = new Map();
  #names = new Map();

  constructor(settings) {
    const [, host, port] = /^(.+):(\d+)$/.exec(settings.proxy ?? '127.0.0.1:3128');
    this.#settings = { isProxied: settings.network === 'proxy', loopback: new Set(settings.loopback ?? []) };
    this.proxy = { host, port: Number(port) };
  }

  /** True if nothing must be led anywhere. */
  get isEmpty() {
    return !this.#settings.isProxied && this.#settings.loopback.size === 0;
  }

  /** The host and port for the proxy; null if the connection does not go through it. */
  to(host, port) {
    const { isProxied, loopback } = this.#settings;
    if (isLoopback(host)) {
      const isProxy = Number(port) === this.proxy.port && host === this.proxy.host;
      const isNamed = loopback.has(host) || loopback.has(`${inUrl(host)}:${port}`);
      if (isProxy || !isNamed) return null;
    } else if (!isProxied) {
      return null;
    }
    const name = this.#names.get(host) ?? host;
    return `${inUrl(name)}:${port}`;
  }

  /** True if the proxy resolves the name. */
  resolves(name) {
    return this.#settings.isProxied && net.isIP(name) === 0 && !isLoopback(name);
  }

  /** The placeholder for a name; undefined if there are too many names. */
  placeholder(name) {
    let address = this.#addresses.get(name);
    if (address === undefined && this.#addresses.size < COUNT) {
      const number = FIRST + this.#addresses.size;
      address = [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join('.');
      this.#addresses.set(name, address);
      this.#names.set(address, name);
    }
    return address;
  }
}

function inUrl(host) {
  return net.isIPv6(host) ? `[${host}]` : host;
}

function isLoopback(host) {
  return host === '' || host === 'localhost' || host.endsWith('.localhost') || host === '::1' || host === '::'
    || host === '0.0.0.0' || (net.isIPv4(host) && host.startsWith('127.'));
}

/** Loads its modules early. No function has to wait for them then. */
function prepare() {
  require('node:tls');
  require('node:dns');
}

/** Leads connections from now on. */
function install(settings) {
  const route = new Route(settings);
  if (route.isEmpty) return;
  hideProxy(route);
  leadSockets(route);
  leadTls(route);
  leadLookups(route);
  syncBuiltinESMExports();
}

/** Libraries would take the proxy for one that the function chose. Connections go through it anyway. */
function hideProxy({ proxy: { host, port } }) {
  const url = `http://${host}:${port}`;
  let isOurs = false;
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    if (process.env[name] !== url) continue;
    isOurs = true;
    delete process.env[name];
  }
  if (!isOurs) return;
  delete process.env.NO_PROXY;
  delete process.env.no_proxy;
}

function leadSockets(route) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const [options, listener] = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    const target = options.path ? null : route.to(`${options.host || 'localhost'}`, options.port);
    if (target === null) return connect.apply(this, args);
    askFor(this, target);
    const { host, port } = route.proxy;
    const led = { ...options, host, port };
    for (const name of ['lookup', 'localAddress', 'localPort', 'family', 'hints', 'autoSelectFamily']) delete led[name];
    return listener ? connect.call(this, led, listener) : connect.call(this, led);
  };
}

/** Asks the proxy as soon as it is connected to. Until it agrees the socket stays `connecting`. */
function askFor(socket, target) {
  const { emit } = socket;
  socket.emit = function (event, ...args) {
    if (event === 'connect') {
      ask(socket, target, () => {
        socket.emit = emit;
        socket.emit('connect');
        socket.emit('ready');
      });
      return true;
    }
    return event === 'ready' && socket.connecting ? true : emit.call(this, event, ...args);
  };
}

function ask(socket, target, agreed) {
  const { push } = socket;
  let head = Buffer.alloc(0);
  const fail = (error) => {
    socket.push = push;
    socket.destroy(error);
  };
  socket.push = function (chunk) {
    if (chunk === null) {
      fail(reset());
      return false;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (head.length > HEAD_MAX) fail(reset());
      return true;
    }
    const text = head.toString('latin1', 0, end);
    if (/^HTTP\/1\.[01] 200 /.test(text)) {
      socket.push = push;
      socket.connecting = false;
      // Only now the proxy sends what the server says. HTTP/2 takes bytes from the handle alone.
      socket._writeGeneric(false, '\n', 'latin1', () => {});
      agreed();
    } else {
      fail(rejection(text));
    }
    return !socket.destroyed;
  };
  socket._writeGeneric(false, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nBrink-Waits: ?1\r\n\r\n`, 'latin1', (error) => {
    if (error) fail(error);
  });
  // Writes of the owner wait for it, as before.
  socket.connecting = true;
  if (!socket._handle) return;
  socket._handle.reading = true;
  socket._handle.readStart();
}

function reset() {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

/** The error that the proxy names in its answer. */
function rejection(head) {
  const field = /^brink-error: *(.*)$/im.exec(head);
  let why = { message: head.split('\r\n', 1)[0], code: 'ECONNREFUSED' };
  try {
    if (field) why = JSON.parse(Buffer.from(field[1], 'latin1').toString());
  } catch {
    // The status line says enough.
  }
  const error = Object.assign(new Error(why.message), { code: why.code });
  if (why.code in errno) error.errno = -errno[why.code];
  if (why.syscall) error.syscall = why.syscall;
  if (why.syscall === 'getaddrinfo') error.hostname = why.host;
  else if (why.host) Object.assign(error, { address: why.host, port: why.port });
  return error;
}

/** TLS takes a socket's handle when it is made, so it gets a socket that has none yet. */
function leadTls(route) {
  const tls = require('node:tls');
  const connect = tls.connect;
  const connectTls = function (...args) {
    const [first, listener] = net._normalizeArgs(args);
    const options = Object.assign({}, first, ...args.slice(1, 3).filter((one) => one !== null && typeof one === 'object'));
    const host = `${options.host || 'localhost'}`;
    if (options.socket || options.path || route.to(host, options.port) === null) return connect.apply(this, args);
    const socket = new net.Socket();
    const secure = connect.call(this, { ...options, host, socket }, ...(listener ? [listener] : []));
    if (options.timeout) secure.setTimeout(options.timeout);
    socket.on('error', (error) => secure.destroy(error));
    secure.once('close', () => socket.destroy());
    socket.connect({ host, port: options.port });
    return secure;
  };
  tls.connect = copyShape(connectTls, connect);
}

function leadLookups(route) {
  const dns = require('node:dns');
  const { lookup } = dns;
  const ask = dns.promises.lookup;
  dns.lookup = copyShape(function (name, options, callback) {
    const done = typeof options === 'function' ? options : callback;
    if (typeof done !== 'function' || typeof name !== 'string' || !route.resolves(name)) return lookup.apply(this, arguments);
    const found = place(route, name, typeof options === 'function' ? {} : options);
    process.nextTick(() => {
      if (found instanceof Error) done(found);
      else if (Array.isArray(found)) done(null, found);
      else done(null, found.address, found.family);
    });
    return {};
  }, lookup);
  dns.promises.lookup = copyShape(async function (name, options) {
    if (typeof name !== 'string' || !route.resolves(name)) return ask.apply(this, arguments);
    const found = place(route, name, options);
    if (found instanceof Error) throw found;
    return found;
  }, ask);
}

function place(route, name, options) {
  const { family = 0, all = false } = typeof options === 'number' ? { family: options } : (options ?? {});
  const address = family === 6 || family === 'IPv6' ? undefined : route.placeholder(name);
  if (address === undefined) {
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
      code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname: name,
    });
  }
  return all ? [{ address, family: 4 }] : { address, family: 4 };
}

/** Name, length and symbols, by which `util.promisify` knows a function. */
function copyShape(ours, theirs) {
  return Object.defineProperties(ours, Object.getOwnPropertyDescriptors(theirs));
}

module.exports = { install, prepare };
