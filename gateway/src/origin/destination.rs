//! Where a request goes, as far as connections differ by it.

use std::fmt;

use brink_shared::event::{Origin, OriginProtocol};
use brink_shared::registry::distribution::{CertificateName, HttpVersion};

use super::request::{OriginRequest, Trust};

/// The destination of a request; connections are pooled by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destination {
    /// DNS name or address.
    pub(super) host: String,
    /// TCP port.
    pub(super) port: u16,
    /// The settings for TLS; `None` for plain HTTP.
    pub(super) tls: Option<Session>,
}

/// The settings of a TLS session. A session proves nothing for a request with other settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// A name that the origin's certificate may have instead of the origin's own.
    pub(super) host: Option<String>,
    /// Whether the origin may choose HTTP/2.
    pub(super) version: HttpVersion,
    /// The certificate that the gateway shows.
    pub(super) client_certificate: Option<CertificateName>,
    /// Who must have certified the origin.
    pub(super) trust: Trust,
}

// === impl Destination ===

impl Destination {
    /// The destination of a request. A bucket is reached over HTTPS unless its store has an
    /// endpoint.
    pub(super) fn of(request: &OriginRequest) -> Self {
        let (protocol, host, port) = match (&request.origin, &request.endpoint) {
            (Origin::Custom(custom), _) => (custom.protocol, &custom.domain_name, custom.port),
            (Origin::S3(_), Some(store)) => (store.protocol, &store.host, store.port),
            (Origin::S3(s3), None) => (OriginProtocol::Https, &s3.domain_name, 443),
        };
        // An IPv6 address is written in brackets in URLs only.
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let access = &request.access;
        let tls = (protocol == OriginProtocol::Https).then(|| {
            let named = request.headers.get("host").map(without_port);
            let other = named.filter(|named| !named.eq_ignore_ascii_case(bare));
            Session {
                host: other.map(str::to_ascii_lowercase),
                version: match (request.is_upgrade, request.is_call) {
                    // A WebSocket needs a connection of HTTP/1.1.
                    (true, _) => HttpVersion::Http1,
                    (false, true) => HttpVersion::Http2,
                    (false, false) => access.http_version,
                },
                client_certificate: access.client_certificate.clone(),
                trust: access.trust,
            }
        });
        Self { host: bare.to_owned(), port, tls }
    }

    /// True if the origin may choose HTTP/2.
    pub(super) fn may_be_http2(&self) -> bool {
        self.tls.as_ref().is_some_and(|session| session.version == HttpVersion::Http2)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// `a.example` of `a.example:8443`.
fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host)
}
