//! The cache key: which requests get the same stored object (`contract.md` 7.3).
//!
//! The key is made from the request after the viewer-request function: distribution, path, and the
//! parts of query, headers and cookies that the cache policy selects. The protocol is not in it, and
//! the host only if the origin gets the viewer's. The key is kept in parts and not joined to one text, so no value can imitate another part.

use std::borrow::Cow;
use std::sync::Arc;

use brink_shared::event::{Headers, Request};
use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::CachePolicy;
use serde::{Deserialize, Serialize};

use super::outdated::Counter;
use super::vary::Variant;
use crate::accept_encoding::Accepted;
use crate::query_and_cookies::{selected_cookies, selected_query};
use crate::routing::{normal_path, normal_prefix};

/// One cacheable object, or a part of one. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(Arc<Parts>, Option<PartOf>);

/// Keys that are not for a whole object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartOf {
    /// The summary of an object of which parts are kept.
    Summary,
    /// The part with this number.
    Slice(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Parts {
    distribution: DistributionId,
    kind: Kind,
    /// The counter that moves when a write makes the resource's copies useless. It depends on the
    /// target, and on the process.
    #[serde(skip)]
    counter: Counter,
    /// The path and, after `?`, the selected part of the query.
    target: String,
    /// The viewer's own spelling of the target, if that is not UTF-8.
    spelling: Option<String>,
    /// The name of the origin, if this is its answer at its shield. Viewers get other copies.
    shields: Option<String>,
    /// Selected headers: name in lower case, then every line's value.
    headers: Vec<(String, Vec<String>)>,
    /// Selected cookies as `name=value`, sorted by name.
    cookies: Vec<String>,
    /// Distinguishes answers that `Vary` by headers outside of the key.
    variant: Variant,
}

/// The part of an invalidation path before its `*`.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    /// The path as written; `None` if it has a query.
    written: Option<String>,
    normal: String,
}

/// Answers that are separate objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Kind {
    /// To GET; they serve HEAD too.
    Get,
    /// To HEAD if there is no answer to GET.
    Head,
    /// To OPTIONS.
    Options,
}

// === impl CacheKey ===

impl CacheKey {
    /// The key of a request under a policy.
    pub fn new(distribution: &DistributionId, request: &Request, policy: &CachePolicy) -> Self {
        let target = target(&request.uri, &request.querystring, policy);
        let mut headers = selected_headers(&request.headers, &policy.headers);
        let accepted = Accepted::of(&request.headers, &policy.accept_encoding);
        if let Some(encodings) = accepted.and_then(Accepted::in_key) {
            headers.push(("accept-encoding".to_owned(), vec![encodings.to_owned()]));
        }
        let parts = Parts {
            distribution: distribution.clone(),
            kind: if request.method == "OPTIONS" { Kind::Options } else { Kind::Get },
            counter: counter(distribution, &target),
            target,
            spelling: None,
            shields: None,
            headers,
            cookies: selected_cookies(&request.headers, |name| policy.cookies.includes(name)),
            variant: Variant::default(),
        };
        Self(Arc::new(parts), None)
    }

    /// The key of an answer to HEAD alone. It has no body to serve a GET with.
    #[must_use]
    pub fn for_head(&self) -> Self {
        Self(Arc::new(Parts { kind: Kind::Head, ..Parts::clone(&self.0) }), self.1)
    }

    /// The key of one variant of the answer. Without headers to distinguish variants, the key that
    /// they all share.
    #[must_use]
    pub fn variant(&self, variant: &Variant) -> Self {
        if self.0.variant == *variant {
            return self.clone();
        }
        Self(Arc::new(Parts { variant: variant.clone(), ..Parts::clone(&self.0) }), self.1)
    }

    /// The key of a target whose spelling is not UTF-8. Origins see the original spelling.
    pub fn spelled(self, spelling: String) -> Self {
        Self(Arc::new(Parts { spelling: Some(spelling), ..Parts::clone(&self.0) }), self.1)
    }

    /// The key of answers that are for one `Host` only.
    #[must_use]
    pub fn for_host(self, host: &str) -> Self {
        let mut parts = Parts::clone(&self.0);
        parts.headers.push(("host".to_owned(), vec![host.to_owned()]));
        Self(Arc::new(parts), self.1)
    }

