//! Whether an answer may be kept, and for how long (`contract.md` 7.5 and 7.12).
//!
//! Pure: [`decide`] reads status, headers and policy, and nothing else. If the contract is silent,
//! it follows RFC 9111 and RFC 5861, and asks the origin if in doubt. If the three TTLs of a policy
//! are zero, nothing is kept, errors included, unless an error page names the status.
//!
//! Lifetimes that the origin sends begin when the answer leaves the origin, so `Age` is subtracted
//! from them. Min, Default and Max TTL begin when the answer arrives here.

use std::time::{Duration, SystemTime};

use brink_shared::event::Headers;
use brink_shared::registry::distribution::{CachePolicy, ErrorPage, ForwardPolicy, Selection};

use super::directives::Directives;

/// Errors that are kept only if the origin sends `max-age` or `s-maxage`.
const KEPT_IF_DATED: [u16; 5] = [400, 403, 405, 412, 415];

/// The input of [`decide`].
#[derive(Clone, Copy, Debug)]
pub struct ResponseFacts<'a> {
    /// The status that is to be stored.
    pub status: u16,
    /// The origin's own status, which a function may have changed.
    pub origin_status: u16,
    /// True if the origin was sent conditions or a range of one viewer.
    pub own_conditions: bool,
    /// The headers that are to be stored.
    pub headers: &'a Headers,
    /// When the answer arrived.
    pub arrived: SystemTime,
    /// True if the origin saw the viewer's `Authorization` and the cache key does not have it.
    pub authorized: bool,
}

/// The decision about an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is kept.
    Store(Storing),
    /// It is passed on and forgotten.
    Pass(NotStored),
}

/// How an answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storing {
    /// How long after its arrival it is served without asking the origin. Zero means only after
    /// asking.
    pub ttl: Duration,
    /// How old it was when it arrived (RFC 9111, 4.2.3).
    pub age: Duration,
    /// How long it had been stale when it arrived.
    pub overdue: Duration,
    /// Whether the origin may be asked with `If-None-Match` and `If-Modified-Since`.
    pub conditional: bool,
    /// How long after `ttl` it may be served if the origin fails (stale-if-error); `None` means as
    /// long as it is stored.
    pub stale_if_error: Option<Duration>,
    /// How long after `ttl` it is served at once while it is refreshed (stale-while-revalidate).
    pub stale_while_revalidate: Duration,
    /// Headers that must not be replayed, in lower case.
    pub unshared: Vec<String>,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// All three TTLs of the policy are zero.
    Disabled,
    /// The origin sent `no-store` or `private`, or `no-cache` without a validator.
    Forbidden,
    /// It answers a request with `Authorization`, and does not say that it may be kept for others.
    Authorized,
    /// The status is never kept, or only with a lifetime.
    Status,
    /// It is an error that the conditions or the range of one viewer may have caused.
    OwnConditions,
    /// Its lifetime is over, it has no validator, and it may not be served stale: a copy would be
    /// of no use.
    Useless,
}

// === impl Storing ===

impl Storing {
    /// True if the origin allows stale copies for a time that is not over yet.
    fn is_of_use_when_stale(&self) -> bool {
        self.stale_while_revalidate.max(self.stale_if_error.unwrap_or_default()) > self.overdue
    }

    /// The same, but served without asking the origin for no longer than this.
    #[must_use]
    pub fn at_most(self, fresh_for: Option<Duration>) -> Self {
        Self { ttl: fresh_for.map_or(self.ttl, |most| self.ttl.min(most)), ..self }
    }

    /// True if followers may get this answer. An answer that the origin must confirm each time
    /// belongs to the one request that fetched it (`contract.md` 7.13).
    pub fn is_shared(&self) -> bool {
        !self.ttl.is_zero() || self.stale_while_revalidate > self.overdue
    }
}

/// Decides by the tables of `contract.md` 7.5 (answers) and 7.12 (errors).
pub fn decide(
    response: &ResponseFacts<'_>,
    policy: &CachePolicy,
    error_pages: &[ErrorPage],
) -> Decision {
    let directives = Directives::read(response.headers, response.arrived);
    if response.authorized && !directives.allow_authorized() {
        return Decision::Pass(NotStored::Authorized);
    }
    let statuses = [response.origin_status, response.status];
    if response.own_conditions && statuses.iter().any(|status| *status >= 400) {
        return Decision::Pass(NotStored::OwnConditions);
    }
    if matches!(response.origin_status, 206 | 304) {
        // The body is not whole, even if a function says so.
        return Decision::Pass(NotStored::Status);
    }
    match response.status {
        200..=205 | 207..=303 | 305..=399 => answer(response.headers, policy, directives),
        400..=599 => error(response.status, policy, error_pages, directives),
        // 1xx is not an answer, 206 is part of one, and 304 refreshes a copy.
        _ => Decision::Pass(NotStored::Status),
    }
}

