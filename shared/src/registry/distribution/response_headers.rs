//! A response headers policy: headers that viewers get in addition to the origin's, or do not get
//! (`contract.md` 7.11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cors::Cors;
use super::header_syntax::{NO_VALUE, is_name, is_value};
use super::security_headers::{AddedHeader, SecurityHeaders};
use crate::contract::header_rules::is_disallowed;

/// Changes to the headers of every answer of a behavior.
///
/// First the headers of `remove_headers` go, then the others come. So a header that is removed and
/// added is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseHeadersPolicy {
    /// For requests of pages from other origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// Headers with which browsers protect a page.
    #[serde(skip_serializing_if = "SecurityHeaders::is_empty")]
    pub security: SecurityHeaders,
    /// Other headers by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_headers: BTreeMap<String, CustomHeader>,
    /// Names of the origin's headers that viewers do not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_headers: Vec<String>,
    /// The percentage of answers that have the gateway's metrics in `Server-Timing`: 0 to 100, up
    /// to four decimals. Requests with `Pragma: server-timing` get them in any case. None adds no
    /// such header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_timing: Option<f64>,
}

/// A header that a policy adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomHeader {
    /// The value; may be empty.
    pub value: String,
    /// Replaces the origin's. If false, the origin's stays where there is one.
    #[serde(rename = "override")]
    pub overrides: bool,
}

/// Headers that no policy removes or adds, beside those that functions never see (`contract.md`
/// 4.1, 7.11).
const FIXED: [&str; 6] =
    ["content-encoding", "content-length", "host", "transfer-encoding", "via", "warning"];

// === impl ResponseHeadersPolicy ===

impl ResponseHeadersPolicy {
    /// True if a viewer may get too much without this policy: a header that it hides or replaces, or
    /// a page without protection. CORS headers that are only added allow more, and hide nothing.
    pub fn protects(&self) -> bool {
        !self.remove_headers.is_empty()
            || !self.security.is_empty()
            || !self.custom_headers.is_empty()
            || self.cors.as_ref().is_some_and(|cors| cors.overrides)
    }

    /// The security headers and the custom ones.
    pub fn added(&self) -> Vec<AddedHeader> {
        let custom = self.custom_headers.iter().map(|(name, header)| AddedHeader {
            name: name.clone(),
            value: header.value.clone(),
            overrides: header.overrides,
        });
        self.security.headers().into_iter().chain(custom).collect()
    }

    /// Mistakes, each with the key that it is about.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let within = |place: &'static str| {
            move |(key, message): (String, String)| (format!("{place}.{key}"), message)
        };
        if let Some(cors) = &self.cors {
            found.extend(cors.problems().into_iter().map(within("cors")));
        }
        found.extend(self.security.problems().into_iter().map(within("security")));
        let mut seen = Vec::new();
        for (name, header) in &self.custom_headers {
            let lower = name.to_ascii_lowercase();
            let key = format!("custom_headers.{name}");
            if let Some(why) = not_custom(name, &lower) {
                found.push((key.clone(), why));
            }
            if seen.contains(&lower) {
                found.push((key.clone(), "is here twice".to_owned()));
            }
            if !is_value(&header.value) {
                found.push((format!("{key}.value"), NO_VALUE.to_owned()));
            }
            seen.push(lower);
        }
        for (index, name) in self.remove_headers.iter().enumerate() {
            let key = format!("remove_headers[{index}]");
            if !is_name(name) {
                found.push((key, format!("{name:?} is not the name of a header")));
            } else if is_fixed(&name.to_ascii_lowercase()) {
                found.push((key, format!("{name} cannot be removed")));
            }
        }
        if let Some(rate) = self.server_timing {
            // A rate of one part in a million is exact enough in binary.
            let parts = rate * 10_000.0;
            if !(0.0..=100.0).contains(&rate) || (parts - parts.round()).abs() > 1e-6 {
                let message = "is a percentage: 0 to 100, with at most four decimals";
                found.push(("server_timing".to_owned(), message.to_owned()));
            }
        }
        found
    }
}

