//! The bytes of a connection, which QUIC counts.

use crate::multiplexed::Traffic;

/// A viewer confirms each packet that has data of a stream by a packet of at most about this many
/// bytes.
const FOR_CONFIRMING: u64 = 40;

/// Notes the bytes that a connection has carried, and returns how many were sent. Packets that only
/// confirm data do not count: their number follows from the packets of this side.
pub(super) fn count(quic: &quinn::Connection, traffic: &Traffic) -> u64 {
    let stats = quic.stats();
    let confirming = stats.frame_tx.stream.saturating_mul(FOR_CONFIRMING);
    traffic.carried(stats.udp_rx.bytes.saturating_sub(confirming), stats.udp_tx.bytes);
    stats.udp_tx.bytes
}
