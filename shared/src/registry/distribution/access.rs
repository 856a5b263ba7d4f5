//! Who may see a distribution's content: networks, countries, rates, and keys of signers.
//!
//! A release that does not know one of these fields must not serve the distribution without it. So a
//! stored distribution names them in `requires` ([`Distribution::required`]).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Behavior, Distribution, ResponseHeadersPolicy};
use crate::duration_text;
use crate::network::Network;
use crate::private_content::PublicKey;

/// Features of a stored distribution that a release must know to serve it.
///
/// There is none for what an older release leaves out without harm. A bucket or a server rejects a
/// request that is not signed or has no client certificate.
pub const FEATURES: [&str; 7] = [
    "key-groups",
    "geo-restriction",
    "ip-lists",
    "rate-limits",
    "viewer-protocol-policy",
    "response-headers",
    "security-policy",
];

/// Most networks of one list or set. CloudFront's firewall (AWS WAF) has the same limit.
const NETWORKS_MAX: usize = 10_000;

/// Most characters of the id of a key, or of the name of a key group or a set of networks.
const NAME_MAX: usize = 64;

/// The shortest and the longest time of a rate.
const PER: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);

/// Most requests of a rate, and most at once.
const REQUESTS_MAX: u32 = 1_000_000;

/// The conditions under which a behavior answers a viewer at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Only these viewers are answered; empty for all. Networks, or names of `ip_sets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// These viewers are not answered, even if `allow` has them. Networks, or names of `ip_sets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// How many requests a client may send to one gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

/// How many requests one client may send. A client is an IPv4 address, or the `/64` of an IPv6
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests in the time `per`, in the long run.
    pub requests: u32,
    /// The time.
    #[serde(with = "duration_text")]
    pub per: Duration,
    /// Most requests at once, after a pause; `requests` if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// Countries whose viewers are answered, or are not (`contract.md` 7.18). Codes of ISO 3166-1, in
/// two capital letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeoRestriction {
    /// Only these.
    Allow(Vec<String>),
    /// All but these.
    Deny(Vec<String>),
}

/// A problem: the keys that lead to it, and what to do.
pub type Found = (String, String);

// === impl Access ===

impl Access {
    /// True if nothing is restricted.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    fn problems(&self, sets: &BTreeMap<String, Vec<String>>) -> Vec<Found> {
        let mut found = Vec::new();
        for (key, list) in [("allow", &self.allow), ("deny", &self.deny)] {
            found.extend(list_problems(key, list, Some(sets)));
        }
        for why in self.rate_limit.iter().flat_map(RateLimit::problems) {
            found.push(("rate_limit".to_owned(), why));
        }
        found
    }
}

// === impl RateLimit ===

impl RateLimit {
    /// Most requests at once.
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.requests)
    }

    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let counts = 1..=REQUESTS_MAX;
        if !counts.contains(&self.requests) || !counts.contains(&self.burst()) {
            found.push(format!("requests and burst must be 1 to {REQUESTS_MAX}"));
        }
        if !PER.contains(&self.per) {
            found.push("per must be 1s to 1h".to_owned());
        }
        found
    }
}

// === impl GeoRestriction ===

impl GeoRestriction {
    /// True if viewers in this country are answered.
    pub fn allows(&self, country: &str) -> bool {
        match self {
            Self::Allow(countries) => countries.iter().any(|allowed| allowed == country),
            Self::Deny(countries) => !countries.iter().any(|denied| denied == country),
        }
    }

    fn problems(&self) -> Vec<Found> {
        let (key, countries) = match self {
            Self::Allow(countries) => ("allow", countries),
            Self::Deny(countries) => ("deny", countries),
        };
        let path = format!("geo_restriction.{key}");
        let is_code =
            |code: &&String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        if countries.is_empty() {
            let message = "there is no country; leave geo_restriction out to allow all";
            return vec![(path, message.to_owned())];
        }
        let wrong = countries.iter().find(|code| !is_code(code));
        let message = |code| {
            format!("{code:?} is not a country: write its code of ISO 3166-1, for example \"DE\"")
        };
        wrong.map(|code| (path, message(code))).into_iter().collect()
    }
}

// === impl Distribution ===

impl Distribution {
    /// The features that a release must know to serve this document ([`FEATURES`]).
    pub fn required(&self) -> Vec<String> {
        let any = |uses: fn(&Behavior) -> bool| self.behaviors.iter().any(uses);
        let [keys, geo, lists, rates, protocols, headers, security] = FEATURES;
        let used = [
            (keys, any(|behavior| !behavior.trusted_key_groups.is_empty())),
            (geo, self.geo_restriction.is_some()),
            (
                lists,
                any(|behavior| {
                    !behavior.access.allow.is_empty() || !behavior.access.deny.is_empty()
                }),
            ),
            (rates, any(|behavior| behavior.access.rate_limit.is_some())),
            (protocols, any(|behavior| !behavior.viewer_protocol_policy.allows_http())),
            (
                headers,
                any(|behavior| {
                    behavior.response_headers.as_ref().is_some_and(ResponseHeadersPolicy::protects)
                }),
            ),
            (security, self.viewer_certificate.minimum_protocol_version.is_some()),
        ];
        used.iter().filter(|(_, used)| *used).map(|(name, _)| (*name).to_owned()).collect()
    }

