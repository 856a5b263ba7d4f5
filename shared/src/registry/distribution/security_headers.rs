//! Headers with which browsers protect a page (`contract.md` 7.11).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::header_syntax::{NO_VALUE, is_value};
use crate::duration_text;

/// The security headers of a response headers policy. Each is added only if it is set. `override`
/// says whether it replaces the origin's; if not, the origin's stays where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityHeaders {
    /// `Strict-Transport-Security`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_transport_security: Option<StrictTransportSecurity>,
    /// `X-Content-Type-Options: nosniff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type_options: Option<ContentTypeOptions>,
    /// `X-Frame-Options`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_options: Option<FrameOptions>,
    /// `X-XSS-Protection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xss_protection: Option<XssProtection>,
    /// `Referrer-Policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_policy: Option<ReferrerPolicy>,
    /// `Content-Security-Policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_security_policy: Option<ContentSecurityPolicy>,
}

/// Browsers use HTTPS only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrictTransportSecurity {
    /// For this long, in whole seconds.
    #[serde(with = "duration_text")]
    pub max_age: Duration,
    /// For all hosts below this one too.
    #[serde(default)]
    pub include_subdomains: bool,
    /// Browsers may have this host in the list that they come with.
    #[serde(default)]
    pub preload: bool,
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// Browsers do not guess types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentTypeOptions {
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// Which pages may show this one in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameOptions {
    /// The value.
    pub option: FrameOption,
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// Values of `X-Frame-Options`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FrameOption {
    /// No page.
    Deny,
    /// Pages of the same origin.
    SameOrigin,
}

/// A filter of older browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XssProtection {
    /// `1`, or `0` for false.
    pub protection: bool,
    /// Adds `mode=block`.
    #[serde(default)]
    pub mode_block: bool,
    /// Adds `report=`; not together with `mode_block`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_uri: Option<String>,
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// The `Referrer-Policy` header: how much of this page's address browsers tell other sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferrerPolicy {
    /// The value.
    pub policy: Referrer,
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// Values of `Referrer-Policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the value of that name")]
pub enum Referrer {
    NoReferrer,
    NoReferrerWhenDowngrade,
    Origin,
    OriginWhenCrossOrigin,
    SameOrigin,
    StrictOrigin,
    StrictOriginWhenCrossOrigin,
    UnsafeUrl,
}

/// Where a page may load its parts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentSecurityPolicy {
    /// The value, at most [`ContentSecurityPolicy::MAX`] bytes.
    pub policy: String,
    /// Replaces the origin's.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// A header to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedHeader {
    /// The name as it is sent.
    pub name: String,
    /// The value.
    pub value: String,
    /// Replaces the origin's.
    pub overrides: bool,
}

// === impl SecurityHeaders ===

impl SecurityHeaders {
    /// The names of these headers, each with its key.
    pub const NAMES: [(&'static str, &'static str); 6] = [
        ("Strict-Transport-Security", "strict_transport_security"),
        ("X-Content-Type-Options", "content_type_options"),
        ("X-Frame-Options", "frame_options"),
        ("X-XSS-Protection", "xss_protection"),
        ("Referrer-Policy", "referrer_policy"),
        ("Content-Security-Policy", "content_security_policy"),
    ];

    /// True if none is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The headers that are set.
    pub fn headers(&self) -> Vec<AddedHeader> {
        let hsts = self.strict_transport_security.as_ref().map(|h| (h.value(), h.overrides));
        let sniffing =
            self.content_type_options.as_ref().map(|o| ("nosniff".to_owned(), o.overrides));
        let frames = self.frame_options.as_ref().map(|f| (f.option.as_str(), f.overrides));
        let xss = self.xss_protection.as_ref().map(|x| (x.value(), x.overrides));
        let referrer = self.referrer_policy.as_ref().map(|r| (r.policy.as_str(), r.overrides));
        let csp = self.content_security_policy.as_ref().map(|c| (c.policy.clone(), c.overrides));
        let owned = |(value, overrides): (&str, bool)| (value.to_owned(), overrides);
        let values = [hsts, sniffing, frames.map(owned), xss, referrer.map(owned), csp];
        let header = |((name, _), set): ((&'static str, _), Option<(String, bool)>)| {
            set.map(|(value, overrides)| AddedHeader { name: name.to_owned(), value, overrides })
        };
        Self::NAMES.into_iter().zip(values).filter_map(header).collect()
    }

    /// Mistakes, each with the key that it is about.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut add = |key: &str, message: String| found.push((key.to_owned(), message));
        if let Some(csp) = &self.content_security_policy {
            let length = csp.policy.len();
            if length > ContentSecurityPolicy::MAX {
                let most = ContentSecurityPolicy::MAX;
                add(
                    "content_security_policy.policy",
                    format!("has {length} characters, and may have {most}"),
                );
            }
            if csp.policy.is_empty() || !is_value(&csp.policy) {
                add("content_security_policy.policy", NO_VALUE.to_owned());
            }
        }
        if let Some(xss) = &self.xss_protection
            && let Some(uri) = &xss.report_uri
        {
            if xss.mode_block {
                let message = "cannot be together with mode_block; leave one of them out";
                add("xss_protection.report_uri", message.to_owned());
            }
            if uri.is_empty() || !is_value(uri) || uri.contains([';', ' ']) {
                add("xss_protection.report_uri", "is not a URL".to_owned());
            }
        }
        found
    }
}

// === impl ContentSecurityPolicy ===

impl ContentSecurityPolicy {
    /// Longest policy, in characters (`contract.md` 5.3).
    pub const MAX: usize = 1_783;
}

// === impl StrictTransportSecurity ===

impl StrictTransportSecurity {
    fn value(&self) -> String {
        let mut value = format!("max-age={}", self.max_age.as_secs());
        if self.include_subdomains {
            value.push_str("; includeSubDomains");
        }
        if self.preload {
            value.push_str("; preload");
        }
        value
    }
}

// === impl XssProtection ===

impl XssProtection {
    fn value(&self) -> String {
        let mut value = if self.protection { "1" } else { "0" }.to_owned();
        if self.mode_block {
            value.push_str("; mode=block");
        }
        if let Some(uri) = &self.report_uri {
            value.push_str("; report=");
            value.push_str(uri);
        }
        value
    }
}

// === impl FrameOption ===

impl FrameOption {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::SameOrigin => "SAMEORIGIN",
        }
    }
}

// === impl Referrer ===

impl Referrer {
    fn as_str(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
            Self::NoReferrerWhenDowngrade => "no-referrer-when-downgrade",
            Self::Origin => "origin",
            Self::OriginWhenCrossOrigin => "origin-when-cross-origin",
            Self::SameOrigin => "same-origin",
            Self::StrictOrigin => "strict-origin",
            Self::StrictOriginWhenCrossOrigin => "strict-origin-when-cross-origin",
            Self::UnsafeUrl => "unsafe-url",
        }
    }
}
