//! The network of a sandbox that runs a program of the machine: `node`, `python3` or a bootstrap.
//!
//! The program has a network namespace of its own, which leads nowhere. The launcher makes listeners
//! on its loopback, and a TUN device where the machine has `/dev/net/tun`. It hands their
//! descriptors to the supervisor, which is the only way out.

use std::net::{Ipv4Addr, SocketAddrV4};

/// Where the supervisor serves as an HTTP proxy, on the sandbox's loopback.
pub const PROXY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 3128);

/// Where the supervisor serves the Lambda Runtime API, on the sandbox's loopback.
pub const RUNTIME_API: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9001);

/// Where the debugger of a program that is debugged listens, on the sandbox's loopback.
pub const INSPECTOR: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9229);

/// Hosts that clients ask without the proxy, as in `NO_PROXY`.
pub const NO_PROXY: &str = "127.0.0.1,localhost,::1";

/// In the settings of a bootstrap: it leads connections through the proxy.
pub const PROXIED: &str = "proxy";

/// In the settings of a bootstrap: the supervisor serves all packets of the sandbox.
pub const TRANSPARENT: &str = "transparent";

/// The name of the TUN device. It has `IFF_TUN | IFF_NO_PI`, and its descriptor does not block.
pub const TUN_NAME: &str = "brink0";

/// The address of the TUN device, which is also the sandbox's own. The default route leads to it.
pub const TUN_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);

/// The number of leading bits that [`TUN_ADDRESS`] and the addresses of names have in common:
/// 198.18.0.0/15, which RFC 2544 reserves for tests, so no service has such an address.
pub const TUN_PREFIX: u8 = 15;

/// The largest packet of the TUN device, in bytes. The packets never leave the machine.
pub const TUN_MTU: u16 = 16 * 1024;

/// The name server of a sandbox with a TUN device, for `/etc/resolv.conf`. The supervisor answers
/// names with addresses of [`TUN_PREFIX`]'s range, and remembers them. It serves the queries to any
/// other server on port 53, too.
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
