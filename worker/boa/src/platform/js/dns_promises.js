// `dns` as promises: they are rejected.
const dns = require('dns');
const made = {};
for (const name of Object.keys(dns)) {
  if (['promises', 'ADDRCONFIG', 'ALL', 'V4MAPPED'].includes(name)) continue;
  const value = dns[name];
  const plain = typeof value !== 'function' || ['Resolver', 'getDefaultResultOrder', 'setDefaultResultOrder', 'getServers', 'setServers'].includes(name);
  made[name] = plain ? value : { [name]: async (...args) => value(...args) }[name];
}
module.exports = made;
