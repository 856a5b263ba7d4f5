//! The body of a viewer's request: passed on as it comes, unless a function is to see it.

use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use brink_shared::event::{BodyAction, BodyEncoding, RequestBody};

use crate::origin::OutgoingBody;

/// A body on its way to the origin.
pub(super) enum Upload {
    /// There is none.
    None,
    /// It is here, whole.
    Whole(Bytes),
    /// Its beginning is here, the rest is still arriving.
    Arriving {
        /// What was read for a function.
        beginning: Bytes,
        /// What was not.
        rest: web::Payload,
        /// Bytes of all of it, as announced.
        length: Option<u64>,
    },
}

// === impl Upload ===

impl Upload {
    /// No body.
    pub(super) fn none() -> Self {
        Self::None
    }

    /// The body that a request announces.
    pub(super) fn new(rest: web::Payload, has_body: bool, length: Option<u64>) -> Self {
        if has_body { Self::Arriving { beginning: Bytes::new(), rest, length } } else { Self::None }
    }

    /// The origin gets this instead.
    pub(super) fn replace(&mut self, body: Bytes) {
        *self = Self::Whole(body);
    }

    /// The body as a function is shown it: at most `max` bytes of it. The rest stays unread.
    pub(super) async fn show(&mut self, max: usize) -> Result<Option<RequestBody>, String> {
        let (data, input_truncated) = match self {
            Self::None => return Ok(None),
            Self::Whole(body) => (body.slice(..body.len().min(max)), body.len() > max),
            Self::Arriving { beginning, rest, .. } => {
                let mut read = BytesMut::from(beginning.as_ref());
                let mut ended = false;
                while read.len() <= max && !ended {
                    match rest.next().await {
                        Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                        Some(Err(error)) => return Err(error.to_string()),
                        None => ended = true,
                    }
                }
                let read = read.freeze();
                let shown = read.slice(..read.len().min(max));
                let truncated = read.len() > max;
                if ended {
                    *self = Self::Whole(read);
                } else {
                    *beginning = read;
                }
                (shown, truncated)
            }
        };
        Ok(Some(RequestBody {
            input_truncated,
            action: BodyAction::ReadOnly,
            encoding: BodyEncoding::Base64,
            data,
        }))
    }

    /// True if there is a body.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Hands the body over to the origin's client; nothing is left.
    pub(super) fn take(&mut self) -> OutgoingBody {
        match std::mem::replace(self, Self::None) {
            Self::None => OutgoingBody::Empty,
            Self::Whole(body) => OutgoingBody::Whole(body),
            Self::Arriving { beginning, rest, length } => {
                let beginning = (!beginning.is_empty()).then_some(Ok(beginning));
                let whole = futures_util::stream::iter(beginning).chain(rest);
                OutgoingBody::stream(whole, length)
            }
        }
    }
}