/// Why a header cannot be a custom one.
fn not_custom(name: &str, lower: &str) -> Option<String> {
    if !is_name(name) {
        return Some(format!("{name:?} is not the name of a header"));
    }
    let security = SecurityHeaders::NAMES.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    match (lower, security) {
        (_, Some((_, key))) => Some(format!("has a setting of its own: security.{key}")),
        ("server-timing", _) => Some("has a setting of its own: server_timing".to_owned()),
        _ if lower.starts_with("access-control-") => {
            Some("has a setting of its own in `cors`".to_owned())
        }
        _ if is_fixed(lower) => Some("cannot be added by a policy".to_owned()),
        _ => None,
    }
}

fn is_fixed(lower: &str) -> bool {
    FIXED.contains(&lower) || is_disallowed(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> ResponseHeadersPolicy {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn problems(text: &str) -> Vec<String> {
        let found = policy(text).problems().into_iter();
        found.map(|(key, message)| format!("{key}: {message}")).collect()
    }

    fn added(text: &str) -> Vec<String> {
        let line = |header: AddedHeader| {
            let sign = if header.overrides { "!" } else { "" };
            format!("{}{sign}: {}", header.name, header.value)
        };
        policy(text).added().into_iter().map(line).collect()
    }

    #[test]
    fn every_setting_has_its_value() {
        for (text, expected) in [
            (
                "strict_transport_security = { max_age = '1y' }",
                "Strict-Transport-Security: max-age=31557600",
            ),
            (
                "strict_transport_security = { max_age = '365d', preload = true, include_subdomains = true, override = true }",
                "Strict-Transport-Security!: max-age=31536000; includeSubDomains; preload",
            ),
            ("content_type_options = {}", "X-Content-Type-Options: nosniff"),
            ("content_type_options = { override = true }", "X-Content-Type-Options!: nosniff"),
            ("frame_options = { option = 'DENY' }", "X-Frame-Options: DENY"),
            ("frame_options = { option = 'SAMEORIGIN' }", "X-Frame-Options: SAMEORIGIN"),
            ("xss_protection = { protection = false }", "X-XSS-Protection: 0"),
            ("xss_protection = { protection = true }", "X-XSS-Protection: 1"),
            (
                "xss_protection = { protection = true, mode_block = true }",
                "X-XSS-Protection: 1; mode=block",
            ),
            (
                "xss_protection = { protection = true, report_uri = 'https://a.example/r' }",
                "X-XSS-Protection: 1; report=https://a.example/r",
            ),
            ("referrer_policy = { policy = 'unsafe-url' }", "Referrer-Policy: unsafe-url"),
            (
                "referrer_policy = { policy = 'strict-origin-when-cross-origin' }",
                "Referrer-Policy: strict-origin-when-cross-origin",
            ),
            (
                "content_security_policy = { policy = \"default-src 'self'\" }",
                "Content-Security-Policy: default-src 'self'",
            ),
        ] {
            let text = format!("[security]\n{text}");
            assert_eq!(added(&text), [expected], "{text}");
            assert_eq!(problems(&text), [""; 0], "{text}");
            let json = serde_json::to_string(&policy(&text)).unwrap();
            assert_eq!(
                serde_json::from_str::<ResponseHeadersPolicy>(&json).unwrap(),
                policy(&text)
            );
        }
        let custom =
            "custom_headers.X-A = { value = 'b', override = true }\ncustom_headers.x-e = {}";
        assert_eq!(added(custom), ["X-A!: b", "x-e: "]);
        assert_eq!(problems(custom), [""; 0]);
    }

    #[test]
    fn every_mistake_is_told_with_its_key() {
        let long = "x".repeat(ContentSecurityPolicyMax::MAX + 1);
        for (text, expected) in [
            ("cors = { allow_origins = [] }", "cors.allow_origins: name at least one"),
            (
                "cors = { allow_origins = ['exa*mple.org'] }",
                "cors.allow_origins[0]: \"exa*mple.org\": * is allowed alone",
            ),
            (
                "cors = { allow_origins = ['null'], allow_headers = ['a b'] }",
                "cors.allow_headers[0]: \"a b\" is not the name",
            ),
            (
                "cors = { allow_origins = ['*'], expose_headers = [''] }",
                "cors.expose_headers[0]: \"\" is not the name",
            ),
            (
                "cors = { allow_origins = ['*'], allow_credentials = true }",
                "cors.allow_origins: cannot be * with allow_credentials",
            ),
            (
                "cors = { allow_origins = ['a.example'], allow_headers = ['*'], allow_credentials = true }",
                "cors.allow_headers: cannot be * with allow_credentials",
            ),
            (
                "security.xss_protection = { protection = true, mode_block = true, report_uri = 'r' }",
                "security.xss_protection.report_uri: cannot be together with mode_block",
            ),
            (
                "security.xss_protection = { protection = true, report_uri = 'r; x' }",
                "security.xss_protection.report_uri: is not a URL",
            ),
            (
                "security.content_security_policy = { policy = 'a\\r\\nb' }",
                "security.content_security_policy.policy: is not the value",
            ),
            (
                &format!("security.content_security_policy = {{ policy = '{long}' }}"),
                "security.content_security_policy.policy: has 1784 characters, and may have 1783",
            ),
            ("custom_headers.'a b' = {}", "custom_headers.a b: \"a b\" is not the name"),
            (
                "custom_headers.X-Frame-Options = {}",
                "custom_headers.X-Frame-Options: has a setting of its own: security.frame_options",
            ),
            (
                "custom_headers.server-timing = {}",
                "custom_headers.server-timing: has a setting of its own: server_timing",
            ),
            (
                "custom_headers.access-control-max-age = {}",
                "custom_headers.access-control-max-age: has a setting of its own in `cors`",
            ),
            (
                "custom_headers.Content-Length = {}",
                "custom_headers.Content-Length: cannot be added",
            ),
            ("custom_headers.X-Cache = {}", "custom_headers.X-Cache: cannot be added"),
            ("custom_headers = { X-A = {}, x-a = {} }", "custom_headers.x-a: is here twice"),
            ("custom_headers.x.value = 'a\\u00e9'", "custom_headers.x.value: is not the value"),
            ("custom_headers.x.value = ' a'", "custom_headers.x.value: is not the value"),
            ("remove_headers = ['a:b']", "remove_headers[0]: \"a:b\" is not the name"),
            ("remove_headers = ['ETag', 'Via']", "remove_headers[1]: Via cannot be removed"),
            ("remove_headers = ['Warning']", "remove_headers[0]: Warning cannot be removed"),
            (
                "remove_headers = ['X-Amz-Cf-Pop']",
                "remove_headers[0]: X-Amz-Cf-Pop cannot be removed",
            ),
            ("server_timing = 101", "server_timing: is a percentage"),
            ("server_timing = -0.1", "server_timing: is a percentage"),
            ("server_timing = nan", "server_timing: is a percentage"),
            ("server_timing = 0.00001", "server_timing: is a percentage"),
        ] {
            let text =
                text.replace("'a\\r\\nb'", "\"a\\r\\nb\"").replace("'a\\u00e9'", "\"a\\u00e9\"");
            let found = problems(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with(expected), "{text}: {found:?}");
        }
    }

    #[test]
    fn sampling_rates_have_up_to_four_decimals() {
        for rate in ["0", "100", "0.0001", "33.3333", "99.9999", "12.5"] {
            assert_eq!(problems(&format!("server_timing = {rate}")), [""; 0], "{rate}");
        }
    }

    use super::super::security_headers::ContentSecurityPolicy as ContentSecurityPolicyMax;
}
