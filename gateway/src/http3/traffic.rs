//! The bytes of a connection, which QUIC counts.

use crate::multiplexed::Traffic;

/// Notes the bytes that a connection has carried, and returns how many were sent.
pub(super) fn count(quic: &quinn::Connection, traffic: &Traffic) -> u64 {
    let stats = quic.stats();
    traffic.carried(stats.udp_rx.bytes, stats.udp_tx.bytes);
    stats.udp_tx.bytes
}
