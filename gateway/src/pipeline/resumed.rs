//! Goes on with a body whose shield is gone.
//!
//! The rest comes from the origin as a range, if the origin still has the same copy: the strong
//! validator and the length must be the same. Otherwise the body breaks off.

use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{self, LocalBoxStream, Stream, StreamExt as _};

use brink_shared::event::Request;

use super::Passage;
use super::answer::AnswerBody;
use super::exchange::VIEWERS_CONDITIONS;
use super::ranged::range_of;
use super::upload::Upload;
use crate::cache::conditional::strong_validator;
use crate::cache::range::ContentRange;
use crate::origin::BodyError;
use crate::routing::RoutedOrigin;
use crate::shield::message::AnswerHead;

/// The bytes of a body as they arrive.
type BodyStream = LocalBoxStream<'static, Result<Bytes, BodyError>>;

/// A body on its way from a shield.
struct Resumable {
    /// Leads to the origin itself.
    passage: Passage,
    request: Request,
    body: BodyStream,
    /// The bytes that have not come yet.
    left: Range<u64>,
    /// Bytes of the whole object.
    total: u64,
    /// The strong validator of the copy.
    validator: String,
    is_resumed: bool,
}

// === impl Passage ===

impl Passage {
    /// The same body, but its rest comes from the origin if its shield is lost. This needs a whole
    /// object or one range of it, a length, and a strong validator.
    pub(super) fn resumed(
        &self,
        origin: &RoutedOrigin,
        request: &Request,
        head: &AnswerHead,
        body: BodyStream,
    ) -> BodyStream {
        let range = head.headers.get("content-range").and_then(ContentRange::read);
        let expected = match (head.status, head.length, range) {
            (200, Some(length), _) => Some((0..length, length)),
            (206, _, Some(ContentRange { range, total: Some(total) })) => Some((range, total)),
            _ => None,
        };
        let resumable = expected.zip(strong_validator(&head.headers));
        let Some(((left, total), validator)) = resumable else { return body };
        let Some(origin) = self.route.origin(&origin.name) else { return body };
        let resumable = Resumable {
            passage: Self { shields: Some(origin.clone()), ..self.clone() },
            request: request.clone(),
            body,
            left,
            total,
            validator: validator.to_owned(),
            is_resumed: false,
        };
        resumable.stream().boxed_local()
    }
}

// === impl Resumable ===

impl Resumable {
    fn stream(self) -> impl Stream<Item = Result<Bytes, BodyError>> {
        stream::unfold(self, |mut body| async move {
            let next = body.next().await?;
            Some((next, body))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        let mut next = self.body.next().await?;
        if next.is_err() && self.left.is_empty() {
            // All bytes are here. Only the end of the stream is lost.
            return None;
        }
        if next.is_err()
            && !self.is_resumed
            && let Some(rest) = self.rest().await
        {
            (self.body, self.is_resumed) = (rest, true);
            next = self.body.next().await?;
        }
        if let Ok(chunk) = &next {
            self.left.start += chunk.len() as u64;
        }
        Some(next)
    }

    /// The bytes that have not come yet, from the origin; `None` if it has another copy.
    async fn rest(&self) -> Option<BodyStream> {
        let mut request = self.request.clone();
        request.headers.retain(|line| !VIEWERS_CONDITIONS.iter().any(|name| line.is(name)));
        let last = self.left.end.checked_sub(1)?;
        request.headers.set("Range", format!("bytes={}-{last}", self.left.start));
        request.headers.set("If-Range", self.validator.as_str());
        let answer = self.passage.exchange(&request, None, Upload::none()).await.ok()?;
        let is_rest = range_of(&answer)? == (self.left.clone(), self.total)
            && strong_validator(&answer.headers) == Some(self.validator.as_str());
        match answer.body {
            AnswerBody::Arriving(body) if is_rest => Some(body.into_inner()?.boxed_local()),
            AnswerBody::Arriving(_)
            | AnswerBody::Empty
            | AnswerBody::Whole(_)
            | AnswerBody::Shared(_) => None,
        }
    }
}