    /// The key of the answer of this origin at its shield.
    #[must_use]
    pub fn at_shield_of(self, origin: &str) -> Self {
        Self(Arc::new(Parts { shields: Some(origin.to_owned()), ..Parts::clone(&self.0) }), self.1)
    }

    /// The key of the whole object, if this is the key of a part.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self(self.0.clone(), None)
    }

    /// The key of a part of this object.
    #[must_use]
    pub fn part(&self, part: PartOf) -> Self {
        Self(self.0.clone(), Some(part))
    }

    /// True if this is the key of a part.
    pub(super) fn is_part(&self) -> bool {
        self.1.is_some()
    }

    /// The key of a whole object as bytes, for the disk. Equal keys have equal bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts and lists of texts can always be written to memory.
        rmp_serde::to_vec(&*self.0).unwrap_or_default()
    }

    /// The key that these bytes were made of; `None` if they were made of none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let parts: Parts = rmp_serde::from_slice(bytes).ok()?;
        let counter = counter(&parts.distribution, &parts.target);
        Some(Self(Arc::new(Parts { counter, ..parts }), None))
    }

    /// The distribution that the object belongs to.
    pub fn distribution(&self) -> &DistributionId {
        &self.0.distribution
    }

    pub(super) fn counter(&self) -> Counter {
        self.0.counter
    }

    /// The path in its normal form, and the query. Invalidations compare these
    /// (`contract.md` 7.16).
    pub(crate) fn normal_target(&self) -> Cow<'_, str> {
        normal_target(&self.0.target)
    }

    /// Approximate memory of the key in bytes.
    pub fn size(&self) -> usize {
        let headers = self.0.headers.iter();
        let values = headers.flat_map(|(name, values)| std::iter::once(name).chain(values));
        let texts = values.chain(&self.0.cookies).map(String::len);
        self.0.target.len()
            + self.0.variant.size()
            + self.0.spelling.as_ref().map_or(0, String::len)
            + self.0.shields.as_ref().map_or(0, String::len)
            + texts.sum::<usize>()
            + size_of::<Parts>()
    }
}

// === impl Prefix ===

impl Prefix {
    /// The beginning of the targets that an invalidation path with `*` names.
    pub(super) fn new(prefix: &str) -> Self {
        if prefix.contains('?') {
            return Self { written: None, normal: normal_target(prefix).into_owned() };
        }
        Self { written: Some(prefix.to_owned()), normal: normal_prefix(prefix).into_owned() }
    }

    /// True if the key's target begins like this. `normal` is its [`CacheKey::normal_target`].
    pub(super) fn begins(&self, key: &CacheKey, normal: &str) -> bool {
        self.written.as_ref().is_some_and(|written| key.0.target.starts_with(written))
            || normal.starts_with(&self.normal)
    }
}

/// The path and, after `?`, the part of the query that is in the key.
pub(super) fn target(uri: &str, querystring: &str, policy: &CachePolicy) -> String {
    let query = selected_query(querystring, |name| policy.query_strings.includes(name));
    let mut target = uri.to_owned();
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query);
    }
    target
}

/// The counter of a resource. All spellings of a path are one resource, as they are for behaviors.
pub(super) fn counter(distribution: &DistributionId, target: &str) -> Counter {
    Counter::of(distribution, &normal_target(target))
}

/// A path and query with the path in its normal form. All spellings of a path are the same path, as
/// they are for behaviors.
pub(super) fn normal_target(target: &str) -> Cow<'_, str> {
    match target.split_once('?') {
        None => normal_path(target),
        Some((path, query)) => match normal_path(path) {
            Cow::Borrowed(_) => Cow::Borrowed(target),
            Cow::Owned(path) => Cow::Owned(path + "?" + query),
        },
    }
}

