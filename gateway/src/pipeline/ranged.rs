//! Answers requests for ranges of objects that are not kept whole (`contract.md` 7.7).
//!
//! Bytes that are kept are served from the cache. The rest is fetched from the origin as a range,
//! and kept in parts. The object may have any size. A viewer that asks for everything from the
//! first byte on joins the fetch of the whole object, as if it had asked for no range.

use std::borrow::Cow;
use std::ops::Range;
use std::time::SystemTime;

use futures_util::stream::{self, Stream, StreamExt as _};

use bytes::Bytes;

use brink_shared::event::{Headers, Request};

use super::Passage;
use super::answer::{Answer, AnswerBody, ArrivingBody, Source};
use super::upload::Upload;
use crate::cache::conditional::strong_validator;
use crate::cache::freshness::{Decision, ResponseFacts, decide};
use crate::cache::http_date;
use crate::cache::key::CacheKey;
use crate::cache::object::ObjectHead;
use crate::cache::parts::PartialCopy;
use crate::cache::range::{ContentRange, Part, Ranges};
use crate::cache::store::Since;
use crate::error_answer::Fault;
use crate::origin::BodyError;

/// Headers of a viewer's request that are about the viewer's own copy.
const CONDITIONS: [&str; 4] =
    ["if-match", "if-modified-since", "if-none-match", "if-unmodified-since"];

/// Headers that ask for a part.
pub(super) const ASKING: [&str; 2] = ["range", "if-range"];

/// The body of a range: first the kept bytes, then the rest from the origin.
struct RangeBody {
    passage: Passage,
    request: Request,
    key: CacheKey,
    copy: PartialCopy,
    /// The bytes that were not sent yet.
    left: Range<u64>,
    /// The rest of the range, as it arrives.
    rest: Option<ArrivingBody>,
}

/// The ranges of a GET. `None` if it asks for the whole, or if its `Range` header is ignored.
pub(super) fn asked(request: &Request) -> Option<Ranges> {
    let header = request.headers.get("range").filter(|_| request.method == "GET")?;
    Ranges::read(header)
}

/// The same request for the whole object.
pub(super) fn without(request: &Request) -> Cow<'_, Request> {
    if !request.headers.iter().any(|header| is_asked_by(&header.name())) {
        return Cow::Borrowed(request);
    }
    let mut whole = request.clone();
    whole.headers.retain(|header| !is_asked_by(&header.name()));
    Cow::Owned(whole)
}

/// True for the headers that ask for a part, by the name in lower case. They go to the origin
/// whatever the policies say (`contract.md` 7.7, 7.8).
pub(super) fn is_asked_by(name: &str) -> bool {
    ASKING.contains(&name)
}

// === impl Passage ===

impl Passage {
    /// Answers a GET for ranges of an object of which no whole copy is kept.
    pub(super) async fn ranged(
        &self,
        key: &CacheKey,
        request: &Request,
        ranges: &Ranges,
    ) -> Result<Answer, Fault> {
        let copy = self.edge.cache.partial(key);
        let knows_parts = copy.is_some();
        if let Some(copy) = &copy
            && self.may_have_compressed(request, &copy.head().headers, copy.total())
        {
            return self.fetched(key, &without(request), None).await;
        }
        if let Some(copy) =
            copy.filter(|copy| copy.head().validators().allow_range(&request.headers))
        {
            match ranges.of(copy.total()) {
                Part::Unsatisfiable => return Ok(Answer::unsatisfiable(copy.total())),
                Part::One(range) => {
                    if let Some(answer) = self.of_parts(key, request, copy, range).await {
                        return Ok(answer);
                    }
                }
                Part::Whole | Part::Many(_) => {}
            }
        }
        if ranges.is_everything() && !knows_parts {
            return self.everything(key, request).await;
        }
        let cache = &self.edge.cache;
        if let Some(waiter) = ranges.first_of_one().and_then(|first| cache.join_at(key, first)) {
            return self.follow(waiter, request).await;
        }
        self.range_from_origin(key, request).await
    }

    /// Sends the viewer's range to the origin. The answer is passed on as it is: the range, or the
    /// whole, which is then stored. The viewer gets the whole if it may have the compressed form.
    async fn range_from_origin(&self, key: &CacheKey, request: &Request) -> Result<Answer, Fault> {
        let cache = &self.edge.cache;
        let since = cache.now(key);
        let (guard, waiter) = cache.alone(key);
        let fetch = self.start_fetch(guard, request, None);
        let mut answer = self.lead(fetch, waiter).await?;
        if let Some((_, total)) = range_of(&answer)
            && self.may_have_compressed(request, &answer.headers, total)
        {
            return self.fetched(key, &without(request), None).await;
        }
        answer.body = answer.body.undivided();
        Ok(self.keeping(key, request, answer, since))
    }

    /// Answers a request for everything from the first byte on, with 206 if the length is known.
    async fn everything(&self, key: &CacheKey, request: &Request) -> Result<Answer, Fault> {
        let since = self.edge.cache.now(key);
        let mut answer = self.fetched(key, &without(request), None).await?;
        // A stored or shared body is cut to the range when it is sent.
        let alone = matches!(answer.body, AnswerBody::Arriving(_));
        let Some(total) = answer.length.filter(|total| alone && *total > 0) else {
            return Ok(answer);
        };
        if answer.status == 200 && answer.allows_range(&request.headers) {
            answer.become_range(&(0..total), total);
        }
        Ok(self.keeping(key, request, answer, since))
    }

