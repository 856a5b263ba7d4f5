//! The policy that a signature covers: what may be seen, when, and from which address.

use std::net::IpAddr;

use serde::Deserialize;
use wildmatch::WildMatch;

use crate::network::Network;

/// A policy, read from its JSON text.
///
/// A condition that is not known here would make the policy narrower than it looks, so a policy with
/// one is rejected.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The URLs that may be seen; `None` means everything behind the keys.
    resource: Option<String>,
    /// Seconds since 1970. It is valid before this time.
    ends: u64,
    /// It is valid after this time.
    begins: Option<u64>,
    /// The addresses for which it is valid.
    network: Option<Network>,
}

/// A request that a policy is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Viewing<'a> {
    /// The URL without the parameters of the signature, as the viewer wrote it.
    pub url: &'a str,
    /// The URL with its path in normal form, if that is another. The policy has to allow both,
    /// because an origin may read `/a/../b` as `/b`.
    pub normal_url: Option<&'a str>,
    /// The viewer's address.
    pub address: IpAddr,
    /// The present time in seconds since 1970.
    pub now: u64,
}

/// Why a policy does not let a viewer see a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Its text is not a policy.
    #[error("the policy cannot be read: {0}")]
    Malformed(String),
    /// It ended.
    #[error("the policy ended at {ends}, and it is {now}")]
    Ended {
        /// When, in seconds since 1970.
        ends: u64,
        /// The present time.
        now: u64,
    },
    /// It has not begun.
    #[error("the policy begins after {begins}, and it is {now}")]
    NotBegun {
        /// When, in seconds since 1970.
        begins: u64,
        /// The present time.
        now: u64,
    },
    /// It is for other resources.
    #[error("the policy is for {resource:?}, and not for {url:?}")]
    Resource {
        /// The policy's.
        resource: String,
        /// The viewer's.
        url: String,
    },
    /// It is for other addresses.
    #[error("the policy is for {network}, and not for {address}")]
    Address {
        /// The policy's.
        network: Network,
        /// The viewer's.
        address: IpAddr,
    },
}

/// The text of a canned policy, exactly as signers sign it.
///
/// `None` if a URL has characters that would need an escape in the text. They are not allowed in
/// URLs anyway.
pub fn canned_policy(url: &str, ends: &str) -> Option<String> {
    let is_plain = |byte: u8| !byte.is_ascii_control() && byte != b'"' && byte != b'\\';
    let is_number = !ends.is_empty() && ends.bytes().all(|byte| byte.is_ascii_digit());
    (url.bytes().all(is_plain) && is_number).then(|| {
        format!(
            "{{\"Statement\":[{{\"Resource\":\"{url}\",\"Condition\":{{\"DateLessThan\":{{\
             \"AWS:EpochTime\":{ends}}}}}}}]}}"
        )
    })
}

// === impl Policy ===

