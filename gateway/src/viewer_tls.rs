//! Facts about the TLS session of a viewer's connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One TLS session. All requests of its connection share it.
#[derive(Debug)]
pub struct TlsSession {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite under OpenSSL's name.
    pub cipher: &'static str,
    /// True if the session continues an earlier one.
    pub is_resumed: bool,
    /// The JA3 fingerprint of the viewer's first message; `None` if no behavior asked for it when
    /// the connection began.
    pub ja3: Option<String>,
    /// The JA4 fingerprint, under the same condition.
    pub ja4: Option<String>,
    /// True once a request has come.
    is_used: AtomicBool,
}

/// The TLS session of one request.
#[derive(Clone, Debug)]
pub struct ViewerTls {
    /// The session.
    pub session: Arc<TlsSession>,
    /// `fullHandshake`, `sessionResumed`, or `connectionReused` if the request is not the first of
    /// its connection.
    pub handshake: &'static str,
}

// === impl TlsSession ===

impl TlsSession {
    /// A session that no request has used.
    pub fn new(version: &'static str, cipher: &'static str, is_resumed: bool) -> Self {
        Self { version, cipher, is_resumed, ja3: None, ja4: None, is_used: AtomicBool::new(false) }
    }

    /// The same with fingerprints of the viewer.
    pub fn fingerprinted(self, ja3: String, ja4: String) -> Self {
        Self { ja3: Some(ja3), ja4: Some(ja4), ..self }
    }

    /// The session as the next request of its connection sees it. Call this once for each request.
    pub fn of_request(self: &Arc<Self>) -> ViewerTls {
        let handshake = match (self.is_used.swap(true, Ordering::Relaxed), self.is_resumed) {
            (true, _) => "connectionReused",
            (false, true) => "sessionResumed",
            (false, false) => "fullHandshake",
        };
        ViewerTls { session: self.clone(), handshake }
    }
}

// === impl ViewerTls ===

impl ViewerTls {
    /// The value of `CloudFront-Viewer-TLS` (`contract.md` 7.9).
    pub fn described(&self) -> String {
        format!("{}:{}:{}", self.session.version, self.session.cipher, self.handshake)
    }
}
