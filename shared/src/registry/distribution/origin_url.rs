//! The URL of an origin.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::OriginProtocol;

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
            _ => return Err(bad("its scheme is neither http nor https")),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("no host"))?;
        if uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(bad("it must not have a query or a user name"));
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
