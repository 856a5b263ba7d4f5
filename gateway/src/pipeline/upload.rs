//! The body of a viewer's request: passed on as it comes, unless a function is shown it.

use std::time::Duration;

use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use brink_shared::event::{BodyAction, BodyEncoding, RequestBody};

use crate::origin::OutgoingBody;
use crate::trailers::Trailers;

/// How long a viewer may take to send a body that a function is shown. For other bodies, the
/// connection enforces a lowest rate instead.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

/// The bytes of a body that arrives, and the fields after it.
pub(super) struct Body {
    pub(super) payload: web::Payload,
    /// `None` if the viewer's version of HTTP has none, or if they are dropped.
    pub(super) trailers: Option<Trailers>,
}

/// A body on its way to the origin.
pub(super) enum Upload {
    /// No body.
    None,
    /// A whole body.
    Whole(Bytes),
    /// The beginning was read, and the rest is still arriving.
    Arriving {
        /// The bytes that were read for a function.
        beginning: Bytes,
        /// The rest.
        rest: Body,
        /// Announced bytes of the whole body.
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
    pub(super) fn new(rest: Body, has_body: bool, length: Option<u64>) -> Self {
        if has_body { Self::Arriving { beginning: Bytes::new(), rest, length } } else { Self::None }
    }

    /// Replaces the body that the origin gets.
    pub(super) fn replace(&mut self, body: Bytes) {
        *self = Self::Whole(body);
    }

    /// The beginning of the body for a function: at most `max` bytes of it. The rest stays unread.
    pub(super) async fn show(&mut self, max: usize) -> Result<RequestBody, String> {
        let (data, input_truncated) = match self {
            Self::None => (Bytes::new(), false),
            Self::Whole(body) => (body.slice(..body.len().min(max)), body.len() > max),
            Self::Arriving { beginning, rest, .. } => {
                let mut read = BytesMut::from(beginning.as_ref());
                let mut ended = false;
                let reading = async {
                    while read.len() <= max && !ended {
                        match rest.payload.next().await {
                            Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                            Some(Err(error)) => return Err(error.to_string()),
                            None => ended = true,
                        }
                    }
                    Ok(())
                };
                tokio::time::timeout(SHOWN_WITHIN, reading)
                    .await
                    .map_err(|_| format!("it did not arrive within {SHOWN_WITHIN:?}"))??;
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
        Ok(RequestBody {
            input_truncated,
            action: BodyAction::ReadOnly,
            encoding: BodyEncoding::Base64,
            data,
        })
    }

    /// True if there is a body.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Bytes of the body; `None` if the length is known only at its end.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::None => Some(0),
            Self::Whole(body) => Some(body.len() as u64),
            Self::Arriving { length, .. } => *length,
        }
    }

    /// Hands the body to the origin's client; no body is left. Of its trailers, only those go on
    /// that `keep` returns true for.
    pub(super) fn take(&mut self, keep: impl Fn(&str) -> bool + 'static) -> OutgoingBody {
        match std::mem::replace(self, Self::None) {
            Self::None => OutgoingBody::Empty,
            Self::Whole(body) => OutgoingBody::Whole(body),
            Self::Arriving { beginning, rest, length } => {
                let beginning = (!beginning.is_empty()).then_some(Ok(beginning));
                let whole = futures_util::stream::iter(beginning).chain(rest.payload);
                let trailers = rest.trailers.map(|trailers| trailers.kept_if(keep));
                OutgoingBody::stream(whole, length).with_trailers(trailers)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest as _;
    use actix_web::dev::Payload;
    use actix_web::error::PayloadError;
    use actix_web::test::TestRequest;
    use futures_util::stream::{self, Stream};

    use super::*;

    async fn arriving(chunks: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Upload {
        let mut payload = Payload::from(chunks.boxed_local());
        let request = TestRequest::default().to_http_request();
        let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
        Upload::new(Body { payload, trailers: None }, true, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_in_is_not_waited_for() {
        let drops = stream::unfold((), async |()| {
            tokio::time::sleep(SHOWN_WITHIN / 3).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        let mut upload = arriving(drops).await;
        assert!(upload.show(40).await.unwrap_err().contains("did not arrive within"));
    }

    #[tokio::test]
    async fn a_function_sees_the_beginning_and_the_origin_gets_all() {
        let chunks = || stream::iter(["ab", "cd", "ef"].map(|text| Ok(Bytes::from(text))));
        for (max, shown, truncated) in [(3, "abc", true), (5, "abcde", true), (6, "abcdef", false)]
        {
            let mut upload = arriving(chunks()).await;
            let body = upload.show(max).await.unwrap();
            assert_eq!((body.data.as_ref(), body.input_truncated), (shown.as_bytes(), truncated));
            let mut all = Vec::new();
            match upload.take(|_| true) {
                OutgoingBody::Whole(bytes) => all.extend_from_slice(&bytes),
                OutgoingBody::Stream { mut chunks, .. } => {
                    while let Some(chunk) = chunks.next().await {
                        all.extend_from_slice(&chunk.unwrap());
                    }
                }
                OutgoingBody::Empty => {}
            }
            assert_eq!(all, b"abcdef");
        }
    }
}
