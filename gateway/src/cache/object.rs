//! A kept answer, and when it may be served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::event::Headers;
use brink_shared::registry::distribution::ContentCoding;

use super::body::Body;
use super::conditional::Validators;
use super::freshness::Storing;
use super::memory::Memory;
use super::vary::Variant;

/// Approximate memory of the store for one object, in bytes.
const ENTRY_OVERHEAD: usize = 512;

/// Status and headers of a kept answer, and how it is kept.
#[derive(Clone, Debug)]
pub struct ObjectHead {
    /// As stored, that is after the origin-response function.
    pub status: u16,
    /// The status of the origin's answer, or of the answer of the origin-request function.
    pub origin_status: u16,
    /// The reason phrase of the status.
    pub status_description: String,
    /// As stored. Shared with every answer that is made of it.
    pub headers: Arc<Headers>,
    /// How long it is kept.
    pub storing: Storing,
    /// When the origin sent it or last confirmed it.
    pub confirmed: Instant,
    /// Until then it is served although it is stale (stale-if-error), because the origin failed
    /// just now.
    pub stale_until: Option<Instant>,
    /// The headers outside of the cache key that the answer varies by.
    pub variant: Variant,
    /// True if it answers HEAD only: there is no body.
    pub bodiless: bool,
    /// Set if the gateway compressed the body.
    pub encoded: Option<Encoded>,
}

/// How the gateway compressed an object. The object's own headers describe the compressed form.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The coding of the body.
    pub coding: ContentCoding,
    /// The headers of the object before. The origin knows only these.
    pub plain: Arc<Headers>,
}

/// An answer in the cache, complete or a part of one.
#[derive(Clone, Debug)]
pub struct CachedObject {
    /// Everything but the body.
    pub head: Arc<ObjectHead>,
    /// The body.
    pub body: Body,
    /// Which part of the answer's body this is; `None` for all of it.
    pub part: Option<Extent>,
}

/// The place of a part in the whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Index of its first byte.
    pub first: u64,
    /// Bytes of the whole body.
    pub total: u64,
}

// === impl ObjectHead ===

impl ObjectHead {
    /// The head of an answer that has just arrived with this status.
    pub fn new(
        status: u16,
        status_description: impl Into<String>,
        headers: impl Into<Arc<Headers>>,
        storing: Storing,
    ) -> Self {
        Self {
            status,
            origin_status: status,
            status_description: status_description.into(),
            headers: headers.into(),
            storing,
            confirmed: Instant::now(),
            stale_until: None,
            variant: Variant::default(),
            bodiless: false,
            encoded: None,
        }
    }

    /// The headers of the object as the origin knows it.
    pub fn plain_headers(&self) -> &Arc<Headers> {
        self.encoded.as_ref().map_or(&self.headers, |encoded| &encoded.plain)
    }

    /// The validators of this copy, as the origin knows them. Viewers of a compressed object get
    /// others.
    pub fn validators(&self) -> Validators {
        Validators::of(self.plain_headers())
    }

    /// The length of the body, if the headers have it.
    pub fn content_length(&self) -> Option<u64> {
        self.headers.get("content-length")?.trim().parse().ok()
    }

    /// The time since the origin sent or confirmed it, and the time that it spent in other caches.
    /// This is the `Age` of a hit.
    pub fn age(&self, now: Instant) -> Duration {
        self.storing.age + self.residence(now)
    }

    /// True while it is served without asking the origin.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.residence(now) < self.storing.ttl || self.is_served_stale(now)
    }

    /// How much longer it is served without asking the origin. Zero for one that is served stale.
    pub fn fresh_for(&self, now: Instant) -> Duration {
        self.storing.ttl.saturating_sub(self.residence(now))
    }

    /// True while it is served at once and refreshed in the background (stale-while-revalidate).
    pub fn is_good_while_refreshing(&self, now: Instant) -> bool {
        self.staleness(now) < self.storing.stale_while_revalidate
    }

    /// True if it may be served when the origin fails (stale-if-error; `contract.md` 7.12).
    pub fn may_stand_in(&self, now: Instant) -> bool {
        self.storing.stale_if_error.is_none_or(|longest| self.staleness(now) < longest)
    }

    /// True while it is served because the origin failed just now. The origin is not asked again in
    /// this time.
    fn is_served_stale(&self, now: Instant) -> bool {
        self.stale_until.is_some_and(|until| now < until) && self.may_stand_in(now)
    }

    fn residence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.confirmed)
    }

    fn staleness(&self, now: Instant) -> Duration {
        self.residence(now).saturating_sub(self.storing.ttl) + self.storing.overdue
    }

    /// The head without the headers that must not be replayed.
    pub(super) fn for_others(self: &Arc<Self>) -> Arc<Self> {
        let unshared = &self.storing.unshared;
        let is_unshared = |name: &str| unshared.iter().any(|n| n == name);
        if !self.headers.iter().any(|header| is_unshared(&header.name())) {
            return self.clone();
        }
        let mut head = Self::clone(self);
        let plain = head.encoded.as_mut().map(|encoded| &mut encoded.plain);
        for headers in [Some(&mut head.headers), plain].into_iter().flatten() {
            Arc::make_mut(headers).retain(|header| !is_unshared(&header.name()));
        }
        Arc::new(head)
    }
}

