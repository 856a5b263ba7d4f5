//! All errors of a distribution, found at once.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::distribution::viewer_header;
use super::distribution::{
    Behavior, CachePolicy, Distribution, ForwardPolicy, Logging, Policies, ResponseHeadersPolicy,
    Selection,
};
use crate::contract::header_rules::is_forbidden_custom;
use crate::id::VersionId;
use crate::problem::Problem;

/// Quotas. CloudFront raises these on request, so they are settings here. The defaults are
/// CloudFront's (`contract.md` 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Distributions of a cluster.
    pub distributions: usize,
    /// Behaviors of a distribution.
    pub behaviors: usize,
    /// Origins of a distribution.
    pub origins: usize,
    /// Pairs of origins of a distribution.
    pub origin_groups: usize,
    /// Hosts of a distribution.
    pub aliases: usize,
}

/// Longest path pattern, in characters (`contract.md` 7.1).
pub const PATTERN_MAX: usize = 255;

/// Statuses that an error page may replace or be served with (`contract.md` 7.12).
const ERROR_STATUSES: [u16; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/// Statuses of a primary origin that may count as failure (`contract.md` 7.14).
const FAILOVER_STATUSES: [u16; 9] = [400, 403, 404, 416, 429, 500, 502, 503, 504];

/// Finds every problem of a distribution. `is_published` tells whether a version can be used.
pub fn check(
    distribution: &Distribution,
    quotas: &Quotas,
    is_published: &dyn Fn(&VersionId) -> bool,
) -> Vec<Problem> {
    let mut found = Problems::default();
    found.aliases(&distribution.aliases);
    if distribution.default_root_object.starts_with('/') {
        found.add("default_root_object", "write it without the leading /");
    }
    found.origins(distribution);
    found.behaviors(distribution, is_published);
    found.policies(&distribution.policies);
    found.error_pages(distribution);
    for (path, why) in
        distribution.access_problems().into_iter().chain(distribution.grpc_problems())
    {
        found.add(path, why);
    }
    for (path, why) in distribution.viewer_certificate_problems() {
        found.add(path, why);
    }
    found.quotas(distribution, quotas);
    found.0.extend(distribution.logging.iter().flat_map(Logging::problems));
    found.0
}

// === impl Quotas ===

impl Quotas {
    /// `None` for a document whose versions are checked elsewhere.
    pub const UNLIMITED: Self = Self {
        distributions: usize::MAX,
        behaviors: usize::MAX,
        origins: usize::MAX,
        origin_groups: usize::MAX,
        aliases: usize::MAX,
    };
}

impl Default for Quotas {
    fn default() -> Self {
        Self { distributions: 500, behaviors: 75, origins: 100, origin_groups: 10, aliases: 100 }
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

// === impl Problems ===

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into() });
    }

    fn aliases(&mut self, aliases: &[String]) {
        let mut seen = HashSet::new();
        for (index, alias) in aliases.iter().enumerate() {
            let path = format!("aliases[{index}]");
            let host = alias.strip_prefix("*.").unwrap_or(alias);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
            if host.is_empty() || !host.chars().all(plain) {
                self.add(
                    path,
                    format!(
                        "{alias:?} is not a host name: lower case, no port, * only as leading *."
                    ),
                );
            } else if !seen.insert(alias) {
                self.add(path, format!("{alias:?} is here twice"));
            }
        }
    }

    fn origins(&mut self, distribution: &Distribution) {
        if distribution.origins.is_empty() {
            self.add(
                "origins",
                "there is none; write [origins.NAME] with a url, or s3 for a bucket",
            );
        }
        for (name, origin) in &distribution.origins {
            for header in origin.custom_headers.keys() {
                if is_forbidden_custom(&header.to_ascii_lowercase()) {
                    let path = format!("origins.{name}.custom_headers.{header}");
                    self.add(path, "cannot be a custom header of an origin");
                }
            }
            for (key, why) in origin.problems() {
                self.add(format!("origins.{name}.{key}"), why);
            }
        }
        for (name, group) in &distribution.origin_groups {
            for (field, origin) in [("primary", &group.primary), ("secondary", &group.secondary)] {
                if !distribution.origins.contains_key(origin) {
                    let path = format!("origin_groups.{name}.{field}");
                    self.add(path, unknown_origin(origin, distribution, false));
                }
            }
            if distribution.origins.contains_key(name) {
                self.add(format!("origin_groups.{name}"), "an origin has this name too");
            }
            if let Some(status) = group.failover.iter().find(|s| !FAILOVER_STATUSES.contains(s)) {
                let path = format!("origin_groups.{name}.failover");
                self.add(path, format!("{status} is not one of {FAILOVER_STATUSES:?}"));
            }
        }
    }

    fn behaviors(
        &mut self,
        distribution: &Distribution,
        is_published: &dyn Fn(&VersionId) -> bool,
    ) {
        let behaviors = &distribution.behaviors;
        if behaviors.last().is_none_or(|last| last.path != "*") {
            self.add("behaviors", "the last one must have path = \"*\"");
        }
        let mut seen = HashSet::new();
        for (index, behavior) in behaviors.iter().enumerate() {
            let place = format!("behaviors[{index}]");
            self.behavior(&place, behavior, distribution);
            if !seen.insert(behavior.path.trim_start_matches('/')) {
                let message =
                    format!("an earlier behavior has the path {:?} already", behavior.path);
                self.add(format!("{place}.path"), message);
            }
        }
        for (path, trigger, association) in distribution.associations() {
            match association.function.version() {
                None => {
                    let function = &association.function;
                    self.add(&path, format!("name a version, for example \"{function}:1\""));
                }
                Some(version) if !is_published(&version) => {
                    self.add(&path, format!("{version} is not published"));
                }
                Some(_) => {}
            }
            if association.include_body && !trigger.is_request() {
                self.add(format!("{path}.include_body"), "only request triggers have a body");
            }
        }
    }

    fn quotas(&mut self, distribution: &Distribution, quotas: &Quotas) {
        let Distribution { aliases, origins, origin_groups, behaviors, .. } = distribution;
        for (path, found, most) in [
            ("aliases", aliases.len(), quotas.aliases),
            ("origins", origins.len(), quotas.origins),
            ("origin_groups", origin_groups.len(), quotas.origin_groups),
            ("behaviors", behaviors.len(), quotas.behaviors),
        ] {
            if found > most {
                let message =
                    format!("{found} are over the quota of {most} (quotas.{path} of the workers)");
                self.add(path, message);
            }
        }
    }

    fn behavior(&mut self, place: &str, behavior: &Behavior, distribution: &Distribution) {
        if let Err(message) = check_pattern(&behavior.path) {
            self.add(format!("{place}.path"), message);
        }
        let origin = &behavior.origin;
        if !distribution.origins.contains_key(origin)
            && !distribution.origin_groups.contains_key(origin)
        {
            self.add(format!("{place}.origin"), unknown_origin(origin, distribution, true));
        }
        // Settings of a policy are checked at the policy.
        if behavior.cache_policy.is_none() {
            self.cache_policy(&format!("{place}.cache"), &behavior.cache);
        }
        if behavior.origin_request_policy.is_none() {
            self.forward_policy(&format!("{place}.forward"), &behavior.forward);
        }
        if behavior.response_headers_policy.is_none()
            && let Some(policy) = &behavior.response_headers
        {
            self.response_headers(&format!("{place}.response_headers"), policy);
        }
    }

    fn policies(&mut self, policies: &Policies) {
        for (name, policy) in &policies.cache {
            self.cache_policy(&format!("policies.cache.{name}"), policy);
        }
        for (name, policy) in &policies.origin_request {
            self.forward_policy(&format!("policies.origin_request.{name}"), policy);
        }
        for (name, policy) in &policies.response_headers {
            self.response_headers(&format!("policies.response_headers.{name}"), policy);
        }
    }

    fn cache_policy(&mut self, place: &str, cache: &CachePolicy) {
        if cache.min_ttl > cache.max_ttl {
            self.add(format!("{place}.min_ttl"), "is longer than max_ttl");
        }
        for header in &cache.headers {
            if header.eq_ignore_ascii_case("cookie") {
                self.add(format!("{place}.headers"), "name cookies in `cookies` instead");
            }
            if header.eq_ignore_ascii_case("accept-encoding") && !cache.accept_encoding.is_empty() {
                let message = "leave Accept-Encoding out: `accept_encoding` has put it in the key";
                self.add(format!("{place}.headers"), message);
            }
            if let Some(why) = viewer_header::rejection(header, true) {
                self.add(format!("{place}.headers"), why);
            }
        }
    }

    fn forward_policy(&mut self, place: &str, forward: &ForwardPolicy) {
        if let Selection::Only(names) = &forward.headers {
            for why in names.iter().filter_map(|name| viewer_header::rejection(name, false)) {
                self.add(format!("{place}.headers"), why);
            }
        }
        for name in &forward.cloudfront_headers {
            let why = viewer_header::rejection(name, false);
            let is_one = viewer_header::has_prefix(name);
            let why =
                why.or_else(|| (!is_one).then(|| format!("{name} is not a CloudFront-* header")));
            if let Some(why) = why {
                self.add(format!("{place}.cloudfront_headers"), why);
            }
        }
    }

    fn response_headers(&mut self, place: &str, policy: &ResponseHeadersPolicy) {
        for (key, message) in policy.problems() {
            self.add(format!("{place}.{key}"), message);
        }
    }

    fn error_pages(&mut self, distribution: &Distribution) {
        let mut seen = BTreeSet::new();
        for (index, page) in distribution.error_pages.iter().enumerate() {
            let place = format!("error_pages[{index}]");
            if !ERROR_STATUSES.contains(&page.status) {
                let message = format!("{} is not one of {ERROR_STATUSES:?}", page.status);
                self.add(format!("{place}.status"), message);
            }
            if !seen.insert(page.status) {
                self.add(format!("{place}.status"), format!("{} is here twice", page.status));
            }
            if page.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
                self.add(format!("{place}.path"), "must begin with /");
            }
            if let Some(status) = page.response_status {
                if status != 200 && !ERROR_STATUSES.contains(&status) {
                    let message = format!("{status} is neither 200 nor one of {ERROR_STATUSES:?}");
                    self.add(format!("{place}.response_status"), message);
                }
                if page.path.is_none() {
                    self.add(format!("{place}.path"), "response_status needs a page");
                }
            }
        }
    }
}

