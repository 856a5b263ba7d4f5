// A sandbox has no name service. The worker resolves names for `fetch` and `http`.
const errors = ['NODATA', 'FORMERR', 'SERVFAIL', 'NOTFOUND', 'NOTIMP', 'REFUSED', 'BADQUERY', 'BADNAME', 'BADFAMILY', 'BADRESP', 'CONNREFUSED',
  'TIMEOUT', 'EOF', 'FILE', 'NOMEM', 'DESTRUCTION', 'BADSTR', 'BADFLAGS', 'NONAME', 'BADHINTS', 'NOTINITIALIZED', 'LOADIPHLPAPI',
  'ADDRGETNETWORKPARAMS', 'CANCELLED'];
let order = 'verbatim';
module.exports = require('internal/absent').absent('dns', 'lookup lookupService Resolver+ getDefaultResultOrder setDefaultResultOrder setServers ADDRCONFIG ALL V4MAPPED ' +
  `${errors.join(' ')} getServers resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse`, {
  getDefaultResultOrder: () => order,
  setDefaultResultOrder(value) {
    require('internal/validators').validateOneOf(value, 'dnsOrder', ['verbatim', 'ipv4first']);
    order = value;
  },
  ADDRCONFIG: 32,
  ALL: 16,
  V4MAPPED: 8,
  ...Object.fromEntries(errors.map((name) => [name, `E${name}`])),
  getServers: () => [],
});
Object.defineProperty(module.exports, 'promises', { enumerable: true, configurable: true, get: () => require('dns/promises') });
