//! The target of the load.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use hyper::Uri;

/// An edge: `http://host:port`, plain HTTP, without a path.
#[derive(Clone, Debug)]
pub struct Target {
    /// `host:port` as given; also the `Host` header.
    pub authority: String,
    /// The address of the host.
    pub address: SocketAddr,
}

// === impl Target ===

impl Target {
    /// True if the load stays on this machine.
    pub fn is_local(&self) -> bool {
        self.address.ip().is_loopback()
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
        if uri.scheme_str() != Some("http") {
            return Err("write http://HOST:PORT (TLS is not measured)".to_owned());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("leave out the path: the scenario has its own paths".to_owned());
        }
        let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
        let host = host.trim_matches(['[', ']']);
        let address = (host, port)
            .to_socket_addrs()
            .map_err(|error| format!("{host}: {error}"))?
            .next()
            .ok_or_else(|| format!("{host} has no address"))?;
        let authority = uri.authority().map(ToString::to_string);
        Ok(Self { authority: authority.unwrap_or_default(), address })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_the_rest() {
        for (url, local) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/", true),
            ("http://192.0.2.1", false),
        ] {
            assert_eq!(url.parse::<Target>().unwrap().is_local(), local, "{url}");
        }
        for bad in ["https://127.0.0.1", "http://127.0.0.1/a", "127.0.0.1:80"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
