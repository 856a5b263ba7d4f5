//! The question of a gateway to a shield, and the reply.
//!
//! A question is the body of a `POST /1` over HTTP/2. The shield answers at once: 200 if it takes the
//! question, or the status of the reason why it does not ([`NotTaken`]). The body of a 200 is a reply, with the length of its MessagePack
//! before it, and after it the body of the answer. So a gateway knows within one round trip whether
//! it is being answered, however slow the origin is.
//!
//! The heads of request and answer are data here and not headers of HTTP. So no limit, no proxy and
//! no viewer can change them on the way.

use std::net::IpAddr;
use std::time::Duration;

use brink_shared::event::{Headers, Request};
use brink_shared::id::DistributionId;
use brink_shared::wire::{self, WireError};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::writes::Written;
use crate::error_answer::FunctionFault;
use crate::journal_place::JournalPlace;
use crate::origin::OriginError;
use crate::target::Spelling;

/// The target of questions. Its number changes if older releases could misunderstand a question.
pub const TARGET: &str = "/1";

/// Most bytes of a question. The head of a viewer's request is far smaller.
pub const QUESTION_MAX: usize = 256 * 1024;

/// Most bytes of a reply without the body of the answer.
pub const REPLY_MAX: usize = 256 * 1024;

/// Bytes of the length before a reply.
const LENGTH: usize = size_of::<u32>();

/// A request that the cache of a gateway could not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The distribution.
    pub distribution: DistributionId,
    /// Its revision at the gateway that asks. A shield with another one takes no question.
    pub revision: u64,
    /// The number of the behavior in this revision.
    pub behavior: usize,
    /// The name of the origin in this revision.
    pub origin: String,
    /// The id of the viewer's request.
    pub request_id: String,
    /// The version of HTTP of the viewer's request.
    pub http_version: String,
    /// True if the viewer's connection is encrypted.
    pub is_https: bool,
    /// The `CDN-Loop` header for the origin.
    pub cdn_loop: String,
    /// The request after the viewer-request function.
    pub asked: AskedRequest,
    /// The viewer's spelling of the target, if functions see it converted.
    pub spelling: Option<Spelling>,
    /// The validators of the copy that the gateway has.
    pub conditions: Headers,
    /// The position of the gateway in the journal of invalidations: `made`, and the number. A shield of
    /// another tenant has another journal, and so takes no question.
    pub applied: (String, u64),
    /// The writes of the resource that the gateway has seen; `None` if there were none.
    pub written: Option<Written>,
}

/// A GET or HEAD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedRequest {
    /// The viewer's address.
    pub client_ip: IpAddr,
    /// The method.
    pub method: String,
    /// The path.
    pub uri: String,
    /// The query, without the question mark.
    pub querystring: String,
    /// The headers.
    pub headers: Headers,
}

/// Why a shield does not take a question. The gateway then asks the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is no question, or one of a release that the shield does not understand.
    #[error("it does not understand the question")]
    Unknown,
    /// The distribution has another revision at the shield.
    #[error("the distribution has another revision there")]
    Revision,
    /// The shield has not applied the invalidations that the other gateway has applied.
    #[error("it has not applied all invalidations yet")]
    Invalidations,
    /// There are too many questions.
    #[error("it has too many questions")]
    Busy,
}

/// The shield's reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// An answer. Its body follows.
    Answer(Box<AnswerHead>),
    /// The origin gave no usable answer.
    Origin(OriginError),
    /// A function failed.
    Function(FunctionFault),
    /// The shield could not do it: the gateway should ask the origin.
    Refused(String),
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerHead {
    /// The status.
    pub status: u16,
    /// The status of the origin, before any function.
    pub origin_status: u16,
    /// The reason phrase.
    pub status_description: String,
    /// The headers.
    pub headers: Headers,
    /// The length that a body has, or would have.
    pub length: Option<u64>,
    /// True if a body follows, which may be empty.
    pub has_body: bool,
    /// Where the answer comes from.
    pub source: ShieldSource,
    /// How much longer the shield serves it without asking the origin; `None` if it does not keep it.
    pub fresh_for: Option<Duration>,
}

/// Where the answer of a shield comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShieldSource {
    /// The shield's cache.
    Cache,
    /// The origin.
    Origin,
    /// The origin-request function.
    Function,
}

/// A reply that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// It is too large.
    #[error("its reply has {0} bytes, more than {REPLY_MAX}")]
    TooLarge(usize),
    /// It has another form.
    #[error(transparent)]
    Form(#[from] WireError),
}

