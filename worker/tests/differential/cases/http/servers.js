// Servers that listen nowhere, requests that are made by hand, sockets that lead nowhere.
const http = require('http');
const https = require('https');
const net = require('net');
const tls = require('tls');
const { PassThrough } = require('stream');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const attempt = (act) => {
  try {
    const value = act();
    return value === undefined ? null : value;
  } catch (error) {
    return [error.name, error.code, error.code && error.message];
  }
};
const own = (Class) => Reflect.ownKeys(Class.prototype).map(String).filter((name) => !/ispose|kUpdate|kAfter|kReinit/.test(name)).sort();

exports.handler = async () => {
  const out = {};
  const log = [];
  const server = http.createServer({ keepAliveTimeout: 7 }, (request, response) => {
    log.push(request.url);
    response.end('x');
  });
  out.server = [Object.keys(server).sort(), server.listening, server.address(), server.eventNames(), server.keepAliveTimeout, server.timeout, server.setTimeout(5) === server, server.timeout, server instanceof net.Server, http.Server() instanceof http.Server];
  out.asked = [server.emit('request', { url: '/q' }, { end: (text) => log.push(text) }), log];
  out.bad = [attempt(() => http.createServer(5)), attempt(() => http.createServer({ requestTimeout: -1 })), attempt(() => http.createServer({ requestTimeout: 1, headersTimeout: 5 })), attempt(() => http.createServer({}, 5)), attempt(() => new net.Server(5))];
  const closing = [];
  server.on('close', () => closing.push('closed'));
  server.getConnections((error, count) => closing.push([error, count]));
  server.close((error) => closing.push(error.code));
  await wait(1);
  out.closing = closing;
  const rejecting = http.createServer({ captureRejections: true });
  out.rejecting = rejecting.listenerCount('request');
  const secure = https.createServer(() => {});
  out.secure = [secure instanceof tls.Server, secure instanceof net.Server, secure instanceof http.Server, secure.listenerCount('request'), secure.keepAliveTimeout];

  const incoming = new http.IncomingMessage(new PassThrough());
  incoming._addHeaderLines(['A', '1', 'a', '2', 'Set-Cookie', 'x', 'set-cookie', 'y', 'Cookie', 'c', 'cookie', 'd', 'Host', 'h', 'host', 'i', 'X-Y', ''], 18);
  out.headers = [incoming.headers, incoming.headersDistinct, incoming.rawHeaders, incoming.trailers, incoming.trailersDistinct];
  incoming.complete = true;
  incoming._addHeaderLines(['T', '1', 'T', '2'], 4);
  out.trailers = [incoming.trailers, incoming.rawTrailers, incoming.trailersDistinct, incoming.headers];
  incoming.headers = { z: 1 };
  out.set = incoming.headers;
  const follow = (message) => {
    const events = [];
    for (const name of ['aborted', 'close', 'end', 'error', 'data']) message.on(name, (value) => events.push(name === 'error' ? value.message : name === 'data' ? String(value) : name));
    return events;
  };
  const whole = new http.IncomingMessage(new PassThrough());
  const wholeEvents = follow(whole);
  whole.push('abc');
  whole.push(null);
  const bare = new http.IncomingMessage();
  const bareEvents = follow(bare);
  bare._read = () => {};
  bare.push('abc');
  bare.push(null);
  const dumped = new http.IncomingMessage(new PassThrough());
  dumped.push('abc');
  dumped._dump();
  dumped.push(null);
  await wait(3);
  out.incoming = [wholeEvents, whole.aborted, bareEvents, dumped.readableEnded, Object.keys(bare).filter((name) => !name.startsWith('_')).sort()];

  const socket = new net.Socket();
  const events = [];
  socket.on('error', (error) => events.push(error.code)).on('close', (...values) => events.push(['close', ...values]));
  out.socket = [socket.readable, socket.writable, socket.readyState, socket.pending, socket.connecting, socket.destroyed, String(socket.remoteAddress), socket.address(), socket.bytesRead, socket.bytesWritten, socket.allowHalfOpen, String(socket.localPort), socket._handle, Object.keys(socket).sort().filter((name) => !name.startsWith('_ev'))];
  socket.write('x', (error) => events.push(error && error.code));
  const second = new net.Socket({ allowHalfOpen: true });
  second.on('data', (chunk) => events.push(String(chunk))).on('close', () => events.push('second closed'));
  second.push('in');
  await wait(1);
  second.destroy();
  await wait(1);
  out.sockets = [events, second.readyState, second.setTimeout(5) === second, String(second.timeout), attempt(() => new net.Socket({ objectMode: true })), attempt(() => { 'use strict'; second.remoteAddress = '1'; }), attempt(() => second.connect()), attempt(() => new net.Socket().setTimeout('x'))];
  class Mine extends net.Socket { get remoteAddress() { return '192.0.2.1'; } }
  out.mine = [new Mine().remoteAddress, new Mine() instanceof net.Stream];
  out.shapes = ['OutgoingMessage', 'IncomingMessage', 'ServerResponse', 'Server'].map((name) => [name, http[name].length, http[name].name, own(http[name])]);
  return out;
};
