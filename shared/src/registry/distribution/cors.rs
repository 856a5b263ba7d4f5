//! Cross-origin resource sharing: which pages of other origins may read an answer, and the headers
//! that say so (Fetch standard, 3.2; `contract.md` 7.11).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::header_syntax::is_name;
use crate::duration_text;

/// The CORS headers of a response headers policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// `*`, or origins such as `https://www.example.com` and `https://*.example.com`; see
    /// [`AllowedOrigin`].
    pub allow_origins: Vec<String>,
    /// Names of request headers, or `*`. Sent in answers to OPTIONS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// Methods, or `ALL`. Sent in answers to OPTIONS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<CorsMethod>,
    /// Whether pages may send cookies and other credentials.
    #[serde(default)]
    pub allow_credentials: bool,
    /// Names of response headers that pages may read, or `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// How long a browser may keep the answer to OPTIONS. Sent in whole seconds.
    #[serde(default, with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// Whether these headers replace the origin's. If not, each of them is added only where the
    /// origin's answer does not have it.
    #[serde(default, rename = "override")]
    pub overrides: bool,
}

/// A method that pages of other origins may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "each is a method of HTTP")]
pub enum CorsMethod {
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
    /// Each of the others.
    All,
}

/// An entry of `allow_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`.
    Any,
    /// One origin, or all whose host is below a domain.
    Pattern(OriginPattern),
}

/// `https://www.example.com`, `https://*.example.com`, or the same without a scheme. `*.` stands
/// for one or more labels, so it does not match the domain itself. A pattern without a scheme
/// matches `http` and `https`. A pattern without a port matches origins that name none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    /// In lower case.
    scheme: Option<String>,
    is_wildcard: bool,
    /// In lower case, without `*.`.
    host: String,
    port: Option<u16>,
}

/// Why a text is no entry of `allow_origins`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedOriginError {
    /// It has more than scheme, host and port.
    #[error("an origin is a scheme, a host and perhaps a port, without a path or a final /")]
    Path,
    /// `*` stands elsewhere.
    #[error("* is allowed alone, or as the leftmost label of the host: https://*.example.com")]
    Wildcard,
    /// The host is empty, or has characters that hosts do not have.
    #[error("its host is not a host name or an address")]
    Host,
    /// The port is no number.
    #[error("its port is not a number up to 65535")]
    Port,
    /// The scheme has characters that schemes do not have.
    #[error("its scheme is not one, such as https")]
    Scheme,
}

// === impl Cors ===

impl Cors {
    /// The value of `Access-Control-Allow-Methods`, in the order of CloudFront's documentation.
    pub fn methods(&self) -> String {
        let is_allowed = |method: &&CorsMethod| {
            self.allow_methods
                .iter()
                .any(|allowed| allowed == *method || *allowed == CorsMethod::All)
        };
        let allowed = CorsMethod::EACH.iter().filter(is_allowed);
        allowed.map(|method| method.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Mistakes, each with the key that it is about.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if self.allow_origins.is_empty() {
            found.push((
                "allow_origins".to_owned(),
                "name at least one origin, or \"*\"".to_owned(),
            ));
        }
        for (index, origin) in self.allow_origins.iter().enumerate() {
            if let Err(error) = origin.parse::<AllowedOrigin>() {
                found.push((format!("allow_origins[{index}]"), format!("{origin:?}: {error}")));
            }
        }
        let lists =
            [("allow_headers", &self.allow_headers), ("expose_headers", &self.expose_headers)];
        for (key, names) in lists {
            for (index, name) in names.iter().enumerate() {
                if name != "*" && !is_name(name) {
                    let message = format!("{name:?} is not the name of a header");
                    found.push((format!("{key}[{index}]"), message));
                }
            }
        }
        if self.allow_credentials {
            let lists =
                [("allow_origins", &self.allow_origins), ("allow_headers", &self.allow_headers)];
            for (key, _) in lists.iter().filter(|(_, names)| names.iter().any(|name| name == "*")) {
                let message = "cannot be * with allow_credentials: browsers reject such answers";
                found.push(((*key).to_owned(), message.to_owned()));
            }
        }
        found
    }
}

// === impl CorsMethod ===

impl CorsMethod {
    /// Each method, in the order of CloudFront's documentation.
    const EACH: [Self; 7] =
        [Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put];

    fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::All => "ALL",
        }
    }
}

// === impl AllowedOrigin ===

impl FromStr for AllowedOrigin {
    type Err = AllowedOriginError;

    fn from_str(text: &str) -> Result<Self, AllowedOriginError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        if scheme.is_some_and(|scheme| !is_scheme(scheme)) {
            return Err(AllowedOriginError::Scheme);
        }
        if rest.contains(['/', '?', '#', '@']) {
            return Err(AllowedOriginError::Path);
        }
        let (host, port) = split_port(rest).ok_or(AllowedOriginError::Port)?;
        let (is_wildcard, host) = match host.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, host),
        };
        if host.contains('*') {
            return Err(AllowedOriginError::Wildcard);
        }
        let is_address = host.starts_with('[');
        if !is_host(host) || is_wildcard && is_address {
            return Err(AllowedOriginError::Host);
        }
        Ok(Self::Pattern(OriginPattern {
            scheme: scheme.map(str::to_ascii_lowercase),
            is_wildcard,
            host: host.to_ascii_lowercase(),
            port,
        }))
    }
}

