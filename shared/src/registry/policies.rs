//! Gives each behavior the settings of the policies that it names.
//!
//! A policy is the document's own or a [managed] one of CloudFront. Its settings are copied into
//! the behavior when the document is applied. So a stored document is complete: gateways look
//! nothing up, a rollback brings the policies of its time back, and releases that do not know
//! policies cache and forward by them all the same.

pub mod managed;

use std::collections::BTreeMap;

use super::Problem;
use super::distribution::{
    Behavior, CachePolicy, Distribution, ForwardPolicy, ResponseHeadersPolicy,
};
use managed::Managed;

/// Longest name of a policy, in characters.
const NAME_MAX: usize = 128;

/// The policies of one kind that a document may name.
struct Kind<'a, P> {
    /// The key of a behavior that names one.
    key: &'static str,
    /// The key of a behavior with the same settings by hand.
    by_hand: &'static str,
    /// The table of the document's own ones.
    table: &'static str,
    own: &'a BTreeMap<String, P>,
    managed: &'a [Managed<P>],
}

/// Copies the settings of the policies that behaviors name into the behaviors. Does nothing more to
/// a document to which this was done before. Returns what prevents it: names that no policy has,
/// behaviors with settings beside a policy, and own policies whose names are not allowed.
pub fn resolve(distribution: &mut Distribution) -> Vec<Problem> {
    let own = std::mem::take(&mut distribution.policies);
    let (cache, origin_request, response_headers) =
        (managed::cache(), managed::origin_request(), managed::response_headers());
    let cache: Kind<'_, CachePolicy> = Kind {
        key: "cache_policy",
        by_hand: "cache",
        table: "policies.cache",
        own: &own.cache,
        managed: &cache,
    };
    let origin_request: Kind<'_, ForwardPolicy> = Kind {
        key: "origin_request_policy",
        by_hand: "forward",
        table: "policies.origin_request",
        own: &own.origin_request,
        managed: &origin_request,
    };
    let response_headers: Kind<'_, ResponseHeadersPolicy> = Kind {
        key: "response_headers_policy",
        by_hand: "response_headers",
        table: "policies.response_headers",
        own: &own.response_headers,
        managed: &response_headers,
    };
    let mut problems = cache.names();
    problems.extend(origin_request.names());
    problems.extend(response_headers.names());
    for (index, behavior) in distribution.behaviors.iter_mut().enumerate() {
        let place = format!("behaviors[{index}]");
        let Behavior {
            cache: kept,
            cache_policy,
            forward,
            origin_request_policy,
            response_headers: headers,
            response_headers_policy,
            ..
        } = behavior;
        let results = [
            cache.give(&place, cache_policy.as_deref(), kept),
            origin_request.give(&place, origin_request_policy.as_deref(), forward),
            response_headers.give(
                &place,
                response_headers_policy.as_deref(),
                headers.get_or_insert_default(),
            ),
        ];
        headers.take_if(|headers| *headers == ResponseHeadersPolicy::default());
        problems.extend(results.into_iter().filter_map(Result::err));
    }
    distribution.policies = own;
    problems
}

/// The settings of a behavior that a policy has too, each as the keys of the policy's name and of
/// the settings. A behavior has only one of the two.
pub const EXCLUSIVE: [(&str, &str); 3] = [
    ("cache_policy", "cache"),
    ("origin_request_policy", "forward"),
    ("response_headers_policy", "response_headers"),
];

/// The message about a behavior with both keys.
pub fn both(key: &str, by_hand: &str) -> String {
    format!(
        "a behavior has either `{key}` or `{by_hand}`; put the settings of `{by_hand}` into a \
         policy of your own, or leave one of the two out"
    )
}

// === impl Kind ===

