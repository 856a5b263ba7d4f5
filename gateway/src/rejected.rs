//! Why a viewer's request is rejected before any behavior sees it (`contract.md` 5.3, 7.2).
//!
//! The connection rejects requests that it cannot pass on to the HTTP server (`viewer_stream`). The
//! reader of the head rejects others (`viewer`).

/// Most bytes of request line and headers together (`contract.md` 5.3).
pub const HEAD_MAX: usize = 20_480;

/// Most bytes of a URL (`contract.md` 5.3).
pub const URL_MAX: usize = 8_192;

/// The reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Over [`HEAD_MAX`] or [`URL_MAX`], or too many header lines, chunk extensions or trailers.
    TooLarge,
    /// It is not HTTP.
    Syntax,
    /// No `Host`, several of them, or an invalid one (RFC 9112, 3.2).
    NoHost,
    /// A target that is neither a path nor a URL, such as `*` or a host and port.
    Target,
    /// A path that leads above its root.
    AboveRoot,
    /// A GET with a body (`contract.md` 7.2).
    GetWithBody,
    /// A body whose end two servers might find at different positions.
    Framing,
    /// It did not arrive in time.
    TooSlow,
    /// A request for a tunnel.
    Connect,
    /// It has passed too many distributions already.
    Loop,
}