    /// Answers with the kept bytes of the range and fetches the rest. `None` if the first byte is
    /// not kept, or if the rest cannot be fetched.
    async fn of_parts(
        &self,
        key: &CacheKey,
        request: &Request,
        copy: PartialCopy,
        range: Range<u64>,
    ) -> Option<Answer> {
        let covered = copy.covered(&range);
        let rest = if covered == range.end {
            None
        } else if covered > range.start {
            Some(self.rest(key, request, &copy, covered..range.end).await?)
        } else {
            return None;
        };
        let source = if rest.is_some() { Source::Miss } else { Source::Hit };
        let (head, total) = (copy.head().clone(), copy.total());
        let kept = RangeBody {
            passage: self.clone(),
            request: request.clone(),
            key: key.clone(),
            copy,
            left: range.start..covered,
            rest: None,
        };
        let body = kept.stream().chain(stream::iter(rest).flatten());
        Some(Answer::range(&head, &range, total, AnswerBody::new(body), source))
    }

    /// The rest of a range from the origin; `None` if the origin now has another copy.
    async fn rest(
        &self,
        key: &CacheKey,
        request: &Request,
        copy: &PartialCopy,
        range: Range<u64>,
    ) -> Option<ArrivingBody> {
        let validator = strong_validator(&copy.head().headers)?;
        let mut request = request.clone();
        for name in CONDITIONS {
            request.headers.remove(name);
        }
        let wanted = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        request.headers.set("Range", wanted);
        request.headers.set("If-Range", validator);
        let since = self.edge.cache.now(key);
        let answer = self.exchange(&request, None, Upload::none()).await.ok()?;
        let (said, total) = range_of(&answer)?;
        if said != range || !copy.is_same(&answer.headers, total) {
            copy.forget();
            return None;
        }
        match self.keeping(key, &request, answer, since).body {
            AnswerBody::Arriving(body) => body.into_inner(),
            AnswerBody::Empty | AnswerBody::Whole(_) | AnswerBody::Shared(_) => None,
        }
    }

    /// The same answer. If it is a range and may be stored, its bytes are kept as they pass
    /// through.
    fn keeping(
        &self,
        key: &CacheKey,
        request: &Request,
        mut answer: Answer,
        since: Since,
    ) -> Answer {
        let Some((range, total)) = range_of(&answer) else {
            return answer;
        };
        let AnswerBody::Arriving(body) = &answer.body else {
            return answer;
        };
        let mut headers = Headers::clone(&answer.headers);
        headers.remove("content-range");
        headers.set("Content-Length", total.to_string());
        let arrived = SystemTime::now();
        if !headers.contains("date") {
            headers.append("Date", http_date::write(arrived));
        }
        let authorized = self.forwarding().shows_authorization(request);
        // It is judged like the whole, because it is a part of it.
        let facts = ResponseFacts {
            status: 200,
            origin_status: 200,
            own_conditions: false,
            headers: &headers,
            arrived,
            authorized,
        };
        let config = &self.behavior.config;
        let storing = match decide(&facts, &config.cache, &self.route.error_pages) {
            Decision::Store(storing) => storing.at_most(answer.fresh_for),
            Decision::Pass(_) => return answer,
        };
        if !storing.is_shared() {
            return answer;
        }
        let Some(body) = body.take() else { return answer };
        let names = self.varies_by(&headers, request);
        let head = ObjectHead {
            variant: self.variant(&names, request),
            ..ObjectHead::new(200, String::new(), headers, storing)
        };
        let cache = &self.edge.cache;
        let mut writer = cache.keep_part(key, head, range.start, total, since);
        answer.body = AnswerBody::new(body.inspect(move |chunk| {
            if let Ok(bytes) = chunk {
                writer.push(bytes);
            }
        }));
        answer
    }
}

// === impl RangeBody ===

impl RangeBody {
    /// The bytes in slices. Bytes that left the store in the meantime are fetched from the origin.
    fn stream(self) -> impl Stream<Item = Result<Bytes, BodyError>> {
        stream::unfold(self, |mut body| async move {
            let next = body.next().await?;
            Some((next, body))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        if let Some(rest) = &mut self.rest {
            return rest.next().await;
        }
        if self.left.is_empty() {
            return None;
        }
        if let Some(mut slice) = self.copy.slice_at(self.left.start) {
            let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
            slice.truncate(left);
            self.left.start += slice.len() as u64;
            return Some(Ok(slice));
        }
        let range = std::mem::take(&mut self.left);
        match self.passage.rest(&self.key, &self.request, &self.copy, range).await {
            None => Some(Err(BodyError::Changed)),
            Some(mut rest) => {
                let next = rest.next().await;
                self.rest = Some(rest);
                next
            }
        }
    }
}

/// The range of a 206 and the length of the whole object, if the head has both.
pub(super) fn range_of(answer: &Answer) -> Option<(Range<u64>, u64)> {
    let said = answer.headers.get("content-range").filter(|_| answer.status == 206)?;
    let ContentRange { range, total } = ContentRange::read(said)?;
    (answer.length == Some(range.end - range.start)).then_some((range, total?))
}
