//! Changes the headers of answers as the behavior's response headers policy says (`contract.md`
//! 7.11).
//!
//! The policy is for every answer to a request that matched the behavior: from the cache, from the
//! origin, from functions, error pages and the gateway's own errors. It is that of the viewer's
//! request, also if an error page comes from another behavior. A WebSocket has no answer that it
//! could be for. How long errors of the gateway and error pages may be kept is not the policy's
//! matter: a refusal must not outlive its reason.

use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, HeaderMap, HeaderName, HeaderValue};

use brink_shared::event::{Header, Headers, Request};

use super::answer::{Answer, Source};
use crate::edge::Edge;
use crate::octets;
use crate::response_headers::server_timing::{self, Outcome, ServerTiming, UpstreamTiming};
use crate::response_headers::{Asked, ResponseHeaders};
use crate::routing::RoutedBehavior;

/// The headers that say how long an answer may be kept (RFC 9111, 5).
const OF_CACHES: [&str; 4] = ["age", "cache-control", "expires", "pragma"];

/// The behavior that a request matched, if any, and the part of the request that its policy needs.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) behavior: Option<Arc<RoutedBehavior>>,
    /// Set if the behavior has a policy.
    asked: Option<Asked>,
}

/// The facts about an answer that `Server-Timing` tells.
#[derive(Clone, Copy)]
pub(super) struct Origination {
    outcome: Outcome,
    upstream: Option<UpstreamTiming>,
}

// === impl Answer ===

impl Answer {
    /// Lets no browser and no other cache keep the answer.
    pub(super) fn forbid_keeping(&mut self) {
        self.age = None;
        let headers = Arc::make_mut(&mut self.headers);
        headers.retain(|header| !OF_CACHES.iter().any(|name| header.is(name)));
        headers.append("Cache-Control", "no-store");
    }
}

// === impl Taken ===

impl Taken {
    /// Takes a behavior for the request, as the viewer sent it.
    pub(super) fn take(&mut self, behavior: &Arc<RoutedBehavior>, request: &Request) {
        let policy = behavior.response_headers.as_ref();
        self.asked = policy.map(|policy| policy.asked(request));
        self.behavior = Some(behavior.clone());
    }

    fn policy(&self) -> Option<(&ResponseHeaders, &Asked)> {
        let asked = self.asked.as_ref()?;
        Some((self.behavior.as_ref()?.response_headers.as_ref()?, asked))
    }

    /// Changes the headers of an answer.
    pub(super) fn change(&self, answer: &mut Answer) {
        let Some((policy, asked)) = self.policy().filter(|_| answer.status != 101) else { return };
        let headers = Arc::make_mut(&mut answer.headers);
        if answer.source == Source::Error {
            return change_but_caching(headers, |headers| policy.apply(asked, false, headers));
        }
        if policy.concerns("age")
            && let Some(age) = answer.age.take()
        {
            headers.set("Age", age.to_string());
        }
        let is_stored = matches!(answer.source, Source::Hit | Source::RefreshHit);
        policy.apply(asked, is_stored, headers);
    }

    /// Changes the headers of an error that the gateway wrote.
    pub(super) fn change_error(&self, response: &mut HttpResponse) {
        let Some((policy, asked)) = self.policy() else { return };
        let map = response.headers_mut();
        let text = |value: &HeaderValue| octets::from_bytes(value.as_bytes());
        let lines = map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let mut headers: Headers = lines.collect();
        change_but_caching(&mut headers, |headers| policy.apply(asked, false, headers));
        map.clear();
        for header in &headers {
            append(map, &header.key, &octets::to_bytes(&header.value));
        }
    }

    /// Makes the last changes, to headers that the gateway writes itself.
    pub(super) fn finish(
        &self,
        response: &mut HttpResponse,
        origination: Origination,
        edge: &Edge,
        request_id: &str,
        started: Instant,
    ) {
        let is_answer = response.status() != StatusCode::SWITCHING_PROTOCOLS;
        let Some((policy, asked)) = self.policy().filter(|_| is_answer) else { return };
        let headers = response.headers_mut();
        if policy.removes("accept-ranges") {
            headers.remove(ACCEPT_RANGES);
        }
        if asked.is_timed {
            let timing = ServerTiming {
                outcome: origination.outcome,
                upstream: origination.upstream,
                node: edge.node.as_str(),
                request_id,
                took: started.elapsed(),
            };
            let others = headers.get_all(server_timing::NAME);
            let value = timing.value(others.filter_map(|other| other.to_str().ok()));
            headers.remove(server_timing::NAME);
            append(headers, server_timing::NAME, value.as_bytes());
        }
    }
}

/// Changes the headers, but leaves those for caches as they are.
fn change_but_caching(headers: &mut Headers, change: impl FnOnce(&mut Headers)) {
    let is_for_caches = |header: &Header| OF_CACHES.iter().any(|name| header.is(name));
    let own: Vec<Header> = headers.iter().filter(|header| is_for_caches(header)).cloned().collect();
    change(headers);
    headers.retain(|header| !is_for_caches(header));
    for Header { key, value } in own {
        headers.append(key, value);
    }
}

fn append(map: &mut HeaderMap, name: &str, value: &[u8]) {
    let line = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value));
    if let (Ok(name), Ok(value)) = line {
        map.append(name, value);
    }
}

// === impl Origination ===

impl Origination {
    /// Of an error that the gateway wrote.
    pub(super) const ERROR: Self = Self { outcome: Outcome::Generated, upstream: None };

    /// Of an answer.
    pub(super) fn of(answer: &Answer) -> Self {
        Self { outcome: answer.source.outcome(), upstream: answer.upstream }
    }
}