impl AllowedOrigin {
    /// True if a request with this `Origin` may get an answer that pages can read.
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Pattern(pattern) => pattern.matches(origin),
        }
    }
}

// === impl OriginPattern ===

impl OriginPattern {
    fn matches(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let Some((scheme, rest)) = origin.split_once("://") else { return false };
        let is_scheme = match &self.scheme {
            Some(own) => own == scheme,
            None => matches!(scheme, "http" | "https"),
        };
        let Some((host, port)) = split_port(rest) else { return false };
        is_scheme && port == self.port && self.matches_host(host)
    }

    fn matches_host(&self, host: &str) -> bool {
        if !self.is_wildcard {
            return host == self.host;
        }
        let labels = host.strip_suffix(self.host.as_str()).and_then(|rest| rest.strip_suffix('.'));
        labels.is_some_and(is_host)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}://")?;
        }
        write!(f, "{}{}", if self.is_wildcard { "*." } else { "" }, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Splits `a.example:8443`, and `[::1]:80`. `None` if the port is no number.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        // A colon of an address.
        Some((_, after)) if after.contains(']') => return Some((authority, None)),
        Some(parts) => parts,
        None => return Some((authority, None)),
    };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_number)?;
    Some((host, Some(port)))
}

/// True for labels with dots between them, and for an address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    host.split('.').all(|label| !label.is_empty() && label.bytes().all(is_plain))
}

fn is_scheme(scheme: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, origin: &str) -> bool {
        pattern.parse::<AllowedOrigin>().unwrap().matches(origin)
    }

    #[test]
    fn origins_match_by_scheme_host_and_port() {
        for (pattern, origin, expected) in [
            ("*", "https://a.example", true),
            ("*", "null", true),
            ("https://a.example", "https://a.example", true),
            ("https://A.example", "https://a.EXAMPLE", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example:8443", "https://a.example:8443", true),
            ("https://a.example:8443", "https://a.example", false),
            ("https://a.example", "https://b.a.example", false),
            ("https://a.example", "https://a.example.evil", false),
            ("https://a.example", "https://a.example/", false),
            ("https://a.example", "null", false),
            ("a.example", "http://a.example", true),
            ("a.example", "https://a.example", true),
            ("a.example", "capacitor://a.example", false),
            ("capacitor://localhost", "capacitor://localhost", true),
            ("http://[::1]:3000", "http://[::1]:3000", true),
            ("http://[::1]", "http://[::1]:3000", false),
            ("https://*.a.example", "https://b.a.example", true),
            ("https://*.a.example", "https://c.b.a.example", true),
            ("https://*.a.example", "https://a.example", false),
            ("https://*.a.example", "https://.a.example", false),
            ("https://*.a.example", "https://b..a.example", false),
            ("https://*.a.example", "https://ba.example", false),
            ("https://*.a.example", "http://b.a.example", false),
            ("https://*.a.example", "https://evil.example/.a.example", false),
            ("https://*.a.example", "https://evil.example?.a.example", false),
            ("https://*.a.example", "https://evil.example#.a.example", false),
            ("https://*.a.example", "https://evil.example\\.a.example", false),
            ("https://*.a.example", "https://u@b.a.example", false),
            ("https://*.a.example", "https://evil.example:1.a.example", false),
            ("https://*.a.example", "https://b.a.example:443", false),
            ("*.a.example", "https://b.a.example", true),
            ("*.a.example:81", "http://b.a.example:81", true),
        ] {
            assert_eq!(matches(pattern, origin), expected, "{pattern} {origin}");
        }
    }

    #[test]
    fn other_texts_are_no_origins() {
        use AllowedOriginError::{Host, Path, Port, Scheme, Wildcard};
        for (text, error) in [
            ("https://a.example/", Path),
            ("https://a.example/b", Path),
            ("https://u@a.example", Path),
            ("a.example?b", Path),
            ("example.*", Wildcard),
            ("test.*.a.example", Wildcard),
            ("exa*mple.org", Wildcard),
            ("*a.example", Wildcard),
            ("**", Wildcard),
            ("https://*", Wildcard),
            ("", Host),
            ("https://", Host),
            ("a b", Host),
            ("a..b", Host),
            ("*.", Host),
            ("*.[::1]", Host),
            ("[x]", Host),
            ("a:", Port),
            ("a:+1", Port),
            ("a:65536", Port),
            ("a:b", Port),
            ("1://a", Scheme),
            ("://a", Scheme),
        ] {
            assert_eq!(text.parse::<AllowedOrigin>(), Err(error), "{text}");
        }
    }

    #[test]
    fn all_methods_are_written_out() {
        let cors = |methods: &[CorsMethod]| Cors {
            allow_origins: vec!["*".to_owned()],
            allow_headers: Vec::new(),
            allow_methods: methods.to_vec(),
            allow_credentials: false,
            expose_headers: Vec::new(),
            max_age: None,
            overrides: false,
        };
        let all = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
        assert_eq!(cors(&[CorsMethod::All]).methods(), all);
        assert_eq!(cors(&[CorsMethod::Post, CorsMethod::Get]).methods(), "GET, POST");
        assert_eq!(cors(&[]).methods(), "");
    }
}
