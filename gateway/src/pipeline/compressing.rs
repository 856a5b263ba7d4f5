//! Compresses answers that the cache is about to keep (`contract.md` 7.6).

use std::sync::Arc;
use std::time::Duration;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::ContentCoding;

use super::Passage;
use super::answer::{Answer, AnswerBody, Source};
use crate::accept_encoding::Accepted;
use crate::cache::fill::FillGuard;
use crate::cache::object::Encoded;
use crate::compression::rules::{self, Facts};
use crate::compression::{Compression, NoPlace, compressed, headers};

// === impl Passage ===

impl Passage {
    /// The same answer, compressed if the behavior, the answer and the viewer allow it. `ttl` is how
    /// long the answer is kept.
    ///
    /// A copy that the origin confirmed stays as it is (`contract.md` 7.6).
    pub(super) fn compressing(
        &self,
        guard: &FillGuard,
        request: &Request,
        mut answer: Answer,
        ttl: Duration,
    ) -> Answer {
        if !self.compresses() || answer.encoded.is_some() {
            return answer;
        }
        let length = match &answer.body {
            AnswerBody::Whole(body) => Some(body.len() as u64),
            AnswerBody::Empty | AnswerBody::Shared(_) | AnswerBody::Arriving(_) => answer.length,
        };
        let facts = Facts { status: answer.status, headers: &answer.headers, length, ttl };
        let accepted = Accepted::of(&request.headers, &self.behavior.config.cache.accept_encoding);
        let (Ok(()), Some(accepted), Some(length)) = (rules::check(&facts), accepted, length)
        else {
            return answer;
        };
        headers::vary(Arc::make_mut(&mut answer.headers));
        let Some(coding) = accepted.preferred().filter(|_| answer.source != Source::RefreshHit)
        else {
            return answer;
        };
        if request.method == "HEAD" {
            // A HEAD has the headers that a GET would have (RFC 9110, 9.3.2).
            answer.body = AnswerBody::Empty;
            answer.describe_encoded(coding);
            return answer;
        }
        match self.begin(guard, coding, length) {
            Ok(compression) => answer.compress(compression),
            Err(why) => {
                metrics::counter!("brink_gateway_not_compressed_total", "why" => why).increment(1);
            }
        }
        answer
    }

    /// True if a viewer that asks for a range may have a part of the compressed form, which cannot
    /// be joined with a range of the plain one. Both have the same date, so an `If-Range` with a
    /// date does not tell them apart. `headers` and `total` are those of the plain object.
    pub(super) fn may_have_compressed(
        &self,
        request: &Request,
        headers: &Headers,
        total: u64,
    ) -> bool {
        let config = &self.behavior.config;
        let accepts = || {
            let accepted = Accepted::of(&request.headers, &config.cache.accept_encoding);
            accepted.and_then(Accepted::preferred).is_some()
        };
        let by_date = |value: &str| !value.trim().ends_with('"');
        let facts = Facts { status: 200, headers, length: Some(total), ttl: Duration::MAX };
        self.compresses()
            && request.headers.get("if-range").is_some_and(by_date)
            && accepts()
            && rules::check(&facts).is_ok()
    }

    /// True if this gateway compresses answers of the behavior. A shield does not: gateways compress
    /// them for their viewers.
    fn compresses(&self) -> bool {
        self.behavior.config.compress && self.shields.is_none()
    }

    /// Begins a compression. If that is not possible now, returns the reason as a label of metrics.
    fn begin(
        &self,
        guard: &FillGuard,
        coding: ContentCoding,
        length: u64,
    ) -> Result<Compression, &'static str> {
        let charge =
            guard.reserve_beside(Compression::memory(coding, length)).ok_or("no_memory")?;
        let begun = self.edge.compressors.begin(coding, length, charge);
        begun.map_err(|NoPlace| "no_place")
    }
}

// === impl Answer ===

impl Answer {
    /// Compresses the body on its way.
    fn compress(&mut self, compression: Compression) {
        let coding = compression.coding();
        let body = std::mem::replace(&mut self.body, AnswerBody::Empty);
        self.body = match body {
            AnswerBody::Arriving(body) => match body.into_inner() {
                Some(body) => AnswerBody::new(compressed(body, compression)),
                None => AnswerBody::Empty,
            },
            AnswerBody::Whole(body) => {
                let body = Box::pin(body.stream(0..body.len()));
                AnswerBody::new(compressed(body, compression))
            }
            body @ (AnswerBody::Empty | AnswerBody::Shared(_)) => body,
        };
        self.describe_encoded(coding);
    }

    /// Makes the headers those of the compressed form. The body has that form already.
    pub(super) fn describe_encoded(&mut self, coding: ContentCoding) {
        let headers = headers::encoded(&self.headers, coding).into();
        let plain = std::mem::replace(&mut self.headers, headers);
        self.encoded = Some(Encoded { coding, plain });
        self.length = None;
    }
}