fn answer(headers: &Headers, policy: &CachePolicy, directives: Directives) -> Decision {
    if policy.is_disabled() {
        return Decision::Pass(NotStored::Disabled);
    }
    let varies_by_everything =
        headers.get_all("vary").any(|value| value.split(',').any(|name| name.trim() == "*"));
    let has_validator = headers.contains("etag") || headers.contains("last-modified");
    let conditional = has_validator && !varies_by_everything;
    let forbidden = directives.no_store || directives.private;
    let restricted = forbidden || directives.no_cache;
    if varies_by_everything && policy.min_ttl.is_zero() {
        // The answer fits no other request, so neither a fresh nor a stale copy has a use (RFC
        // 9111, 4.1).
        return Decision::Pass(NotStored::Useless);
    }
    let (ttl, overdue) = if restricted && !policy.min_ttl.is_zero() {
        (policy.min_ttl, Duration::ZERO)
    } else if forbidden || (restricted && !conditional) {
        return Decision::Pass(NotStored::Forbidden);
    } else if restricted {
        (Duration::ZERO, Duration::ZERO)
    } else {
        match directives.max_age.or(directives.expires_in) {
            Some(lifetime) => remaining(lifetime, directives.age, policy.min_ttl, policy.max_ttl),
            None => (policy.default_ttl.max(policy.min_ttl), Duration::ZERO),
        }
    };
    let storing = storing(ttl, overdue, conditional, policy, directives);
    if ttl.is_zero() && !conditional && !storing.is_of_use_when_stale() {
        return Decision::Pass(NotStored::Useless);
    }
    Decision::Store(storing)
}

fn error(
    status: u16,
    policy: &CachePolicy,
    error_pages: &[ErrorPage],
    directives: Directives,
) -> Decision {
    if policy.is_disabled() && error_pages.iter().all(|page| page.status != status) {
        return Decision::Pass(NotStored::Disabled);
    }
    let dated = KEPT_IF_DATED.contains(&status) && directives.max_age.is_some();
    if !ErrorPage::KEPT.contains(&status) && !dated {
        return Decision::Pass(NotStored::Status);
    }
    let min_ttl = ErrorPage::min_ttl_of(status, error_pages);
    let lifetime = directives.max_age.or(directives.expires_in).unwrap_or_default();
    let (ttl, _) = remaining(lifetime, directives.age, min_ttl, policy.max_ttl);
    if ttl.is_zero() {
        return Decision::Pass(NotStored::Useless);
    }
    // An old error never stands in for a newer one.
    let stale = Duration::ZERO;
    Decision::Store(Storing {
        stale_if_error: Some(stale),
        stale_while_revalidate: stale,
        ..storing(ttl, stale, false, policy, directives)
    })
}

/// The rest of a lifetime within these bounds, and for how long it has been over.
fn remaining(
    lifetime: Duration,
    age: Duration,
    least: Duration,
    most: Duration,
) -> (Duration, Duration) {
    let left = lifetime.saturating_sub(age).min(most).max(least);
    let over = if left.is_zero() { age.saturating_sub(lifetime) } else { Duration::ZERO };
    (left, over)
}

fn storing(
    ttl: Duration,
    overdue: Duration,
    conditional: bool,
    policy: &CachePolicy,
    directives: Directives,
) -> Storing {
    // `s-maxage` forbids stale copies too, unless the same answer says how long they may be used.
    let strict = directives.must_revalidate || directives.proxy_revalidate || directives.no_cache;
    let capped = |d: Duration| d.min(policy.max_ttl);
    let stale = |allowed: Option<Duration>| match allowed {
        _ if strict => Some(Duration::ZERO),
        None if directives.s_maxage => Some(Duration::ZERO),
        allowed => allowed.map(capped),
    };
    Storing {
        ttl,
        age: directives.age,
        overdue,
        conditional,
        stale_if_error: stale(directives.stale_if_error),
        stale_while_revalidate: stale(directives.stale_while_revalidate).unwrap_or_default(),
        unshared: directives.unshared,
    }
}

/// True if requests of one key that come at the same time may wait for one answer (`contract.md`
/// 7.13).
pub fn coalesces(policy: &CachePolicy, forward: &ForwardPolicy) -> bool {
    !policy.is_disabled() && policy.cookies == Selection::None && forward.cookies == Selection::None
}

#[cfg(test)]
mod tests;