impl<P: Clone + Default + PartialEq> Kind<'_, P> {
    /// Gives a behavior the settings of the policy that it names.
    fn give(&self, place: &str, name: Option<&str>, settings: &mut P) -> Result<(), Problem> {
        let Some(name) = name else { return Ok(()) };
        let problem = |message| Problem { path: format!("{place}.{}", self.key), message };
        let policy = self.find(name).ok_or_else(|| problem(self.unknown(name)))?;
        if *settings != P::default() && settings != policy {
            return Err(problem(both(self.key, self.by_hand)));
        }
        settings.clone_from(policy);
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&P> {
        let managed = || self.managed.iter().find(|managed| managed.is(name));
        self.own.get(name).or_else(|| managed().map(|managed| &managed.policy))
    }

    fn unknown(&self, name: &str) -> String {
        let bare = name.strip_prefix(managed::PREFIX).unwrap_or(name);
        let own = self.own.keys().map(String::as_str);
        let known = || own.clone().chain(self.managed.iter().map(|managed| managed.name));
        match known().find(|known| known.eq_ignore_ascii_case(bare)) {
            Some(near) => format!("there is no policy {name:?}; did you mean {near:?}?"),
            None => format!(
                "there is no policy {name:?}; write [{}.{bare}], or name one of {}",
                self.table,
                known().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    /// The problems of the names of own policies.
    fn names(&self) -> Vec<Problem> {
        let why = |name: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(is_plain) {
                return Some(format!("a name has 1 to {NAME_MAX} letters, digits, - and _"));
            }
            let managed = self.managed.iter().find(|managed| managed.is(name));
            managed.map(|managed| format!("CloudFront's policy {} has this name", managed.name))
        };
        let names = self.own.keys();
        let problem = |name: &String| {
            why(name).map(|message| Problem { path: format!("{}.{name}", self.table), message })
        };
        names.filter_map(problem).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::check::{Quotas, check};

    fn resolved(text: &str) -> (Distribution, Vec<String>) {
        let head = "id = 'd'\norigins.web.url = 'http://h'\n";
        let mut document = toml::from_str(&format!("{head}{text}")).unwrap();
        let problems = resolve(&mut document);
        (document, problems.iter().map(ToString::to_string).collect())
    }

    fn behavior(fields: &str) -> String {
        format!("behaviors = [{{ path = '*', origin = 'web', {fields} }}]\n")
    }

    #[test]
    fn policies_are_found_by_name_by_full_name_and_by_id() {
        for name in
            ["CachingOptimized", "Managed-CachingOptimized", "658327ea-f89d-4fab-a63d-7e88639e58f6"]
        {
            let (document, problems) = resolved(&behavior(&format!("cache_policy = '{name}'")));
            assert_eq!(problems, [""; 0]);
            let behavior = &document.behaviors[0];
            assert_eq!(behavior.cache_policy.as_deref(), Some(name));
            assert_eq!(behavior.cache.min_ttl.as_secs(), 1);
            assert_eq!(behavior.cache.accept_encoding.len(), 2);
            assert_eq!(
                (&behavior.forward, &behavior.response_headers),
                (&Default::default(), &None)
            );
        }
    }

    #[test]
    fn several_behaviors_share_an_own_policy() {
        let (document, problems) = resolved(
            "behaviors = [
                { path = '/a', origin = 'web', cache_policy = 'pages', response_headers_policy = 'safe' },
                { path = '/b', origin = 'web', origin_request_policy = 'AllViewer' },
                { path = '*', origin = 'web', cache_policy = 'pages', origin_request_policy = 'lean' },
            ]
            policies.cache.pages = { min_ttl = '5s', query_strings = ['page'] }
            policies.origin_request.lean = { headers = ['accept'] }
            policies.response_headers.safe = { remove_headers = ['x-powered-by'] }",
        );
        assert_eq!(problems, [""; 0]);
        let behaviors = &document.behaviors;
        assert_eq!(behaviors[0].cache, document.policies.cache["pages"]);
        assert_eq!(behaviors[2].cache, document.policies.cache["pages"]);
        assert_eq!(behaviors[2].forward, document.policies.origin_request["lean"]);
        let safe = &document.policies.response_headers["safe"];
        assert_eq!(behaviors[0].response_headers.as_ref(), Some(safe));
        assert_eq!(behaviors[1].response_headers, None);
        assert_eq!(check(&document, &Quotas::default(), &|_| true), []);
        // A stored document is applied again as it is.
        let text = serde_json::to_string(&document).unwrap();
        let mut again: Distribution = serde_json::from_str(&text).unwrap();
        assert_eq!(resolve(&mut again), []);
        assert_eq!(again, document);
    }

    #[test]
    fn a_policy_beside_the_same_settings_by_hand_is_a_problem() {
        for (fields, expected) in [
            (
                "cache_policy = 'CachingDisabled', cache = { min_ttl = '1s' }",
                "`cache_policy` or `cache`",
            ),
            (
                "origin_request_policy = 'AllViewer', forward = { headers = 'all' }",
                "`origin_request_policy` or `forward`",
            ),
            (
                "response_headers_policy = 'SimpleCORS', response_headers = { server_timing = 1 }",
                "`response_headers_policy` or `response_headers`",
            ),
        ] {
            let (_, problems) = resolved(&behavior(fields));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].contains(expected), "{problems:?}");
        }
    }

    #[test]
    fn unknown_names_are_told_with_the_known_ones() {
        let (_, problems) = resolved(&behavior(
            "cache_policy = 'cachingoptimized', origin_request_policy = 'gone', response_headers_policy = 'Managed-simplecors'",
        ));
        assert_eq!(
            problems,
            [
                "behaviors[0].cache_policy: there is no policy \"cachingoptimized\"; did you mean \"CachingOptimized\"?",
                "behaviors[0].origin_request_policy: there is no policy \"gone\"; write [policies.origin_request.gone], or name one of AllViewer, AllViewerAndCloudFrontHeaders-2022-06, AllViewerExceptHostHeader, CORS-CustomOrigin, CORS-S3Origin, Elemental-MediaTailor-PersonalizedManifests, HostHeaderOnly, UserAgentRefererHeaders",
                "behaviors[0].response_headers_policy: there is no policy \"Managed-simplecors\"; did you mean \"SimpleCORS\"?",
            ]
        );
    }

    #[test]
    fn own_policies_have_names_of_their_own() {
        let long = "n".repeat(NAME_MAX + 1);
        let (_, problems) = resolved(&format!(
            "behaviors = [{{ path = '*', origin = 'web' }}]
            policies.cache = {{ CachingDisabled = {{}}, 'a.b' = {{}}, AllViewer = {{}} }}
            policies.origin_request = {{ Managed-AllViewer = {{}}, {long} = {{}} }}
            policies.response_headers = {{ '60669652-455b-4ae9-85a4-c4c02393f86c' = {{}} }}"
        ));
        let name = "a name has 1 to 128 letters, digits, - and _";
        assert_eq!(
            problems,
            [
                "policies.cache.CachingDisabled: CloudFront's policy CachingDisabled has this name",
                &format!("policies.cache.a.b: {name}"),
                "policies.origin_request.Managed-AllViewer: CloudFront's policy AllViewer has this name",
                &format!("policies.origin_request.{long}: {name}"),
                "policies.response_headers.60669652-455b-4ae9-85a4-c4c02393f86c: CloudFront's policy SimpleCORS has this name",
            ]
        );
    }

    #[test]
    fn every_managed_policy_can_be_used() {
        let all = [
            managed::cache().iter().map(|p| ("cache_policy", p.name)).collect::<Vec<_>>(),
            managed::origin_request().iter().map(|p| ("origin_request_policy", p.name)).collect(),
            managed::response_headers()
                .iter()
                .map(|p| ("response_headers_policy", p.name))
                .collect(),
        ];
        let all = all.concat();
        assert_eq!(all.len(), 7 + 8 + 5);
        for (key, name) in all {
            let (document, problems) = resolved(&behavior(&format!("{key} = '{name}'")));
            assert_eq!(problems, [""; 0], "{name}");
            assert_eq!(check(&document, &Quotas::default(), &|_| true), [], "{name}");
        }
    }
}
