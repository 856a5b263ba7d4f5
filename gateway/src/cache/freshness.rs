//! Whether an answer may be kept, and for how long (`contract.md` 7.5 and 7.12).
//!
//! Pure: [`decide`] looks at status, headers and policy, and nothing else. Where the contract is
//! silent it errs towards asking the origin. Two readings of it are ours:
//! - a policy whose three TTLs are zero means that nothing is kept, errors included, unless an
//!   error page names the status;
//! - `must-revalidate` and `proxy-revalidate` forbid stale copies (RFC 9111, 5.2.2).

use std::time::{Duration, SystemTime};

use brink_shared::event::Headers;
use brink_shared::registry::distribution::{CachePolicy, ErrorPage, ForwardPolicy, Selection};

use super::directives::Directives;

/// Errors that are kept whatever the origin says.
const KEPT_ERRORS: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];
/// Errors that are kept only if the origin sends `max-age` or `s-maxage`.
const KEPT_IF_DATED: [u16; 5] = [400, 403, 405, 412, 415];

/// What [`decide`] looks at.
#[derive(Clone, Copy, Debug)]
pub struct ResponseFacts<'a> {
    /// The status that is to be stored.
    pub status: u16,
    /// The headers that are to be stored.
    pub headers: &'a Headers,
    /// When the answer arrived.
    pub arrived: SystemTime,
}

/// What becomes of an answer.
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
    /// How long it is served without asking the origin; zero means only after asking.
    pub ttl: Duration,
    /// Whether the origin may be asked with `If-None-Match` and `If-Modified-Since`.
    pub conditional: bool,
    /// How long after `ttl` it may stand in for an origin that fails; none means as long as it
    /// is there.
    pub stale_if_error: Option<Duration>,
    /// How long after `ttl` it is served at once while it is refreshed behind.
    pub stale_while_revalidate: Duration,
    /// Headers that must not be replayed, in lower case.
    pub unshared: Vec<String>,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    /// All three TTLs of the policy are zero.
    Disabled,
    /// The origin sent `no-cache`, `no-store` or `private`.
    Forbidden,
    /// The status is one that is never kept, or not without a lifetime.
    Status,
    /// Its lifetime is zero and it has no validator, so a copy would be of no use.
    Useless,
}

// === impl Storing ===

impl Storing {
    /// True if requests that wait for this answer may be given it. An answer that must be asked
    /// for each time belongs to the one request that fetched it (`contract.md` 7.13).
    pub fn is_shared(&self) -> bool {
        !self.ttl.is_zero()
    }
}

/// Decides by the tables of `contract.md` 7.5 (answers) and 7.12 (errors).
pub fn decide(
    response: &ResponseFacts<'_>,
    policy: &CachePolicy,
    error_pages: &[ErrorPage],
) -> Decision {
    let directives = Directives::read(response.headers, response.arrived);
    match response.status {
        200..=205 | 207..=303 | 305..=399 => answer(response.headers, policy, directives),
        400..=599 => error(response.status, policy, error_pages, directives),
        // 1xx is no answer, 206 is part of one, and 304 refreshes a copy instead of being one.
        _ => Decision::Pass(NotStored::Status),
    }
}

fn answer(headers: &Headers, policy: &CachePolicy, directives: Directives) -> Decision {
    if is_disabled(policy) {
        return Decision::Pass(NotStored::Disabled);
    }
    let forbidden = directives.no_cache || directives.no_store || directives.private;
    let varies_by_everything =
        headers.get_all("vary").any(|value| value.split(',').any(|name| name.trim() == "*"));
    if forbidden && policy.min_ttl.is_zero() {
        return Decision::Pass(NotStored::Forbidden);
    }
    let ttl = if forbidden {
        policy.min_ttl
    } else if varies_by_everything && policy.min_ttl.is_zero() {
        Duration::ZERO
    } else {
        match directives.max_age.or(directives.expires_in) {
            Some(wanted) => wanted.min(policy.max_ttl).max(policy.min_ttl),
            None => policy.default_ttl.max(policy.min_ttl),
        }
    };
    let has_validator = headers.contains("etag") || headers.contains("last-modified");
    let conditional = has_validator && !varies_by_everything;
    if ttl.is_zero() && !conditional {
        return Decision::Pass(NotStored::Useless);
    }
    Decision::Store(storing(ttl, conditional, policy, directives))
}

fn error(
    status: u16,
    policy: &CachePolicy,
    error_pages: &[ErrorPage],
    directives: Directives,
) -> Decision {
    let page = error_pages.iter().find(|page| page.status == status);
    if is_disabled(policy) && page.is_none() {
        return Decision::Pass(NotStored::Disabled);
    }
    let dated = KEPT_IF_DATED.contains(&status) && directives.max_age.is_some();
    if !KEPT_ERRORS.contains(&status) && !dated {
        return Decision::Pass(NotStored::Status);
    }
    let min_ttl = page.map_or(ErrorPage::MIN_TTL_DEFAULT, |page| page.min_ttl);
    let wanted = directives.max_age.or(directives.expires_in);
    let ttl = wanted.unwrap_or_default().min(policy.max_ttl).max(min_ttl);
    if ttl.is_zero() {
        return Decision::Pass(NotStored::Useless);
    }
    // An old error never stands in for a newer one.
    let stale = Duration::ZERO;
    Decision::Store(Storing {
        conditional: false,
        stale_if_error: Some(stale),
        stale_while_revalidate: stale,
        ..storing(ttl, false, policy, directives)
    })
}

fn storing(
    ttl: Duration,
    conditional: bool,
    policy: &CachePolicy,
    directives: Directives,
) -> Storing {
    let strict = directives.must_revalidate;
    let capped = |d: Duration| d.min(policy.max_ttl);
    Storing {
        ttl,
        conditional,
        stale_if_error: if strict {
            Some(Duration::ZERO)
        } else {
            directives.stale_if_error.map(capped)
        },
        stale_while_revalidate: if strict {
            Duration::ZERO
        } else {
            capped(directives.stale_while_revalidate.unwrap_or_default())
        },
        unshared: directives.unshared,
    }
}

/// True if the policy keeps nothing at all.
pub fn is_disabled(policy: &CachePolicy) -> bool {
    policy.min_ttl.is_zero() && policy.default_ttl.is_zero() && policy.max_ttl.is_zero()
}

/// True if requests of one key that come at once may wait for one answer (`contract.md` 7.13).
pub fn collapses(policy: &CachePolicy, forward: &ForwardPolicy) -> bool {
    !is_disabled(policy) && policy.cookies == Selection::None && forward.cookies == Selection::None
}

#[cfg(test)]
mod tests;
