//! Addresses and routes of the sandbox's network namespace, by the kernel's rtnetlink.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

// Types of messages.
const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const ERROR: u16 = 2;

// Flags of messages: a request, and an answer in any case; and a new object that must not exist.
const REQUEST: u16 = 1;
const ANSWER: u16 = 4;
const EXCLUSIVE: u16 = 0x200;
const CREATE: u16 = 0x400;

/// `IFF_UP`.
const UP: u32 = 1;

// Attributes.
const LINK_MTU: u16 = 4;
const ADDRESS_PEER: u16 = 1;
const ADDRESS_LOCAL: u16 = 2;
const ROUTE_DEVICE: u16 = 4;

const IPV4: u8 = 2;

/// A connection to the kernel about the network namespace of the process.
pub(super) struct Netlink(OwnedFd);

// === impl Netlink ===

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        let kind = SocketType::RAW;
        let flags = SocketFlags::CLOEXEC;
        // Protocol 0 is rtnetlink.
        Ok(Self(rustix::net::socket_with(AddressFamily::NETLINK, kind, flags, None)?))
    }

    /// Starts a device, with another MTU if there is one.
    pub(super) fn start(&self, device: u32, mtu: Option<u16>) -> io::Result<()> {
        // Family, padding, type; index; flags, and which of them to change.
        let mut body = [[0; 4], device.to_ne_bytes(), UP.to_ne_bytes(), UP.to_ne_bytes()].concat();
        if let Some(mtu) = mtu {
            body.extend(attribute(LINK_MTU, u32::from(mtu).to_ne_bytes()));
        }
        self.ask(NEW_LINK, 0, &body)
    }

    /// Gives a device an address, and with it a route to the address's range.
    pub(super) fn add_address(&self, device: u32, ip: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut body = [[IPV4, prefix, 0, 0], device.to_ne_bytes()].concat();
        body.extend(attribute(ADDRESS_LOCAL, ip.octets()));
        body.extend(attribute(ADDRESS_PEER, ip.octets()));
        self.ask(NEW_ADDRESS, CREATE | EXCLUSIVE, &body)
    }

    /// Makes a device the way to all other addresses.
    pub(super) fn add_default_route(&self, device: u32) -> io::Result<()> {
        // Lengths and type of service; the main table, a static route, for the link, unicast; flags.
        let mut body = [[IPV4, 0, 0, 0], [254, 4, 253, 1], [0; 4]].concat();
        body.extend(attribute(ROUTE_DEVICE, device.to_ne_bytes()));
        self.ask(NEW_ROUTE, CREATE | EXCLUSIVE, &body)
    }

    /// Sends a request, and takes the kernel's answer, which comes at once.
    fn ask(&self, kind: u16, flags: u16, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(16 + body.len()).map_err(io::Error::other)?;
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend((REQUEST | ANSWER | flags).to_ne_bytes());
        // The sequence number and the sender's port, which the kernel fills in.
        message.extend([0; 8]);
        message.extend(body);
        rustix::net::send(&self.0, &message, SendFlags::empty())?;
        let mut answer = [0_u8; 4_096];
        let (length, _) = rustix::net::recv(&self.0, &mut answer, RecvFlags::empty())?;
        let answer = answer.get(..length).unwrap_or_default();
        let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok());
        let error = answer.get(16..20).and_then(|bytes| bytes.try_into().ok());
        match (kind.map(u16::from_ne_bytes), error.map(i32::from_ne_bytes)) {
            (Some(ERROR), Some(0)) => Ok(()),
            (Some(ERROR), Some(error)) => Err(Errno::from_raw_os_error(-error).into()),
            _ => Err(io::Error::other("the kernel's answer makes no sense")),
        }
    }
}

/// An attribute of four bytes, which needs no padding.
fn attribute(kind: u16, value: [u8; 4]) -> Vec<u8> {
    [8_u16.to_ne_bytes().as_slice(), &kind.to_ne_bytes(), &value].concat()
}
