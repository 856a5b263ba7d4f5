//! How a request to an origin fails, and what the viewer gets.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::MAX_RESPONSE_HEAD;

/// The origin sent no usable answer. Every text names the origin, and says whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("origin {origin}: {cause}")]
pub struct OriginError {
    /// `host:port`.
    pub origin: String,
    /// The cause.
    pub cause: OriginFault,
}

/// The causes before the head of an answer has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OriginFault {
    /// Its name has no address.
    #[error("its name cannot be resolved ({0}); check the origin's domain name")]
    Dns(String),
    /// No process accepts connections there.
    #[error("it cannot be reached ({0}); check that it listens and that firewalls allow it")]
    Connect(String),
    /// The TLS handshake failed.
    #[error("no TLS session ({0}); check its certificate and protocol versions")]
    Tls(String),
    /// The gateway has no certificate to show. The origin is not asked without it.
    #[error("{0}")]
    ClientCertificate(String),
    /// The gateway has no credentials to sign the request with.
    #[error("requests to it are signed, and {0}")]
    Unsigned(String),
    /// Connecting took too long, name and TLS included.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// It got the request and sent no answer.
    #[error("no answer within {0:?}")]
    HeadTimeout(Duration),
    /// The whole exchange took longer than the origin's `response_completion_timeout`.
    #[error("its answer was not complete within {0:?} (response_completion_timeout)")]
    Incomplete(Duration),
    /// It says that it did not process the request: an HTTP/2 stream that it refused, or that came
    /// after its GOAWAY.
    #[error("it did not process the request ({0})")]
    Refused(String),
    /// It closed or reset the connection instead of answering.
    #[error("it closed the connection without an answer ({0})")]
    Closed(String),
    /// It does not speak HTTP/2, which a gRPC call needs.
    #[error("gRPC needs HTTP/2, which it did not choose in the TLS handshake")]
    NoHttp2,
    /// Its answer is not HTTP.
    #[error("its answer is not valid HTTP ({0})")]
    Malformed(String),
    /// Its answer's head is over the quota (`contract.md` 5.3).
    #[error("the head of its answer is larger than {MAX_RESPONSE_HEAD} bytes")]
    HeadTooLarge,
    /// The request cannot be written as HTTP.
    #[error("the request cannot be sent to it: {0}")]
    BadRequest(String),
    /// The viewer's body broke off while it was passed on.
    #[error("the viewer's body broke off ({0})")]
    ViewerBody(String),
    /// Too many requests to origins are running already.
    #[error("too many requests to origins are running already ({0})")]
    TooMany(usize),
}

/// A body broke off. The answer's head has been sent by then. So the gateway closes the viewer's
/// connection, and stores nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection ended before the body did: the origin stated a wrong length, or was cut off.
    #[error("the origin ended the body early, after {received} bytes")]
    Short {
        /// Bytes that came.
        received: u64,
    },
    /// The connection was reset.
    #[error("the origin's connection broke ({0})")]
    Reset(String),
    /// The origin reset the HTTP/2 stream.
    #[error("the origin reset the stream ({0})")]
    StreamReset(h2::Reason),
    /// No bytes came for too long.
    #[error("the origin sent nothing for {0:?}")]
    Stalled(Duration),
    /// The whole exchange took longer than the origin's `response_completion_timeout`.
    #[error("the origin's answer was not complete within {0:?} (response_completion_timeout)")]
    Incomplete(Duration),
    /// The body's framing is broken.
    #[error("the origin's body is not valid HTTP ({0})")]
    Malformed(String),
    /// The fetch of the body was ended.
    #[error("the fetch of this body was ended")]
    Abandoned,
    /// The gateway that shields the origin is gone.
    #[error("the gateway that shields the origin was silent for {0:?}")]
    ShieldLost(Duration),
    /// The kept part of the body is gone, and the origin now has another body.
    #[error("the origin now has another version of this body")]
    Changed,
    /// The gateway could not compress it.
    #[error("the gateway could not compress the body: {0}")]
    Compression(String),
    /// This viewer read so slowly that it delayed the others.
    #[error("the viewer reads too slowly to share this body")]
    TooSlow,
}

// === impl OriginError ===

impl OriginError {
    /// What the viewer gets: 504 when time ran out, else 502 (`contract.md` 7.8).
    pub fn status(&self) -> u16 {
        match self.cause {
            OriginFault::ConnectTimeout(_)
            | OriginFault::HeadTimeout(_)
            | OriginFault::Incomplete(_) => 504,
            OriginFault::TooMany(_) => 503,
            OriginFault::ViewerBody(_) => 400,
            OriginFault::Dns(_)
            | OriginFault::Connect(_)
            | OriginFault::Tls(_)
            | OriginFault::ClientCertificate(_)
            | OriginFault::Unsigned(_)
            | OriginFault::Refused(_)
            | OriginFault::Closed(_)
            | OriginFault::NoHttp2
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
    /// True if the same request may succeed on a new connection: no byte of an answer was seen, and
    /// the cause is temporary.
    pub(super) fn is_worth_another_attempt(&self) -> bool {
        matches!(
            self,
            Self::Connect(_)
                | Self::ConnectTimeout(_)
                | Self::HeadTimeout(_)
                | Self::Closed(_)
                | Self::Refused(_)
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

    /// The fault behind an error of HTTP/2. An origin that refuses a stream, or that ends the
    /// connection before it looked at the stream, has not processed the request (RFC 9113, 8.7). If
    /// the connection ended while the stream was being opened, nobody knows.
    pub(super) fn from_stream(error: &hyper::Error) -> Self {
        let text = chain(error);
        let Some(stream) = http2(error) else { return Self::Closed(text) };
        let is_refused = stream.is_reset() && stream.reason() == Some(h2::Reason::REFUSED_STREAM);
        if stream.is_remote() && (is_refused || stream.is_go_away()) {
            Self::Refused(text)
        } else if stream.is_library() {
            Self::Malformed(text)
        } else {
            Self::Closed(text)
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
            None if let Some(reason) = reset(error) => Self::StreamReset(reason),
            None if error.is_parse() || http2(error).is_some_and(h2::Error::is_library) => {
                Self::Malformed(chain(error))
            }
            None => Self::Reset(chain(error)),
        }
    }
}

/// The reason of the origin, if it reset the stream.
fn reset(error: &hyper::Error) -> Option<h2::Reason> {
    let error = http2(error).filter(|error| error.is_remote() && error.is_reset())?;
    error.reason()
}

/// The error of HTTP/2 among the causes.
fn http2<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e h2::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(http2) = error.downcast_ref::<h2::Error>() {
            return Some(http2);
        }
        next = error.source();
    }
    None
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

/// The error and its causes, in one line.
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
