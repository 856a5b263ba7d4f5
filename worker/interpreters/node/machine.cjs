'use strict';

// Facts about the machine that the sandbox does not tell Node.js.
//
// Node.js asks the kernel for the network devices by a netlink socket. A sandbox cannot have one. So
// that libraries that list the devices work all the same, the list has the sandbox's loopback.

const os = require('node:os');
const { syncBuiltinESMExports } = require('node:module');

const LOOPBACK = {
  address: '127.0.0.1',
  netmask: '255.0.0.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: true,
  cidr: '127.0.0.1/8',
};

const { networkInterfaces } = os;

os.networkInterfaces = function () {
  try {
    return networkInterfaces();
  } catch {
    return { lo: [{ ...LOOPBACK }] };
  }
};

syncBuiltinESMExports();
