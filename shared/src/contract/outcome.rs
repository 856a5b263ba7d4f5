//! The meaning of a handler's value.

use bytes::Bytes;

use crate::event::{Headers, Request};

/// How to treat parts of a value that cannot break a request, but have no effect or are cut: an
/// oversized replacement of the request's body, a body or another status at viewer-response, and
/// edits of read-only fields (`method`, `clientIp`, `inputTruncated`, and `origin` at
/// viewer-request).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Reject them. Before publishing, where a person reads the error.
    Strict,
    /// Ignore or cut them, as Lambda@Edge does. At run time.
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
    /// The given phrase; otherwise the usual phrase of the status.
    pub status_description: Option<String>,
    /// All headers of the response.
    pub headers: Headers,
    /// The decoded body. None at origin-response leaves the origin's own body in place; an empty
    /// one removes it (3.4).
    pub body: Option<Bytes>,
}
