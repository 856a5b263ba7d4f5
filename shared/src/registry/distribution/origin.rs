//! Where content comes from: origins, their URLs, and pairs of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::OriginProtocol;
use crate::registry::function::duration_text;

/// Where content comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginConfig {
    /// Scheme, host, port, and the path put before every request's own.
    pub url: OriginUrl,
    /// Sent with every request, over the viewer's header of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_headers: BTreeMap<String, String>,
    /// How long a connection attempt may take.
    #[serde(default = "OriginConfig::connect_timeout_default", with = "duration_text")]
    pub connect_timeout: Duration,
    /// How many connection attempts are made for GET and HEAD.
    #[serde(default = "OriginConfig::attempts_default")]
    pub attempts: u32,
    /// How long to wait for the response's head, and between its packets.
    #[serde(default = "OriginConfig::read_timeout_default", with = "duration_text")]
    pub read_timeout: Duration,
    /// How long an idle connection is kept.
    #[serde(default = "OriginConfig::keepalive_timeout_default", with = "duration_text")]
    pub keepalive_timeout: Duration,
}

/// `https://host:port/path`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OriginUrl {
    /// The scheme.
    pub protocol: OriginProtocol,
    /// DNS name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Empty, or begins and does not end with `/`.
    pub path: String,
}

/// A primary origin and the one that stands in for it (`contract.md` 7.14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginGroup {
    /// Asked first, every time.
    pub primary: String,
    /// Asked when the primary cannot be reached or answers one of `failover`.
    pub secondary: String,
    /// Statuses of the primary that count as failure.
    #[serde(default = "OriginGroup::failover_default")]
    pub failover: Vec<u16>,
}

// === impl OriginConfig ===

impl OriginConfig {
    /// An origin with CloudFront's defaults.
    pub fn new(url: OriginUrl) -> Self {
        Self {
            url,
            custom_headers: BTreeMap::new(),
            connect_timeout: Self::connect_timeout_default(),
            attempts: Self::attempts_default(),
            read_timeout: Self::read_timeout_default(),
            keepalive_timeout: Self::keepalive_timeout_default(),
        }
    }

    fn connect_timeout_default() -> Duration {
        Duration::from_secs(10)
    }

    fn attempts_default() -> u32 {
        3
    }

    fn read_timeout_default() -> Duration {
        Duration::from_secs(30)
    }

    fn keepalive_timeout_default() -> Duration {
        Duration::from_secs(5)
    }
}

impl OriginGroup {
    fn failover_default() -> Vec<u16> {
        vec![500, 502, 503, 504]
    }
}

// === impl OriginUrl ===

impl FromStr for OriginUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |why: &str| {
            format!("{text:?} is not an origin ({why}); write for example https://host:8443/base")
        };
        let uri: actix_web::http::Uri = text.parse().map_err(|error| bad(&format!("{error}")))?;
        let protocol = match uri.scheme_str() {
            Some("http") => OriginProtocol::Http,
            Some("https") => OriginProtocol::Https,
            _ => return Err(bad("the scheme is neither http nor https")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("no host"))?;
        if uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(bad("a query or a user name has no place here"));
        }
        let default_port = if protocol == OriginProtocol::Http { 80 } else { 443 };
        Ok(Self {
            protocol,
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(default_port),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl TryFrom<String> for OriginUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<OriginUrl> for String {
    fn from(url: OriginUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for OriginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}{}", self.protocol.as_str(), self.host, self.port, self.path)
    }
}
