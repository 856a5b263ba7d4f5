//! Decides which requests a stored answer may serve, and which requests wait for each other.

use brink_shared::event::{Headers, Request};

use super::exchange::VIEWERS_CONDITIONS;
use super::{Passage, ranged};
use crate::cache::freshness::coalesces;
use crate::cache::key::CacheKey;
use crate::cache::vary::{self, Variant};
use crate::origin::policy::Forwarding;

// === impl Passage ===

impl Passage {
    /// The key of the request, as it is for all its variants.
    pub(super) fn cache_key(&self, request: &Request) -> CacheKey {
        let key = CacheKey::new(&self.route.id, request, &self.behavior.config.cache);
        let spelling = self.spelling.as_ref();
        let key = match spelling.and_then(|s| s.distinction(&request.uri, &request.querystring)) {
            Some(distinction) => key.spelled(distinction),
            None => key,
        };
        // The origin may write the host into its answer. Viewers of other hosts must not get that.
        let key = match self.forwarding().shown_host(request) {
            Some(host) => key.for_host(host),
            None => key,
        };
        match &self.shields {
            Some(origin) => key.at_shield_of(&origin.name),
            None => key,
        }
    }

    pub(super) fn forwarding(&self) -> Forwarding<'_> {
        Forwarding::new(&self.behavior.config.cache, &self.behavior.config.forward)
    }

    /// The variant of this request, if answers vary by these headers.
    pub(super) fn variant(&self, names: &[String], request: &Request) -> Variant {
        let forwarding = self.forwarding();
        Variant::by(names, |name| forwarding.shown(request, name).unwrap_or_default())
    }

    /// The headers outside of the cache key that an answer varies by.
    pub(super) fn varies_by(&self, answered: &Headers, request: &Request) -> Vec<String> {
        let forwarding = self.forwarding();
        let mut names = vary::members(answered);
        names.retain(|name| forwarding.shown(request, name).is_some());
        names
    }

    /// True if followers may get the answer to this request. A request whose conditions go to the
    /// origin may not share its answer.
    pub(super) fn may_share(&self, request: &Request) -> bool {
        let config = &self.behavior.config;
        coalesces(&config.cache, &config.forward) && !self.sends_conditions(request)
    }

    /// True if the origin may get conditions or a range of this viewer.
    pub(super) fn sends_conditions(&self, request: &Request) -> bool {
        let forwarding = self.forwarding();
        let is_sent = |name: &&str| {
            let is_shown = || forwarding.shown(request, name).is_none_or(|sent| !sent.is_empty());
            request.headers.contains(name) && (ranged::is_asked_by(name) || is_shown())
        };
        VIEWERS_CONDITIONS.iter().any(is_sent)
    }

    /// The key under which requests note that they need not wait for each other. Requests with
    /// `Authorization` have a key of their own: their answers are seldom for other viewers, but
    /// this says nothing about requests without it.
    pub(super) fn crowd(&self, key: &CacheKey, request: &Request) -> CacheKey {
        if !self.forwarding().shows_authorization(request) {
            return key.clone();
        }
        key.variant(&Variant::by(&["authorization".to_owned()], |_| Vec::new()))
    }
}
