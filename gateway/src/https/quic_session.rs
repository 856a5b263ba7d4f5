//! TLS in QUIC, which shows the facts about a session.
//!
//! quinn makes the handshake with rustls, but shows neither the cipher of a session, nor whether it
//! continues another one, nor the viewer's first message. So this session reads the two hellos on
//! their way.

use std::any::Any;
use std::sync::Arc;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::crypto::{
    ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, ServerConfig, Session,
    UnsupportedVersion,
};
use quinn::{ConnectionId, Side};
use quinn_proto::TransportError;
use quinn_proto::transport_parameters::TransportParameters;

use super::client_hello::{HELLO_MAX, Hello};
use super::security_policy::cipher_name;
use super::server_hello::ServerHello;
use crate::viewer_tls::TlsSession;

/// Says whether sessions have the viewers' fingerprints.
pub(crate) type WantsFingerprints = Arc<dyn Fn() -> bool + Send + Sync>;

/// TLS for viewers who come by QUIC.
pub(super) struct QuicConfig {
    pub(super) tls: Arc<QuicServerConfig>,
    pub(super) fingerprints: WantsFingerprints,
}

/// The handshake of one connection.
struct QuicSession {
    inner: Box<dyn Session>,
    /// The viewer's messages, until the server's hello answers them.
    recorded: Option<Vec<u8>>,
    /// The viewer's JA3 and JA4 fingerprints.
    fingerprints: Option<(String, String)>,
    answered: Option<ServerHello>,
}

/// The facts about the session of a connection whose handshake is done.
pub(crate) fn session_of(quic: &quinn::Connection) -> TlsSession {
    let facts = quic.handshake_data().and_then(|facts| facts.downcast::<TlsSession>().ok());
    facts.map_or_else(|| TlsSession::new("TLSv1.3", "unknown", false), |facts| *facts)
}

// === impl QuicConfig ===

impl ServerConfig for QuicConfig {
    fn initial_keys(
        &self,
        version: u32,
        dst_cid: &ConnectionId,
    ) -> Result<Keys, UnsupportedVersion> {
        self.tls.initial_keys(version, dst_cid)
    }

    fn retry_tag(&self, version: u32, orig_dst_cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.tls.retry_tag(version, orig_dst_cid, packet)
    }

    fn start_session(
        self: Arc<Self>,
        version: u32,
        params: &TransportParameters,
    ) -> Box<dyn Session> {
        let inner = self.tls.clone().start_session(version, params);
        let recorded = (self.fingerprints)().then(Vec::new);
        Box::new(QuicSession { inner, recorded, fingerprints: None, answered: None })
    }
}

// === impl QuicSession ===

impl QuicSession {
    /// Notes the viewer's bytes.
    fn heard(&mut self, bytes: &[u8]) {
        let Some(recorded) = self.recorded.as_mut() else { return };
        let room = HELLO_MAX.saturating_sub(recorded.len()).min(bytes.len());
        recorded.extend_from_slice(bytes.split_at(room).0);
    }

    /// Notes the server's bytes. The last hello counts, as the server may ask for another hello of
    /// the viewer first.
    fn said(&mut self, bytes: &[u8]) {
        let Some(hello) = ServerHello::read(bytes) else { return };
        if !hello.is_retry
            && let Some(recorded) = self.recorded.take()
        {
            let hello = Hello::read_message(&recorded);
            self.fingerprints = hello.map(|hello| (hello.ja3(), hello.ja4_of_quic()));
        }
        self.answered = Some(hello);
    }
}

impl Session for QuicSession {
    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        self.inner.initial_keys(dst_cid, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.inner.handshake_data()?;
        let hello = self.answered?;
        let session = TlsSession::new("TLSv1.3", cipher_name(hello.cipher), hello.is_resumed);
        Some(Box::new(match self.fingerprints.clone() {
            Some((ja3, ja4)) => session.fingerprinted(ja3, ja4),
            None => session,
        }))
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.inner.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.inner.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.inner.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.heard(buf);
        self.inner.read_handshake(buf)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.inner.transport_parameters()
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        let before = buf.len();
        let keys = self.inner.write_handshake(buf);
        self.said(buf.get(before..).unwrap_or_default());
        keys
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        self.inner.next_1rtt_keys()
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.inner.is_valid_retry(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.inner.export_keying_material(output, label, context)
    }
}