fn selected_headers(headers: &Headers, names: &[String]) -> Vec<(String, Vec<String>)> {
    let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let values: Vec<String> = headers.get_all(&name).map(str::to_owned).collect();
            (!values.is_empty()).then_some((name, values))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use brink_shared::registry::distribution::{ContentCoding, Selection};

    use super::*;
    use crate::cache::purge::Purge;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn request(querystring: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            client_ip: [192, 0, 2, 1].into(),
            method: "GET".into(),
            uri: "/a/b".into(),
            querystring: querystring.into(),
            headers: headers.iter().copied().collect(),
            body: None,
            origin: None,
        }
    }

    fn key(request: &Request, policy: &CachePolicy) -> CacheKey {
        CacheKey::new(&"shop".parse().unwrap(), request, policy)
    }

    fn means(path: &str, key: &CacheKey) -> bool {
        let mut purge = Purge::new();
        purge.add(&"shop".parse().unwrap(), [path]);
        purge.means(key)
    }

    #[test]
    fn by_default_only_the_path_counts() {
        let policy = CachePolicy::default();
        let plain = key(&request("", &[]), &policy);
        let full = request("x=1", &[("Host", "a"), ("Cookie", "s=1"), ("Accept", "b")]);
        assert_eq!(plain, key(&full, &policy));
        assert!(means("/a/b", &plain));
        let mut head = request("", &[]);
        head.method = "HEAD".into();
        assert_eq!(plain, key(&head, &policy));
        assert_ne!(plain, plain.for_head());
        head.method = "OPTIONS".into();
        assert_ne!(plain, key(&head, &policy));
    }

    #[test]
    fn only_encodings_of_the_origin_count_in_the_key() {
        let policy = CachePolicy {
            accept_encoding: vec![ContentCoding::Gzip, ContentCoding::Br],
            ..CachePolicy::default()
        };
        let of = |line: &str| key(&request("", &[("Accept-Encoding", line)]), &policy);
        let none = key(&request("", &[]), &policy);
        assert_eq!(of("gzip, br;q=0.9"), of("br,gzip, zstd"));
        assert_ne!(of("gzip"), of("br"));
        assert_ne!(of("gzip"), none);
        assert_eq!(of("deflate"), none);
    }

    #[test]
    fn headers_fold_their_names_and_keep_their_values() {
        let policy = CachePolicy { headers: names(&["X-B", "x-a"]), ..CachePolicy::default() };
        let one = key(&request("", &[("x-A", "1"), ("X-b", "2")]), &policy);
        let same = key(&request("", &[("X-B", "2"), ("X-A", "1")]), &policy);
        assert_eq!(one, same);
        assert_ne!(one, key(&request("", &[("x-a", "1"), ("x-b", "3")]), &policy));
        // An absent value is not an empty one, and two lines are not one joined line.
        assert_ne!(key(&request("", &[("x-a", "")]), &policy), key(&request("", &[]), &policy));
        assert_ne!(
            key(&request("", &[("x-a", "1"), ("x-a", "2")]), &policy),
            key(&request("", &[("x-a", "1, 2")]), &policy)
        );
    }

    #[test]
    fn invalidation_paths_mean_every_spelling_of_an_object() {
        let spelled = Request { uri: "/x/..//a/.%68idden".into(), ..request("", &[]) };
        let key = key(&spelled, &CachePolicy::default());
        for (path, expected) in [
            ("/a/.hidden", true),
            ("/x/..//a/.%68idden", true),
            ("/a/*", true),
            ("/a/.*", true),
            ("/a/.h*", true),
            ("/%61/%2E*", true),
            ("/x/..//*", true),
            ("/a", false),
            ("/a/.%68idden/", false),
            ("/a/b*", false),
        ] {
            assert_eq!(means(path, &key), expected, "{path}");
        }
    }

    #[test]
    fn invalidation_paths_match_exactly_or_by_prefix() {
        let policy = CachePolicy { query_strings: Selection::All, ..CachePolicy::default() };
        let with_query = key(&request("x=1", &[]), &policy);
        for (path, expected) in [
            ("/a/b?x=1", true),
            ("/a/b", false),
            ("/a/b*", true),
            ("/a/*", true),
            ("/*", true),
            ("*", true),
            ("/A/*", false),
            ("/a*/b?x=1", false),
            ("//a/%62?x=1", true),
            ("/a/c/../b?x=*", true),
            ("/a/b?%78=1", false),
        ] {
            assert_eq!(means(path, &with_query), expected, "{path}");
        }
    }
}
