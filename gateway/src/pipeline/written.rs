//! After a successful write, the stored copies of the resource are no longer served (RFC 9111,
//! 4.4).

use http::Uri;

use brink_shared::event::{Headers, Request};

use super::Passage;
use crate::cache::disk::Group;

/// Methods that only read (RFC 9110, 9.2.1).
const SAFE: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

// === impl Passage ===

impl Passage {
    /// Makes the stored copies of a resource useless after a write to it. `Location` and
    /// `Content-Location` of the answer may name further resources of the same host. A failed write
    /// changes nothing.
    pub(super) async fn outdate(
        &self,
        request: &Request,
        status: u16,
        answered: &Headers,
        sent: Option<&Request>,
    ) {
        if SAFE.contains(&request.method.as_str()) || !(200..400).contains(&status) {
            return;
        }
        // Reads that come the same way have the key of this behavior, even if their path is
        // rewritten.
        let cache = &self.behavior.config.cache;
        let own =
            self.edge.cache.outdate(&self.route.id, &request.uri, &request.querystring, cache);
        let mut outdated: Vec<_> = own.into_iter().collect();
        outdated.extend(self.outdate_target(&request.uri, &request.querystring));
        let hosts = [Some(request), sent].map(|request| request?.headers.get("host"));
        for name in ["location", "content-location"] {
            let target = answered.get(name).and_then(|to| same_host(to, &request.uri, &hosts));
            if let Some((path, query)) = target {
                outdated.extend(self.outdate_target(&path, &query));
            }
        }
        self.edge.cache.wait_outdated(&outdated).await;
    }

    /// The cache policy of the path's own behavior says which part of the query is in the key.
    /// Copies of `/` have the path of the default root object.
    fn outdate_target(&self, path: &str, query: &str) -> Option<Group> {
        let behavior = self.route.behavior(path)?;
        let object = self.route.root_object(path);
        let path = object.as_deref().unwrap_or(path);
        self.edge.cache.outdate(&self.route.id, path, query, &behavior.config.cache)
    }
}

/// Path and query of a reference, if it leads to one of these hosts (RFC 3986, 5.2).
fn same_host(reference: &str, base: &str, hosts: &[Option<&str>]) -> Option<(String, String)> {
    let reference = reference.split('#').next().unwrap_or_default();
    let (path, query) = reference.split_once('?').unwrap_or((reference, ""));
    if !reference.contains("://") && !reference.starts_with("//") {
        return Some((resolved(path, base)?, query.to_owned()));
    }
    let absolute = reference.strip_prefix("//").map(|rest| format!("http://{rest}"));
    let uri: Uri = absolute.as_deref().unwrap_or(reference).parse().ok()?;
    let is_same =
        |host: &&str| uri.authority().is_some_and(|a| a.as_str().eq_ignore_ascii_case(host));
    hosts
        .iter()
        .flatten()
        .any(is_same)
        .then(|| (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned()))
}

/// A path without a host, as seen from the path of the request. Dot segments stay: paths are
/// compared in their normal form.
fn resolved(path: &str, base: &str) -> Option<String> {
    if path.is_empty() {
        return Some(base.to_owned());
    }
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let (folder, _) = base.rsplit_once('/')?;
    Some(format!("{folder}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_from_the_request_and_only_for_its_host() {
        let hosts = [Some("shop.example:8080"), None, Some("origin.internal")];
        for (reference, expected) in [
            ("/b?x=1#part", Some(("/b", "x=1"))),
            ("b", Some(("/a/b", ""))),
            ("../b/./c", Some(("/a/../b/./c", ""))),
            ("?x=2", Some(("/a/page", "x=2"))),
            ("", Some(("/a/page", ""))),
            ("http://SHOP.example:8080/b", Some(("/b", ""))),
            ("https://shop.example:8080", Some(("/", ""))),
            ("//origin.internal/b?y", Some(("/b", "y"))),
            ("http://shop.example/b", None),
            ("http://evil.example/b", None),
            ("http://user@shop.example:8080/b", None),
            ("http://", None),
        ] {
            let target = same_host(reference, "/a/page", &hosts);
            let target = target.as_ref().map(|(path, query)| (path.as_str(), query.as_str()));
            assert_eq!(target, expected, "{reference}");
        }
    }
}
