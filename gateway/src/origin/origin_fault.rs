//! How asking an origin fails, and what the viewer is told.

use std::io;
use std::time::Duration;

use super::MAX_RESPONSE_HEAD;

/// No answer came from the origin. Every text names the origin and whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("origin {origin}: {cause}")]
pub struct OriginError {
    /// `host:port`.
    pub origin: String,
    /// What went wrong.
    pub cause: OriginFault,
}

/// What can go wrong before the head of an answer is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginFault {
    /// Its name has no address.
    #[error("its name cannot be resolved ({0}); check the origin's domain name")]
    Dns(String),
    /// Nothing accepts connections there.
    #[error("no connection ({0}); check that it listens and that a firewall lets us through")]
    Connect(String),
    /// The TLS handshake failed.
    #[error("no TLS session ({0}); check its certificate and protocol versions")]
    Tls(String),
    /// Connecting took too long, name and TLS included.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// It took the request and sent no answer.
    #[error("no answer within {0:?}")]
    HeadTimeout(Duration),
    /// It closed or reset the connection instead of answering.
    #[error("it closed the connection without an answer ({0})")]
    Closed(String),
    /// Its answer is not HTTP.
    #[error("its answer is not valid HTTP ({0})")]
    Malformed(String),
    /// Its answer's head is over the quota (`contract.md` 5.3).
    #[error("the head of its answer is larger than {MAX_RESPONSE_HEAD} bytes")]
    HeadTooLarge,
    /// What should be sent cannot be put into HTTP.
    #[error("the request cannot be sent: {0}")]
    BadRequest(String),
    /// The viewer's body broke off while it was passed on.
    #[error("the viewer's body broke off ({0})")]
    ViewerBody(String),
    /// Too many requests are on their way to origins already.
    #[error("{0} requests to origins are under way already")]
    TooMany(usize),
}

/// A body broke off. The answer's head has been sent by then, so that all that is left is to
/// close the viewer's connection and to keep nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection ended before the body did: the origin lied about the length, or left.
    #[error("the origin ended the body early, after {received} bytes")]
    Short {
        /// Bytes that did come.
        received: u64,
    },
    /// The connection was reset.
    #[error("the origin's connection broke ({0})")]
    Reset(String),
    /// Nothing came for too long.
    #[error("the origin sent nothing for {0:?}")]
    Stalled(Duration),
    /// The body's framing is broken.
    #[error("the origin's body is not valid HTTP ({0})")]
    Malformed(String),
    /// The one who fetched the body stopped.
    #[error("the fetch of this body was given up")]
    Abandoned,
    /// The kept part of the body is gone, and the origin now has another body.
    #[error("the origin now has another version of this body")]
    Changed,
    /// This viewer read so slowly that it held up the others.
    #[error("the viewer reads too slowly to share this body")]
    TooSlow,
}

// === impl OriginError ===

impl OriginError {
    /// What the viewer gets: 504 when time ran out, else 502 (`contract.md` 7.8).
    pub fn status(&self) -> u16 {
        match self.cause {
            OriginFault::ConnectTimeout(_) | OriginFault::HeadTimeout(_) => 504,
            OriginFault::TooMany(_) => 503,
            OriginFault::ViewerBody(_) => 400,
            OriginFault::Dns(_)
            | OriginFault::Connect(_)
            | OriginFault::Tls(_)
            | OriginFault::Closed(_)
            | OriginFault::Malformed(_)
            | OriginFault::HeadTooLarge
            | OriginFault::BadRequest(_) => 502,
        }
    }

    /// True if another origin may be asked instead (`contract.md` 7.14): this one could not be
    /// reached or did not answer properly.
    pub fn is_origins_fault(&self) -> bool {
        !matches!(
            self.cause,
            OriginFault::BadRequest(_) | OriginFault::ViewerBody(_) | OriginFault::TooMany(_)
        )
    }
}

// === impl OriginFault ===

impl OriginFault {
    /// True if the same request may do better on a new connection: nothing of an answer was seen,
    /// and the reason is one that passes.
    pub(super) fn is_worth_another_attempt(&self) -> bool {
        matches!(
            self,
            Self::Connect(_) | Self::ConnectTimeout(_) | Self::HeadTimeout(_) | Self::Closed(_)
        )
    }

    /// The fault behind an error of the HTTP client before the head.
    pub(super) fn from_head(error: &hyper::Error) -> Self {
        if error.is_parse_too_large() {
            Self::HeadTooLarge
        } else if error.is_parse() {
            Self::Malformed(chain(error))
        } else if error.is_user() {
            Self::ViewerBody(chain(error))
        } else {
            Self::Closed(chain(error))
        }
    }
}

// === impl BodyError ===

impl BodyError {
    /// The reason behind an error of the HTTP client after the head.
    pub(super) fn from_body(error: &hyper::Error, received: u64) -> Self {
        if error.is_incomplete_message() {
            return Self::Short { received };
        }
        match io_kind(error) {
            Some(io::ErrorKind::UnexpectedEof) => Self::Short { received },
            Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                Self::Malformed(chain(error))
            }
            Some(_) => Self::Reset(chain(error)),
            None if error.is_parse() => Self::Malformed(chain(error)),
            None => Self::Reset(chain(error)),
        }
    }
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

/// The error and what is behind it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