fn unknown_origin(name: &str, distribution: &Distribution, groups: bool) -> String {
    let mut known: Vec<_> = distribution.origins.keys().map(String::as_str).collect();
    if groups {
        known.extend(distribution.origin_groups.keys().map(String::as_str));
    }
    format!("there is no origin {name:?}; the origins are {}", known.join(", "))
}

/// The characters and the length of a path pattern (`contract.md` 7.1).
fn check_pattern(pattern: &str) -> Result<(), String> {
    if pattern.is_empty() || pattern.chars().count() > PATTERN_MAX {
        return Err(format!("a pattern has 1 to {PATTERN_MAX} characters"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.*?$/~\"'@:+&".contains(c);
    match pattern.chars().find(|c| !allowed(*c)) {
        None => Ok(()),
        Some(c) => Err(format!("{pattern:?} has {c:?}, which patterns cannot have")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(document: &str) -> Vec<String> {
        let distribution: Distribution = toml::from_str(document).unwrap();
        let published = |version: &VersionId| version.to_string() == "known:1";
        check(&distribution, &Quotas::default(), &published)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_good_document_has_no_problem() {
        let document = r#"
            id = "d"
            aliases = ["shop.example.com", "*.shop.example.com"]
            origins.web.url = "http://127.0.0.1:81/base/"
            behaviors = [
                { path = "/a/*", origin = "web", functions.viewer-request = "known:1" },
                { path = "*", origin = "web" },
            ]
        "#;
        assert_eq!(problems(document), Vec::<String>::new());
    }

    #[test]
    fn quotas_are_told_with_their_settings() {
        let mut distribution: Distribution = toml::from_str(
            "id = \"d\"\norigins.web.url = \"http://h\"\nbehaviors = [{ path = \"*\", origin = \"web\" }]",
        )
        .unwrap();
        let first = distribution.behaviors[0].clone();
        distribution
            .behaviors
            .splice(0..0, (0..75).map(|n| Behavior { path: format!("/{n}"), ..first.clone() }));
        let found = |quotas| check(&distribution, &quotas, &|_| true);
        let problems = found(Quotas::default());
        assert_eq!(problems.len(), 1, "{problems:?}");
        let expected = "behaviors: 76 are over the quota of 75 (quotas.behaviors of the workers)";
        assert_eq!(problems[0].to_string(), expected);
        assert_eq!(found(Quotas { behaviors: 76, ..Quotas::default() }), []);
        assert_eq!(found(Quotas::UNLIMITED), []);
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_places() {
        let document = r#"
            id = "d"
            aliases = ["Shop", "a.*"]
            default_root_object = "/index.html"
            origins.web = { url = "http://h", attempts = 9, custom_headers.Host = "x" }
            origin_groups.ha = { primary = "web", secondary = "gone", failover = [200] }
            error_pages = [{ status = 200, response_status = 418 }]
            [[behaviors]]
            path = "/a b"
            origin = "wbe"
            cache = { min_ttl = "2h", max_ttl = "1h", headers = ["Cookie", "CloudFront-Viewer-Address", "Accept-Encoding"], accept_encoding = ["gzip"] }
            forward = { headers = ["CloudFront-Viewer-Header-Order", "CloudFront-Viewer-Address"], cloudfront_headers = ["Accept"] }
            functions.viewer-request = "gone:1"
            functions.origin-request = "known"
            functions.origin-response = { function = "known:1", include_body = true }
        "#;
        let expected = [
            r#"aliases[0]: "Shop" is not a host name: lower case, no port, * only as leading *."#,
            r#"aliases[1]: "a.*" is not a host name: lower case, no port, * only as leading *."#,
            "default_root_object: write it without the leading /",
            "origins.web.custom_headers.Host: cannot be a custom header of an origin",
            "origins.web.attempts: must be 1 to 3",
            r#"origin_groups.ha.secondary: there is no origin "gone"; the origins are web"#,
            "origin_groups.ha.failover: 200 is not one of [400, 403, 404, 416, 429, 500, 502, 503, 504]",
            r#"behaviors: the last one must have path = "*""#,
            r#"behaviors[0].path: "/a b" has ' ', which patterns cannot have"#,
            r#"behaviors[0].origin: there is no origin "wbe"; the origins are web, ha"#,
            "behaviors[0].cache.min_ttl: is longer than max_ttl",
            "behaviors[0].cache.headers: name cookies in `cookies` instead",
            "behaviors[0].cache.headers: CloudFront-Viewer-Address cannot be in the cache key; name it in forward.headers",
            "behaviors[0].cache.headers: leave Accept-Encoding out: `accept_encoding` has put it in the key",
            "behaviors[0].forward.headers: CloudFront-Viewer-Header-Order has no value here: the order in which headers arrived is not kept",
            "behaviors[0].forward.cloudfront_headers: Accept is not a CloudFront-* header",
            "behaviors[0].functions.viewer-request: gone:1 is not published",
            r#"behaviors[0].functions.origin-request: name a version, for example "known:1""#,
            "behaviors[0].functions.origin-response.include_body: only request triggers have a body",
            "error_pages[0].status: 200 is not one of [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]",
            "error_pages[0].response_status: 418 is neither 200 nor one of [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]",
            "error_pages[0].path: response_status needs a page",
        ];
        assert_eq!(problems(document), expected);
    }
}
