//! The value of `--inspect`.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// Where inspectors open: `[HOST:]PORT`, as after `node --inspect=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InspectAt {
    /// An address of the loopback.
    pub host: IpAddr,
    /// The port of the first function; none for the default of its runtime.
    pub port: Option<u16>,
}

// === impl InspectAt ===

impl Default for InspectAt {
    fn default() -> Self {
        Self { host: Ipv4Addr::LOCALHOST.into(), port: None }
    }
}

impl FromStr for InspectAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("{text:?} is not [HOST:]PORT, for example 9230 or 127.0.0.1:9230");
        if text.is_empty() {
            return Ok(Self::default());
        }
        if let Ok(port) = text.parse() {
            return Ok(Self { port: Some(port), ..Self::default() });
        }
        let (host, port) = match text.rsplit_once(':') {
            // The last part of an IPv6 address is no port.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| form())?))
            }
            _ => (text, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = if host == "localhost" { "127.0.0.1" } else { host };
        let host: IpAddr = host.parse().map_err(|_| form())?;
        if !host.is_loopback() {
            return Err(format!(
                "{host} is not an address of the loopback. Everybody who reaches an inspector can \
                 run code, so it opens on 127.0.0.1 or ::1 only. Over a network, lead its port \
                 through SSH: ssh -L 9229:127.0.0.1:9229 HOST"
            ));
        }
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inspectors_open_on_the_loopback_only() {
        let at = |host: &str, port| InspectAt { host: host.parse().unwrap(), port };
        for (text, expected) in [
            ("", at("127.0.0.1", None)),
            ("9230", at("127.0.0.1", Some(9230))),
            ("0", at("127.0.0.1", Some(0))),
            ("localhost", at("127.0.0.1", None)),
            ("localhost:9230", at("127.0.0.1", Some(9230))),
            ("127.0.0.2:9230", at("127.0.0.2", Some(9230))),
            ("::1", at("::1", None)),
            ("[::1]", at("::1", None)),
            ("[::1]:9230", at("::1", Some(9230))),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["0.0.0.0:9229", "0.0.0.0", "10.0.0.1:9229", "[::]:9229", "::"] {
            let error = text.parse::<InspectAt>().unwrap_err();
            assert!(error.contains("opens on 127.0.0.1 or ::1 only"), "{error}");
        }
        for text in ["70000", "example.org:9229", ":9229", "127.0.0.1:", "127.0.0.1:x", "-1"] {
            let error = text.parse::<InspectAt>().unwrap_err();
            assert!(error.contains("is not [HOST:]PORT"), "{error}");
        }
    }
}
