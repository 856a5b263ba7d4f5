//! A response headers policy, prepared for requests (`contract.md` 7.11).
//!
//! A routing table has the prepared policy of each behavior that has one, and only its requests
//! look at it. [`ResponseHeaders::asked`] notes what the viewer's request says, before functions
//! change the request. [`ResponseHeaders::apply`] changes the headers of the answer after the cache
//! and before the viewer-response function. [`server_timing`] writes its header last, because it
//! tells how long the answer took.

mod cors;
pub mod server_timing;

use brink_shared::event::{Headers, Request};
use brink_shared::registry::distribution::ResponseHeadersPolicy;
use brink_shared::registry::distribution::security_headers::AddedHeader;

use cors::CorsHeaders;
use server_timing::Sampling;

/// Sent if the policy removes the origin's `Server` and adds none.
const SERVER: &str = "Brink";

/// The policy of a behavior.
#[derive(Debug)]
pub struct ResponseHeaders {
    /// Names in lower case.
    removed: Vec<String>,
    added: Vec<AddedHeader>,
    cors: Option<CorsHeaders>,
    timing: Option<Sampling>,
}

/// The parts of a viewer's request that decide about the headers of its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The `Origin` of a request that pages of other origins make.
    origin: Option<String>,
    /// True for OPTIONS, with which a browser asks before it sends the request itself.
    is_preflight: bool,
    /// True if the answer gets `Server-Timing`.
    pub is_timed: bool,
}

// === impl ResponseHeaders ===

impl ResponseHeaders {
    /// Prepares a policy.
    pub fn new(policy: &ResponseHeadersPolicy) -> Self {
        Self {
            removed: policy.remove_headers.iter().map(|name| name.to_ascii_lowercase()).collect(),
            added: policy.added(),
            cors: policy.cors.as_ref().map(CorsHeaders::new),
            timing: policy.server_timing.map(Sampling::percent),
        }
    }

    /// Reads the viewer's request.
    pub fn asked(&self, request: &Request) -> Asked {
        let headers = &request.headers;
        let mut origins = headers.get_all("origin");
        // A browser sends one. Several are no request that a browser made.
        let origin = origins.next().filter(|_| self.cors.is_some() && origins.next().is_none());
        Asked {
            origin: origin.map(str::to_owned),
            is_preflight: request.method == "OPTIONS",
            is_timed: self.timing.is_some_and(|sampling| sampling.chooses(headers)),
        }
    }

    /// Changes the headers of an answer. `is_hit` is true for an answer from the cache: it does not
    /// tell the timing of the answer that was stored.
    pub fn apply(&self, asked: &Asked, is_hit: bool, headers: &mut Headers) {
        if !self.removed.is_empty() {
            headers.retain(|header| !self.removes(&header.name()));
        }
        if asked.is_timed && is_hit {
            headers.remove(server_timing::NAME);
        }
        for header in &self.added {
            if header.overrides {
                headers.set(header.name.as_str(), header.value.as_str());
            } else if !headers.contains(&header.name) {
                headers.append(header.name.as_str(), header.value.as_str());
            }
        }
        if let Some(cors) = &self.cors {
            cors.apply(asked.origin.as_deref(), asked.is_preflight, headers);
        }
        if self.removes("server") && !headers.contains("server") {
            headers.append("Server", SERVER);
        }
    }

    /// True if viewers do not get the origin's header of this name, in lower case.
    pub fn removes(&self, name: &str) -> bool {
        self.removed.iter().any(|removed| removed == name)
    }

    /// True if this policy removes or adds a header, whose name is in lower case.
    pub fn concerns(&self, name: &str) -> bool {
        self.removes(name) || self.added.iter().any(|added| added.name.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests;