// === impl Question ===

impl Question {
    /// The position of the gateway that asks; `None` if it cannot be one.
    pub fn place(&self) -> Option<JournalPlace> {
        let made = self.applied.0.parse().ok()?;
        Some(JournalPlace { made, number: self.applied.1 })
    }
}

// === impl NotTaken ===

impl NotTaken {
    /// The status that says so.
    pub fn status(self) -> u16 {
        match self {
            Self::Unknown => 400,
            Self::Revision => 409,
            Self::Invalidations => 412,
            Self::Busy => 429,
        }
    }

    /// The reason behind a status.
    pub fn of(status: u16) -> Self {
        let known = [Self::Revision, Self::Invalidations, Self::Busy];
        known.into_iter().find(|why| why.status() == status).unwrap_or(Self::Unknown)
    }

    /// A label of metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Revision => "revision",
            Self::Invalidations => "invalidations",
            Self::Busy => "busy",
        }
    }
}

// === impl AskedRequest ===

impl From<AskedRequest> for Request {
    fn from(asked: AskedRequest) -> Self {
        let AskedRequest { client_ip, method, uri, querystring, headers } = asked;
        Self { client_ip, method, uri, querystring, headers, body: None, origin: None }
    }
}

impl From<&Request> for AskedRequest {
    fn from(request: &Request) -> Self {
        Self {
            client_ip: request.client_ip,
            method: request.method.clone(),
            uri: request.uri.clone(),
            querystring: request.querystring.clone(),
            headers: request.headers.clone(),
        }
    }
}

// === impl Reply ===

impl Reply {
    /// True if the body of an answer follows.
    pub fn has_body(&self) -> bool {
        matches!(self, Self::Answer(head) if head.has_body)
    }

    /// The reply with its length before it.
    pub fn write(&self) -> Result<Bytes, ReplyError> {
        let reply = wire::encode(self)?;
        let length = u32::try_from(reply.len()).ok().filter(|_| reply.len() <= REPLY_MAX);
        let length = length.ok_or(ReplyError::TooLarge(reply.len()))?;
        let mut bytes = BytesMut::with_capacity(LENGTH + reply.len());
        bytes.put_u32(length);
        bytes.put(reply);
        Ok(bytes.freeze())
    }

    /// Takes a reply from the beginning of the bytes that have come. `None` if it has not come whole.
    pub fn take(bytes: &mut BytesMut) -> Result<Option<Self>, ReplyError> {
        let Some(mut length) = bytes.get(..LENGTH) else { return Ok(None) };
        let length = usize::try_from(length.get_u32()).unwrap_or(usize::MAX);
        if length > REPLY_MAX {
            return Err(ReplyError::TooLarge(length));
        }
        if bytes.len() < LENGTH + length {
            return Ok(None);
        }
        bytes.advance(LENGTH);
        Ok(Some(wire::decode(&bytes.split_to(length))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(value: &str) -> Reply {
        Reply::Answer(Box::new(AnswerHead {
            status: 200,
            origin_status: 200,
            status_description: "OK".to_owned(),
            headers: [("X-A", value)].into_iter().collect(),
            length: None,
            has_body: true,
            source: ShieldSource::Cache,
            fresh_for: Some(Duration::from_millis(1_500)),
        }))
    }

    #[test]
    fn a_reply_is_read_however_its_bytes_come() {
        let sent = reply("caf\u{e9}");
        let bytes = [sent.write().unwrap().as_ref(), b"body"].concat();
        let mut came = BytesMut::new();
        let mut read = None;
        for byte in &bytes {
            came.put_u8(*byte);
            if read.is_none() {
                read = Reply::take(&mut came).unwrap();
            }
        }
        assert_eq!((read, came.as_ref()), (Some(sent), b"body".as_slice()));
    }

    #[test]
    fn a_reply_that_cannot_be_one_is_an_error() {
        let taken = |bytes: &[u8]| Reply::take(&mut bytes.into());
        assert!(matches!(taken(&u32::MAX.to_be_bytes()), Err(ReplyError::TooLarge(_))));
        assert!(matches!(taken(b"\0\0\0\x04what"), Err(ReplyError::Form(_))));
        assert!(matches!(taken(b"\0\0\0\0"), Err(ReplyError::Form(_))));
        assert!(taken(b"\0\0").unwrap().is_none());
        let error = reply(&"x".repeat(REPLY_MAX)).write().unwrap_err();
        assert!(matches!(error, ReplyError::TooLarge(_)), "{error}");
    }
}
