//! The meaning of a handler's value.

use bytes::Bytes;

use crate::event::{Headers, Request};

/// How a value is read that breaks no rule by which a request could go wrong, but has no effect
/// or is cut: an oversized replacement of the request's body, a body or another status at
/// viewer-response, and edits of what is read-only (`method`, `clientIp`, `inputTruncated`, and
/// `origin` at viewer-request).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Refused. Before publishing, where a person reads it.
    Strict,
    /// Ignored or cut, as the service that functions come from does. At run time.
    Compatible,
}

/// The meaning of a handler's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Go on with this request. Only at request triggers.
    Request(Request),
    /// At request triggers: answer with this. At response triggers: this is the response now.
    Response(FunctionResponse),
}

/// A response as a function wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionResponse {
    /// 200 to 599.
    pub status: u16,
    /// As given, or the status's usual phrase is used.
    pub status_description: Option<String>,
    /// All headers of the response.
    pub headers: Headers,
    /// The decoded body. None at origin-response leaves the origin's own body in place; an empty
    /// one removes it (3.4).
    pub body: Option<Bytes>,
}
