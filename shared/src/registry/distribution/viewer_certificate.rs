//! TLS towards the viewers of a distribution.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::Distribution;
use super::security_policy::SecurityPolicy;

/// CloudFront's block of this name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewerCertificate {
    /// The versions of TLS and the ciphers that viewers may use; none means those of the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_protocol_version: Option<SecurityPolicy>,
    /// Whether gateways get certificates for the aliases by ACME (RFC 8555).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub acme: bool,
}

// === impl ViewerCertificate ===

impl ViewerCertificate {
    /// True if it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

// === impl Distribution ===

impl Distribution {
    /// The aliases that a certificate can be got for by ACME: names of hosts. The challenge is
    /// answered over HTTP, which proves no wildcard (RFC 8555, 8.3).
    pub fn acme_names(&self) -> impl Iterator<Item = &str> {
        self.aliases.iter().map(String::as_str).filter(|alias| is_name(alias))
    }

    /// Problems of its TLS: the keys that lead to them, and what to do.
    pub(in crate::registry) fn viewer_certificate_problems(&self) -> Vec<(String, String)> {
        if !self.viewer_certificate.acme || self.acme_names().next().is_some() {
            return Vec::new();
        }
        let why = "there is no alias to get a certificate for; name hosts in `aliases`, without *";
        vec![("viewer_certificate.acme".to_owned(), why.to_owned())]
    }
}

/// The form of host names (RFC 1123, 2.1).
fn is_name(alias: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    alias.len() <= 253 && alias.split('.').all(is_label) && alias.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_gateways_cannot_offer_are_refused() {
        let read = |text: &str| toml::from_str::<ViewerCertificate>(text);
        let good = read("minimum_protocol_version = \"TLSv1.3_2025\"").unwrap();
        assert_eq!(good.minimum_protocol_version, Some(SecurityPolicy::Tls13In2025));
        assert!(!good.is_default() && read("").unwrap().is_default());
        let error = read("minimum_protocol_version = \"TLSv1.1_2016\"").unwrap_err().to_string();
        assert!(error.contains("the oldest policy here is TLSv1.2_2018"), "{error}");
    }

    #[test]
    fn certificates_are_got_for_names_of_hosts() {
        let names = |aliases: &str| {
            let document = format!(
                "id = \"d\"\naliases = {aliases}\nviewer_certificate.acme = true\n\
                 origins.web.url = \"http://h\"\nbehaviors = [{{ path = \"*\", origin = \"web\" }}]"
            );
            let read: Distribution = toml::from_str(&document).unwrap();
            let names: Vec<_> = read.acme_names().map(str::to_owned).collect();
            (names, read.viewer_certificate_problems().len())
        };
        let long = format!("[\"{}.test\"]", "a".repeat(64));
        assert_eq!(names(r#"["shop.test", "*.shop.test"]"#), (vec!["shop.test".to_owned()], 0));
        for none in
            [r#"["*.shop.test"]"#, r#"["192.0.2.7"]"#, r#"["a..b", "-a.b", "a-.b"]"#, "[]", &long]
        {
            assert_eq!(names(none), (Vec::new(), 1), "{none}");
        }
    }
}