impl Policy {
    /// Reads the text of a policy.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        let malformed = |error: String| PolicyError::Malformed(error);
        let document: Document =
            serde_json::from_slice(text).map_err(|error| malformed(error.to_string()))?;
        let [statement] = <[Statement; 1]>::try_from(document.statement)
            .map_err(|all| malformed(format!("it has {} statements, and not one", all.len())))?;
        let condition = statement.condition;
        Ok(Self {
            resource: statement.resource,
            ends: condition.date_less_than.epoch_time,
            begins: condition.date_greater_than.map(|time| time.epoch_time),
            network: condition.ip_address.map(|address| address.source_ip),
        })
    }

    /// The policy of a canned text whose signature is valid for this URL.
    pub fn canned(ends: u64) -> Self {
        Self { resource: None, ends, begins: None, network: None }
    }

    /// Checks everything that the policy says.
    pub fn check(&self, viewing: &Viewing<'_>) -> Result<(), PolicyError> {
        if let Some(resource) = &self.resource {
            let allowed = WildMatch::new(resource);
            let urls = [Some(viewing.url), viewing.normal_url];
            if let Some(url) = urls.into_iter().flatten().find(|url| !allowed.matches(url)) {
                let (resource, url) = (resource.clone(), url.to_owned());
                return Err(PolicyError::Resource { resource, url });
            }
        }
        if let Some(network) = self.network
            && !network.is_every_ipv4()
            && !network.contains(viewing.address)
        {
            return Err(PolicyError::Address { network, address: viewing.address });
        }
        let now = viewing.now;
        if let Some(begins) = self.begins.filter(|begins| now <= *begins) {
            return Err(PolicyError::NotBegun { begins, now });
        }
        if now >= self.ends {
            return Err(PolicyError::Ended { ends: self.ends, now });
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "Statement")]
    statement: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Resource")]
    resource: Option<String>,
    #[serde(rename = "Condition")]
    condition: Condition,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "DateLessThan")]
    date_less_than: Time,
    #[serde(rename = "DateGreaterThan")]
    date_greater_than: Option<Time>,
    #[serde(rename = "IpAddress")]
    ip_address: Option<Address>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    #[serde(rename = "AWS:EpochTime")]
    epoch_time: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    #[serde(rename = "AWS:SourceIp")]
    source_ip: Network,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn policy(resource: &str, condition: &str) -> Policy {
        let text = format!(
            r#"{{ "Statement": [{{ "Resource": "{resource}", "Condition": {{
                "DateLessThan": {{ "AWS:EpochTime": 1700000001 }} {condition} }} }}] }}"#
        );
        Policy::parse(text.as_bytes()).unwrap()
    }

    fn check(policy: &Policy, url: &str) -> Result<(), PolicyError> {
        let address = "192.0.2.7".parse().unwrap();
        policy.check(&Viewing { url, normal_url: None, address, now: NOW })
    }

    #[test]
    fn the_canned_text_is_the_signers() {
        assert_eq!(
            canned_policy("https://h/a?b=1", "1700000000").unwrap(),
            r#"{"Statement":[{"Resource":"https://h/a?b=1","Condition":{"DateLessThan":{"AWS:EpochTime":1700000000}}}]}"#
        );
        for (url, ends) in
            [("http://h/\"", "1"), ("http://h/\\", "1"), ("http://h/\n", "1"), ("http://h/", "+1")]
        {
            assert_eq!(canned_policy(url, ends), None, "{url} {ends}");
        }
    }

    #[test]
    fn wildcards_match_any_part_of_the_url() {
        for (resource, url, expected) in [
            ("http://h/a", "http://h/a", true),
            ("http://h/a", "http://h/a?b", false),
            ("http://h/A", "http://h/a", false),
            ("http*://h/*", "https://h/a/b?c=d", true),
            ("http*://h/*", "http://other/a", false),
            ("http://h/a?", "http://h/ab", true),
            ("http://h/a?", "http://h/a", false),
            ("http://h/a?b=1", "http://h/a?b=1", true),
            ("*", "https://any/thing", true),
            ("http://h/*.jpg", "http://h/a/b.jpg", true),
            ("http://h/*.jpg", "http://h/a/b.png", false),
        ] {
            assert_eq!(check(&policy(resource, ""), url).is_ok(), expected, "{resource} {url}");
        }
        let both = Viewing {
            url: "http://h/a/../b",
            normal_url: Some("http://h/b"),
            address: "192.0.2.7".parse().unwrap(),
            now: NOW,
        };
        assert!(policy("http://h/a/*", "").check(&both).is_err());
        assert!(policy("http://h/*", "").check(&both).is_ok());
    }

    #[test]
    fn times_and_addresses_have_to_fit() {
        let at = |policy: &Policy, now, address: &str| {
            let address = address.parse().unwrap();
            policy.check(&Viewing { url: "http://h/", normal_url: None, address, now })
        };
        let plain = policy("*", "");
        assert!(at(&plain, NOW, "192.0.2.7").is_ok());
        assert!(matches!(at(&plain, NOW + 1, "192.0.2.7"), Err(PolicyError::Ended { .. })));
        let later = policy("*", r#", "DateGreaterThan": { "AWS:EpochTime": 1700000000 }"#);
        assert!(matches!(at(&later, NOW, "192.0.2.7"), Err(PolicyError::NotBegun { .. })));
        let earlier = policy("*", r#", "DateGreaterThan": { "AWS:EpochTime": 1699999999 }"#);
        assert!(at(&earlier, NOW, "192.0.2.7").is_ok());
        let of = |network: &str| {
            policy("*", &format!(r#", "IpAddress": {{ "AWS:SourceIp": "{network}" }}"#))
        };
        for (network, address, expected) in [
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7/32", "192.0.2.8", false),
            ("192.0.2.0/24", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8::1", true),
            ("0.0.0.0/0", "2001:db8::1", true),
        ] {
            let checked = at(&of(network), NOW, address);
            assert_eq!(checked.is_ok(), expected, "{network} {address} {checked:?}");
        }
    }

    #[test]
    fn texts_that_might_mean_more_are_rejected() {
        let date = r#""DateLessThan":{"AWS:EpochTime":1}"#;
        for text in [
            String::new(),
            "{}".to_owned(),
            "[]".to_owned(),
            r#"{"Statement":[]}"#.to_owned(),
            r#"{"Statement":{}}"#.to_owned(),
            r#"{"Statement":[{"Resource":"*"}]}"#.to_owned(),
            r#"{"Statement":[{"Resource":"*","Condition":{}}]}"#.to_owned(),
            format!(r#"{{"Statement":[{{"Resource":["*"],"Condition":{{{date}}}}}]}}"#),
            format!(r#"{{"Statement":[{{"Resource":"*","Condition":{{{date},{date}}}}}]}}"#),
            format!(
                r#"{{"Statement":[{{"Resource":"*","Condition":{{{date},"StringEquals":{{}}}}}}]}}"#
            ),
            format!(
                r#"{{"Statement":[{{"Effect":"Deny","Resource":"*","Condition":{{{date}}}}}]}}"#
            ),
            format!(r#"{{"Statement":[{{"Condition":{{{date}}}}},{{"Condition":{{{date}}}}}]}}"#),
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":-1}}}]}"#.to_owned(),
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":"9"}}}]}"#.to_owned(),
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1e3}}}]}"#.to_owned(),
            format!(
                r#"{{"Statement":[{{"Condition":{{{date},"IpAddress":{{"AWS:SourceIp":"x"}}}}}}]}}"#
            ),
            "[".repeat(100_000),
            format!("{{\"Statement\":{}", "[".repeat(100_000)),
        ] {
            let parsed = Policy::parse(text.as_bytes());
            let shown: String = text.chars().take(90).collect();
            assert!(matches!(parsed, Err(PolicyError::Malformed(_))), "{shown}: {parsed:?}");
        }
        let everything = format!(r#"{{"Statement":[{{"Condition":{{{date}}}}}]}}"#);
        assert_eq!(Policy::parse(everything.as_bytes()).unwrap(), Policy::canned(1));
    }
}
