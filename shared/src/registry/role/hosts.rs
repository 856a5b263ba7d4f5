//! Hosts as settings name them: `host`, `host:port`, `*.example.com`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A host, or all hosts below a domain, on one port or on all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    /// Lower case. An IPv6 address without brackets; for a domain, the part after `*`.
    host: String,
    /// True for names below a domain. The domain itself does not match.
    below: bool,
    port: Option<u16>,
}

/// A text that is not a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a host: write host, host:port, or *.domain for everything below a domain")]
pub struct HostError(String);

// === impl HostPattern ===

impl HostPattern {
    /// Whether a host matches. `host` has the form of a URL: IPv6 addresses may be in brackets.
    pub fn names(&self, host: &str, port: u16) -> bool {
        self.port.is_none_or(|named| named == port) && self.is_of(bare(host))
    }

    /// Whether a host matches on some port.
    pub fn names_some(&self, host: &str) -> bool {
        self.is_of(bare(host))
    }

    /// Whether a host that is written as `host` or `host:port` matches with all its ports.
    pub fn covers(&self, text: &str) -> bool {
        let Ok(other) = text.parse::<Self>() else { return false };
        let port = self.port.is_none() || self.port == other.port;
        port && (*self == other || !other.below && self.is_of(&other.host))
    }

    fn is_of(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match host.strip_suffix(&self.host) {
            Some(rest) if self.below => !rest.is_empty(),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let wrong = || HostError(text.to_owned());
        // More than one colon is an IPv6 address, which has a port only after brackets.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse::<u16>().map_err(|_| wrong())?))
            }
            _ => (text, None),
        };
        let (host, below) = match host.strip_prefix('*') {
            Some(domain) if domain.starts_with('.') && domain.len() > 1 => (domain, true),
            Some(_) => return Err(wrong()),
            None => (bare(host), false),
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
        if host.is_empty() || !host.bytes().all(fits) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_ascii_lowercase(), below, port })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*" } else { "" };
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{star}{}:{port}", self.host),
            None => write!(f, "{star}{}", self.host),
        }
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, host: &str, port: u16) -> bool {
        pattern.parse::<HostPattern>().unwrap().names(host, port)
    }

    #[test]
    fn a_pattern_names_its_hosts_and_no_others() {
        assert!(names("api.example.com", "API.example.com", 443));
        assert!(names("api.example.com:443", "api.example.com", 443));
        assert!(!names("api.example.com:443", "api.example.com", 80));
        assert!(!names("api.example.com", "evil-api.example.com", 443));
        assert!(!names("api.example.com", "api.example.com.evil.example", 443));
        assert!(!names("api.example.com", "api.example.com.", 443));
        assert!(names("*.example.com", "a.b.example.com", 1));
        assert!(!names("*.example.com", "example.com", 1));
        assert!(!names("*.example.com", "badexample.com", 1));
        assert!(names("[::1]:80", "[::1]", 80) && !names("[::1]:80", "[::1]", 81));
        assert!(names("::1", "[::1]", 81) && names("10.0.0.1", "10.0.0.1", 5));
    }

    #[test]
    fn other_texts_are_rejected_and_hosts_are_written_as_they_were() {
        for wrong in
            ["", "*", "*.", "*a.example", "a.*", "http://a", "a/b", "a b", "a:x", "a:99999"]
        {
            assert!(wrong.parse::<HostPattern>().is_err(), "{wrong}");
        }
        for right in ["a", "a:1", "*.a.b", "*.a:1", "::1", "[::1]:8"] {
            assert_eq!(right.parse::<HostPattern>().unwrap().to_string(), right);
        }
    }

    #[test]
    fn a_pattern_covers_the_hosts_that_it_allows() {
        let covers = |pattern: &str, text| pattern.parse::<HostPattern>().unwrap().covers(text);
        assert!(covers("a.b", "a.b") && covers("a.b", "a.b:80") && covers("*.b", "a.b:80"));
        assert!(!covers("a.b:80", "a.b") && !covers("a.b", "c.b") && !covers("a.b", "not a host"));
    }
}
