//! Sorts the packets of a sandbox: new connections, queries of names, and all others.

use std::net::SocketAddrV4;

use smoltcp::wire::{IpProtocol, IpVersion, Ipv4Packet, TcpPacket, UdpPacket};

use super::dns::Query;
use super::flow::Flow;

/// The port of name servers.
const DNS_PORT: u16 = 53;

/// A packet from the sandbox.
pub(super) enum Packet {
    /// The program asks for a connection.
    Syn(Flow),
    /// The program asks for a name.
    Query(Query),
    /// One for the TCP stack, which belongs to a connection or is refused.
    Other,
    /// Not IPv4, or not whole.
    Unknown,
}

// === impl Packet ===

impl Packet {
    /// The kind of a packet.
    pub(super) fn read(bytes: &[u8]) -> Self {
        if IpVersion::of_packet(bytes) != Ok(IpVersion::Ipv4) {
            return Self::Unknown;
        }
        let Ok(ip) = Ipv4Packet::new_checked(bytes) else { return Self::Unknown };
        if ip.more_frags() || ip.frag_offset() != 0 {
            return Self::Unknown;
        }
        let ends = |from, to| Flow {
            from: SocketAddrV4::new(ip.src_addr(), from),
            to: SocketAddrV4::new(ip.dst_addr(), to),
        };
        match ip.next_header() {
            IpProtocol::Tcp => match TcpPacket::new_checked(ip.payload()) {
                Ok(tcp) if tcp.syn() && !tcp.ack() && !tcp.rst() && tcp.dst_port() > 0 => {
                    Self::Syn(ends(tcp.src_port(), tcp.dst_port()))
                }
                Ok(_) => Self::Other,
                Err(_) => Self::Unknown,
            },
            IpProtocol::Udp => match UdpPacket::new_checked(ip.payload()) {
                Ok(udp) if udp.dst_port() == DNS_PORT => {
                    let flow = ends(udp.src_port(), udp.dst_port());
                    Query::read(flow, udp.payload()).map_or(Self::Unknown, Self::Query)
                }
                Ok(_) => Self::Other,
                Err(_) => Self::Unknown,
            },
            _ => Self::Other,
        }
    }
}