    /// The networks that a list of [`Access`] means. Fails with an entry that is no network.
    pub fn networks(&self, list: &[String]) -> Result<Vec<Network>, String> {
        let mut networks = Vec::new();
        for entry in list {
            let entries =
                self.ip_sets.get(entry).map_or(std::slice::from_ref(entry), Vec::as_slice);
            for entry in entries {
                networks.push(entry.parse::<Network>().map_err(|error| error.to_string())?);
            }
        }
        Ok(networks)
    }

    /// The public keys that a behavior trusts, by id.
    pub fn trusted_keys(&self, behavior: &Behavior) -> BTreeMap<String, PublicKey> {
        let groups = behavior.trusted_key_groups.iter();
        let ids = groups.filter_map(|group| self.key_groups.get(group)).flatten();
        let key =
            |id: &String| Some((id.clone(), PublicKey::from_pem(self.public_keys.get(id)?).ok()?));
        ids.filter_map(key).collect()
    }

    /// Everything that is wrong with the restrictions of this document.
    pub(in crate::registry) fn access_problems(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for (id, pem) in &self.public_keys {
            let path = format!("public_keys.{id}");
            found.extend(name_problem(id).map(|why| (path.clone(), why)));
            found.extend(PublicKey::from_pem(pem).err().map(|error| (path, error.to_string())));
        }
        for (name, ids) in &self.key_groups {
            let path = format!("key_groups.{name}");
            found.extend(name_problem(name).map(|why| (path.clone(), why)));
            if ids.is_empty() {
                found.push((path.clone(), "there is no key in it".to_owned()));
            }
            let unknown = ids.iter().find(|id| !self.public_keys.contains_key(*id));
            found.extend(
                unknown.map(|id| (path, unknown_name("public key", id, &self.public_keys))),
            );
        }
        for (name, networks) in &self.ip_sets {
            let path = format!("ip_sets.{name}");
            found.extend(name_problem(name).map(|why| (path.clone(), why)));
            found.extend(list_problems(&path, networks, None));
        }
        found.extend(self.geo_restriction.iter().flat_map(GeoRestriction::problems));
        for (index, behavior) in self.behaviors.iter().enumerate() {
            let place = format!("behaviors[{index}]");
            let groups = behavior.trusted_key_groups.iter();
            let unknown = groups.filter(|group| !self.key_groups.contains_key(*group));
            found.extend(unknown.map(|group| {
                let why = unknown_name("key group", group, &self.key_groups);
                (format!("{place}.trusted_key_groups"), why)
            }));
            let problems = behavior.access.problems(&self.ip_sets).into_iter();
            found.extend(problems.map(|(key, why)| (format!("{place}.access.{key}"), why)));
        }
        found
    }
}

/// Problems of a list of networks; with `sets`, names of them may be in it.
fn list_problems(
    path: &str,
    list: &[String],
    sets: Option<&BTreeMap<String, Vec<String>>>,
) -> Vec<Found> {
    let mut found = Vec::new();
    if list.len() > NETWORKS_MAX {
        let why = format!("has {} networks; {NETWORKS_MAX} are allowed", list.len());
        found.push((path.to_owned(), why));
    }
    if sets.is_none() && list.is_empty() {
        found.push((path.to_owned(), "there is no network in it".to_owned()));
    }
    for entry in list {
        let why = match (entry.parse::<Network>(), sets) {
            (Ok(network), _) if network.has_host_bits() => {
                let (first, last) = network.range();
                Some(format!(
                    "{entry} has bits after its prefix; write {first} with the prefix for \
                     {first} to {last}, or leave the prefix out for one address"
                ))
            }
            (Ok(_), _) => None,
            (Err(_), Some(sets)) if sets.contains_key(entry) => None,
            (Err(_), Some(sets)) if !entry.contains(['.', ':', '/']) => {
                Some(unknown_name("set of networks", entry, sets))
            }
            (Err(error), _) => Some(error.to_string()),
        };
        found.extend(why.map(|why| (path.to_owned(), why)));
    }
    found
}

fn name_problem(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_name = (1..=NAME_MAX).contains(&name.len()) && name.chars().all(fits);
    (!is_name).then(|| {
        format!("{name:?} is not a name: letters, digits, - and _, at most {NAME_MAX} of them")
    })
}

