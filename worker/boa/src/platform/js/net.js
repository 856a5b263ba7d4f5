// Sockets and servers without connections, because a sandbox has none. Functions that only check
// addresses work.
const { absent, lazily } = require('internal/absent');
const four = '(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])';
const v4 = new RegExp(`^(?:${four}\\.){3}${four}$`);
function isIPv4(text) { return v4.test(`${text}`); }
function isIPv6(text) {
  text = `${text}`;
  const zone = text.indexOf('%');
  if (zone >= 0) {
    if (!/^[0-9a-zA-Z\-.:]+$/.test(text.slice(zone + 1))) return false;
    text = text.slice(0, zone);
  }
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail.includes('.')) {
    if (!isIPv4(tail) || !text.includes(':')) return false;
    text = `${text.slice(0, -tail.length)}0:0`;
  }
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
function isIP(text) {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}
let family = true;
let timeout = 250;
module.exports = absent('net', '_createServerHandle _normalizeArgs _setSimultaneousAccepts BlockList+ SocketAddress+ connect createConnection createServer isIP isIPv4 isIPv6 Server Socket Stream getDefaultAutoSelectFamily setDefaultAutoSelectFamily getDefaultAutoSelectFamilyAttemptTimeout setDefaultAutoSelectFamilyAttemptTimeout', {
  isIP,
  isIPv4,
  isIPv6,
  _setSimultaneousAccepts: () => {},
  createServer: function createServer(options, listener) { return new module.exports.Server(options, listener); },
  getDefaultAutoSelectFamily: () => family,
  setDefaultAutoSelectFamily(value) { family = !!value; },
  getDefaultAutoSelectFamilyAttemptTimeout: () => timeout,
  setDefaultAutoSelectFamilyAttemptTimeout(value) { timeout = value; },
});
lazily(module.exports, 'Server', () => require('internal/net_server'));
lazily(module.exports, 'Socket', () => require('internal/net_socket'));
lazily(module.exports, 'Stream', () => module.exports.Socket);
