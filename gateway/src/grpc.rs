//! gRPC, as far as a proxy has to know it: which requests are calls, and how a call is told of its
//! end (gRPC's "gRPC over HTTP2").
//!
//! A client learns the result of a call from `grpc-status` in the trailers of the answer. If an
//! answer has no body at all, they are in its headers. If the gateway ends a call, it says so there
//! too, because libraries tell their programs little about other answers.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

use brink_shared::event::Headers;

use crate::origin::BodyError;

/// The type of the messages of a call, without the name of their encoding.
pub const CONTENT_TYPE: &str = "application/grpc";

/// The header with the result of a call.
pub const STATUS: &str = "grpc-status";

/// The header with the reason of an error, for people.
pub const MESSAGE: &str = "grpc-message";

/// The results that the gateway itself gives a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The call was canceled.
    Cancelled = 1,
    /// An error that has no other number.
    Unknown = 2,
    /// The viewer may not make this call.
    PermissionDenied = 7,
    /// A limit was reached.
    ResourceExhausted = 8,
    /// The service does not have this call.
    Unimplemented = 12,
    /// A message that breaks the protocol.
    Internal = 13,
    /// The service cannot be reached now.
    Unavailable = 14,
    /// The viewer has to say who it is.
    Unauthenticated = 16,
}

/// True for the requests that are calls: `application/grpc`, also with the name of an encoding as in
/// `application/grpc+proto`. gRPC-Web is something else, which passes through any behavior.
pub fn is_call(method: &str, headers: &Headers) -> bool {
    let is_one = |kind: &str| {
        let name = kind.get(..CONTENT_TYPE.len());
        let rest = kind.get(CONTENT_TYPE.len()..).unwrap_or_default();
        name.is_some_and(|name| name.eq_ignore_ascii_case(CONTENT_TYPE))
            && (rest.is_empty() || rest.starts_with(['+', ';', ' ', '\t']))
    };
    method == "POST" && headers.get("content-type").is_some_and(|kind| is_one(kind.trim()))
}

/// The trailers of a call that ends with this result.
pub fn trailers(status: Status, message: &str) -> HeaderMap {
    let mut fields = HeaderMap::new();
    fields.insert(HeaderName::from_static(STATUS), HeaderValue::from(status.code()));
    if let Ok(message) = HeaderValue::try_from(encoded(message)) {
        fields.insert(HeaderName::from_static(MESSAGE), message);
    }
    fields
}

/// A message as it is sent: all but printable ASCII is percent-encoded.
pub fn encoded(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

// === impl Status ===

impl Status {
    /// The number.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The result that clients derive from a status of HTTP ("HTTP to gRPC Status Code Mapping"),
    /// so all of them see the same one.
    pub fn of_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The result of a call whose answer breaks off. A reset has the result that clients derive from
    /// the reset itself ("gRPC over HTTP2", Errors).
    pub fn of_broken(error: &BodyError) -> Self {
        match error {
            BodyError::StreamReset(reason) => match *reason {
                h2::Reason::CANCEL => Self::Cancelled,
                h2::Reason::REFUSED_STREAM => Self::Unavailable,
                h2::Reason::ENHANCE_YOUR_CALM => Self::ResourceExhausted,
                h2::Reason::INADEQUATE_SECURITY => Self::PermissionDenied,
                _ => Self::Internal,
            },
            BodyError::Malformed(_) | BodyError::Compression(_) => Self::Internal,
            BodyError::Short { .. }
            | BodyError::Reset(_)
            | BodyError::Stalled(_)
            | BodyError::Incomplete(_)
            | BodyError::ShieldLost(_)
            | BodyError::Abandoned
            | BodyError::Changed
            | BodyError::TooSlow => Self::Unavailable,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_by_method_and_type() {
        for (method, kind, expected) in [
            ("POST", "application/grpc", true),
            ("POST", "application/grpc+proto", true),
            ("POST", "Application/GRPC; charset=utf-8", true),
            ("POST", " application/grpc ", true),
            ("POST", "application/grpc-web", false),
            ("POST", "application/grpc-web+proto", false),
            ("POST", "application/grpcx", false),
            ("POST", "application/json", false),
            ("POST", "", false),
            ("POST", "application/gr\u{fc}\u{fc}", false),
            ("GET", "application/grpc", false),
        ] {
            let headers = [("Content-Type", kind)].into_iter().collect();
            assert_eq!(is_call(method, &headers), expected, "{method} {kind:?}");
        }
        assert!(!is_call("POST", &Headers::new()));
    }

    #[test]
    fn a_message_survives_any_text() {
        let fields = trailers(Status::Unavailable, "50% of \u{e9}\r\nx: y");
        assert_eq!(fields[STATUS], "14");
        assert_eq!(fields[MESSAGE], "50%25 of %C3%A9%0D%0Ax: y");
    }

    #[test]
    fn results_are_those_that_clients_derive_themselves() {
        for (http, status) in [(400, 13), (401, 16), (403, 7), (404, 12), (429, 14), (413, 2)] {
            assert_eq!(Status::of_http(http).code(), status, "{http}");
        }
        for http in 502..=504 {
            assert_eq!(Status::of_http(http), Status::Unavailable);
        }
        let of = |reason| Status::of_broken(&BodyError::StreamReset(reason));
        assert_eq!(of(h2::Reason::CANCEL), Status::Cancelled);
        assert_eq!(of(h2::Reason::NO_ERROR), Status::Internal);
        assert_eq!(Status::of_broken(&BodyError::Short { received: 0 }), Status::Unavailable);
    }
}
