//! The two ends of a connection or of an exchange.

use std::net::SocketAddrV4;

/// Two ends: addresses with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flow {
    /// The program's end.
    pub(super) from: SocketAddrV4,
    /// The end that it wants to reach.
    pub(super) to: SocketAddrV4,
}