fn unknown_name<V>(what: &str, name: &str, known: &BTreeMap<String, V>) -> String {
    let known = known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let known =
        if known.is_empty() { "there are none".to_owned() } else { format!("there are {known}") };
    format!("there is no {what} {name:?}; {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgs/WPJmSkVWaiNCBlL+0GhA1hhR0\n\
        7JLE1x2Mdsm03w1lNB+k5etndPHXtDcTSLQ1jnvZ2Et3FYEgajE8rlxJYg==\n\
        -----END PUBLIC KEY-----\n";

    fn distribution(more: &str) -> Distribution {
        let document = format!(
            r#"
            id = "d"
            origins.web.url = "http://h"
            {more}
            "#
        );
        toml::from_str(&document).unwrap()
    }

    fn problems(more: &str) -> Vec<String> {
        let found = distribution(more).access_problems();
        found.into_iter().map(|(path, why)| format!("{path}: {why}")).collect()
    }

    #[test]
    fn a_sound_document_says_which_features_it_needs() {
        let sound = distribution(
            r#"
            geo_restriction.deny = ["DE"]
            ip_sets.office = ["192.0.2.0/24", "2001:db8::/32"]
            [[behaviors]]
            path = "*"
            origin = "web"
            access = { allow = ["office", "198.51.100.7"], rate_limit = { requests = 9, per = "1m" } }
            "#,
        );
        assert_eq!(sound.access_problems(), []);
        assert_eq!(sound.required(), ["geo-restriction", "ip-lists", "rate-limits"]);
        let networks = sound.networks(&sound.behaviors[0].access.allow).unwrap();
        let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]);
        let plain = distribution("behaviors = [{ path = '*', origin = 'web' }]");
        assert_eq!((plain.required(), plain.access_problems()), (vec![], vec![]));
        assert!(plain.networks(&["home".to_owned()]).is_err());
    }

    #[test]
    fn policies_that_hide_or_protect_are_features() {
        for (policy, required) in [
            (r#"remove_headers = ["x-internal"]"#, true),
            (r#"security.frame_options = { option = "DENY" }"#, true),
            (r#"custom_headers.x-robots-tag = { value = "noindex" }"#, true),
            (r#"cors = { allow_origins = ["https://a.test"], override = true }"#, true),
            (r#"cors = { allow_origins = ["https://a.test"] }"#, false),
            ("server_timing = 5.0", false),
        ] {
            let behavior = r#"path = "*", origin = "web""#;
            let text = format!("behaviors = [{{ {behavior}, response_headers = {{ {policy} }} }}]");
            let expected = if required { vec!["response-headers"] } else { vec![] };
            assert_eq!(distribution(&text).required(), expected, "{policy}");
        }
        let secure = r#"behaviors = [{ path = "*", origin = "web", viewer_protocol_policy = "https-only" }]"#;
        assert_eq!(distribution(secure).required(), ["viewer-protocol-policy"]);
        let strict = r#"
            viewer_certificate.minimum_protocol_version = "TLSv1.3_2025"
            behaviors = [{ path = "*", origin = "web" }]
        "#;
        assert_eq!(distribution(strict).required(), ["security-policy"]);
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let found = problems(
            r#"
            public_keys = { K1 = "x", "K 2" = "y" }
            key_groups = { none = [], some = ["K3"] }
            geo_restriction.allow = ["Germany"]
            ip_sets = { home = [], "a.b" = ["192.0.2.7/24"] }
            [[behaviors]]
            path = "*"
            origin = "web"
            trusted_key_groups = ["others"]
            [behaviors.access]
            allow = ["hone", "192.0.2.0/40"]
            rate_limit = { requests = 0, per = "2h" }
            "#,
        );
        for (found, expected) in found.iter().zip([
            "public_keys.K 2: \"K 2\" is not a name",
            "public_keys.K 2: is not PEM",
            "public_keys.K1: is not PEM",
            "key_groups.none: there is no key in it",
            "key_groups.some: there is no public key \"K3\"; there are K 2, K1",
            "ip_sets.a.b: \"a.b\" is not a name",
            "ip_sets.a.b: 192.0.2.7/24 has bits after its prefix; write 192.0.2.0 with",
            "ip_sets.home: there is no network in it",
            "geo_restriction.allow: \"Germany\" is not a country",
            "behaviors[0].trusted_key_groups: there is no key group \"others\"; there are none, some",
            "behaviors[0].access.allow: there is no set of networks \"hone\"; there are a.b, home",
            "behaviors[0].access.allow: \"192.0.2.0/40\" is not a network",
            "behaviors[0].access.rate_limit: requests and burst must be 1 to 1000000",
            "behaviors[0].access.rate_limit: per must be 1s to 1h",
        ]) {
            assert!(found.starts_with(expected), "{found}\n{expected}");
        }
        assert_eq!(found.len(), 14, "{found:#?}");
    }

    #[test]
    fn a_key_is_trusted_by_its_groups() {
        let document = distribution(&format!(
            r#"
            public_keys = {{ K1 = """{KEY}""", K2 = """{KEY}""" }}
            key_groups = {{ one = ["K1"] }}
            [[behaviors]]
            path = "*"
            origin = "web"
            trusted_key_groups = ["one"]
            "#
        ));
        assert_eq!(document.access_problems(), []);
        assert_eq!(document.required(), ["key-groups"]);
        let keys = document.trusted_keys(&document.behaviors[0]);
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["K1"]);
    }
}
