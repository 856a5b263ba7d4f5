//! A request to an origin, and its head as it is sent.

use std::time::{Duration, SystemTime};

use brink_shared::event::{Headers, Origin};
use brink_shared::registry::distribution::{CertificateName, HttpVersion, OriginUrl};
use http::header::{CONNECTION, HOST, TRAILER, UPGRADE};

use super::message;
use super::origin_fault::OriginFault;
use super::signature::Signing;
use super::upload::{OutgoingBody, Upload};

/// The only protocol that connections may switch to.
pub(super) const WEB_SOCKET: &str = "websocket";

/// One request to an origin.
#[derive(Debug)]
pub struct OriginRequest {
    /// The destination. The connection and the name given in TLS follow `domain_name`, whatever
    /// `Host` says; the certificate may be for either.
    pub origin: Origin,
    /// The address of the bucket's store, if that is not the bucket's own name.
    pub endpoint: Option<OriginUrl>,
    /// How long one connection attempt may take.
    pub connect_timeout: Duration,
    /// How many attempts a GET or HEAD has, 1 to 3.
    pub attempts: u32,
    /// How long the whole exchange may take, with all attempts and the body of the answer. A
    /// WebSocket may stay open for longer.
    pub completion_timeout: Option<Duration>,
    /// How to go to the origin, as far as functions do not see it.
    pub access: OriginAccess,
    /// The HTTP method.
    pub method: String,
    /// The path, without the origin's own prefix, which is put before it.
    pub uri: String,
    /// Without `?`.
    pub querystring: String,
    /// All headers, also `Host`; see [`Forwarding`](super::policy::Forwarding). The origin's custom
    /// headers are added here. The client writes the framing headers.
    pub headers: Headers,
    /// The body.
    pub body: OutgoingBody,
    /// True to ask for a WebSocket.
    pub is_upgrade: bool,
    /// True for a gRPC call. It needs HTTP/2, whatever `access` says, and both sides may be silent
    /// for [`CALL_IDLE`](super::CALL_IDLE).
    pub is_call: bool,
}

/// How to go to an origin, as far as functions do not see it. The default is plain HTTP/1.1.
#[derive(Clone, Debug, Default)]
pub struct OriginAccess {
    /// The newest version of HTTP to speak, over TLS.
    pub http_version: HttpVersion,
    /// The certificate to show, over TLS.
    pub client_certificate: Option<CertificateName>,
    /// How to sign the request; `None` not to.
    pub signing: Option<Box<Signing>>,
    /// Who must have certified it, over TLS.
    pub trust: Trust,
}

/// Who must have certified the other side of a TLS session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// An authority of the operating system.
    #[default]
    System,
    /// The authority of this cluster's gateways. The gateway shows its own certificate.
    Gateways,
}

/// A request without its body. Unlike the body, it may be sent more than once.
pub(super) struct Head {
    pub(super) is_upgrade: bool,
    pub(super) method: http::Method,
    target: http::uri::PathAndQuery,
    headers: http::HeaderMap,
}

// === impl Head ===

impl Head {
    pub(super) fn of(request: &OriginRequest) -> Result<Self, OriginFault> {
        let origin = &request.origin;
        let method = message::method(&request.method)?;
        let mut headers = message::request_headers(&request.headers, origin.custom_headers())?;
        if !headers.contains_key(http::header::HOST) {
            // A function may remove it, but a request of HTTP/1.1 must have one (RFC 9112, 3.2).
            let host = http::HeaderValue::try_from(origin.host())
                .map_err(|error| OriginFault::BadRequest(format!("its host: {error}")))?;
            headers.insert(http::header::HOST, host);
        }
        let takes_body =
            matches!(method, http::Method::POST | http::Method::PUT | http::Method::PATCH);
        if takes_body && request.body.is_empty() {
            // Some servers reject such a request without it.
            let none = http::HeaderValue::from_static("0");
            headers.insert(http::header::CONTENT_LENGTH, none);
        }
        if request.is_upgrade {
            headers.insert(CONNECTION, http::HeaderValue::from_static("Upgrade"));
            headers.insert(UPGRADE, http::HeaderValue::from_static(WEB_SOCKET));
        }
        let mut target = message::target(origin.path(), &request.uri, &request.querystring)?;
        if let Some(signing) = &request.access.signing {
            signing.sign(&method, &mut target, &mut headers, SystemTime::now())?;
        }
        Ok(Self { is_upgrade: request.is_upgrade, method, target, headers })
    }

    pub(super) fn with(&self, upload: Upload) -> http::Request<Upload> {
        let announcement = upload.announcement();
        let mut request = http::Request::new(upload);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone().into();
        *request.headers_mut() = self.headers.clone();
        if let Some(names) = announcement {
            request.headers_mut().insert(TRAILER, names);
        }
        request
    }

    /// The same for HTTP/2, which has the `Host` in its target (RFC 9113, 8.3.1).
    pub(super) fn with_authority(
        &self,
        upload: Upload,
    ) -> Result<http::Request<Upload>, OriginFault> {
        let host = self.headers.get(HOST).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let bad = |why: &dyn std::fmt::Display| OriginFault::BadRequest(format!("its host: {why}"));
        if host.contains(&b'@') {
            return Err(bad(&"it must not have a user's name"));
        }
        let authority = http::uri::Authority::try_from(host).map_err(|error| bad(&error))?;
        let target = http::Uri::builder()
            .scheme(http::uri::Scheme::HTTPS)
            .authority(authority)
            .path_and_query(self.target.clone())
            .build()
            .map_err(|error| bad(&error))?;
        let mut request = self.with(upload);
        *request.uri_mut() = target;
        request.headers_mut().remove(HOST);
        Ok(request)
    }
}