// === impl CachedObject ===

impl CachedObject {
    /// A complete answer.
    pub fn new(head: ObjectHead, body: impl Into<Body>) -> Self {
        Self { head: Arc::new(head), body: body.into(), part: None }
    }

    /// The headers that other viewers may get, without those that must not be replayed.
    pub(super) fn for_others(&self) -> Self {
        Self { head: self.head.for_others(), ..self.clone() }
    }

    /// The same with a charge for its body; `None` if there is no room.
    pub(super) fn charged(&self, memory: &Memory) -> Option<Self> {
        Some(Self { body: self.body.clone().charged(memory)?, ..self.clone() })
    }

    /// This copy, to be served stale until then without asking the origin. That bounds how often a
    /// failing origin is asked (`contract.md` 7.12).
    pub fn served_stale_until(&self, until: Instant) -> Self {
        let mut head = ObjectHead::clone(&self.head);
        head.stale_until = Some(until);
        Self::new(head, self.body.clone())
    }

    /// Approximate memory in bytes.
    pub fn size(&self) -> usize {
        let head = self.head.headers.size() + self.head.variant.size();
        let plain = self.head.encoded.as_ref().map_or(0, |encoded| encoded.plain.size());
        ENTRY_OVERHEAD + size_of::<ObjectHead>() + head + plain + self.body.len()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn head(stale_if_error: Option<Duration>) -> ObjectHead {
        let headers = [("ETag", "\"1\""), ("Set-Cookie", "a=1")].into_iter();
        ObjectHead::new(
            200,
            "OK",
            headers.collect::<Headers>(),
            Storing {
                ttl: 10 * SECOND,
                age: Duration::ZERO,
                overdue: Duration::ZERO,
                conditional: true,
                stale_if_error,
                stale_while_revalidate: 5 * SECOND,
                unshared: vec!["set-cookie".into()],
            },
        )
    }

    #[test]
    fn ages_from_fresh_over_stale_to_useless() {
        let head = head(Some(20 * SECOND));
        for (age, fresh, refreshing, standing_in) in [
            (0, true, true, true),
            (9, true, true, true),
            (10, false, true, true),
            (15, false, false, true),
            (30, false, false, false),
        ] {
            let now = head.confirmed + age * SECOND;
            assert_eq!(head.age(now), age * SECOND);
            assert_eq!(head.is_fresh(now), fresh, "{age}");
            assert_eq!(head.is_good_while_refreshing(now), refreshing, "{age}");
            assert_eq!(head.may_stand_in(now), standing_in, "{age}");
        }
    }

    #[test]
    fn a_stale_copy_is_served_until_the_origin_is_asked_again() {
        let object = CachedObject::new(head(None), Bytes::new());
        let stale = object.head.confirmed + 20 * SECOND;
        assert!(!object.head.is_fresh(stale) && object.head.may_stand_in(stale));
        let copy = object.served_stale_until(stale + SECOND);
        assert!(copy.head.is_fresh(stale));
        assert_eq!(copy.head.age(stale), 20 * SECOND);
        assert!(!copy.head.is_fresh(stale + SECOND));
    }

    #[test]
    fn an_answer_that_arrives_old_counts_from_then() {
        let mut head = head(Some(20 * SECOND));
        head.storing = Storing {
            ttl: Duration::ZERO,
            age: 107 * SECOND,
            overdue: 7 * SECOND,
            stale_while_revalidate: 10 * SECOND,
            ..head.storing
        };
        let after = |seconds| head.confirmed + seconds * SECOND;
        assert_eq!(head.age(after(3)), 110 * SECOND);
        assert!(!head.is_fresh(after(0)));
        assert!(head.is_good_while_refreshing(after(2)));
        assert!(!head.is_good_while_refreshing(after(3)));
        assert!(head.may_stand_in(after(12)) && !head.may_stand_in(after(13)));
    }

    #[test]
    fn a_stale_copy_is_served_no_longer_than_stale_if_error_allows() {
        let object = CachedObject::new(head(Some(5 * SECOND)), Bytes::new());
        let stale = object.head.confirmed + 12 * SECOND;
        let copy = object.served_stale_until(stale + 60 * SECOND);
        assert!(copy.head.is_fresh(stale + 2 * SECOND));
        assert!(!copy.head.is_fresh(stale + 3 * SECOND));
    }

    #[test]
    fn others_do_not_get_unshared_headers() {
        let mut own = head(None);
        let plain = own.headers.clone();
        own.encoded = Some(Encoded { coding: ContentCoding::Gzip, plain });
        let own = Arc::new(own);
        let others = own.for_others();
        assert!(!others.headers.contains("set-cookie"));
        assert!(!others.plain_headers().contains("set-cookie"));
        assert!(own.headers.contains("set-cookie") && own.plain_headers().contains("set-cookie"));
    }
}
