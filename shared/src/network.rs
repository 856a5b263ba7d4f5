//! Networks of addresses in CIDR notation: `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.7`.
//!
//! A listener for both families shows IPv4 viewers as IPv6 addresses (`::ffff:192.0.2.7`). Networks
//! and addresses of this form count as IPv4.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnetwork::{IpNetwork, Ipv4Network};
use serde::{Deserialize, Serialize};

/// Bits before the IPv4 address in an IPv6 address of the form `::ffff:192.0.2.7`.
const MAPPED_BITS: u8 = 96;

/// The addresses with one prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNetwork);

/// A text that is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network: write for example 192.0.2.0/24, 192.0.2.7 or 2001:db8::/32")]
pub struct NetworkError(String);

// === impl Network ===

impl Network {
    /// All IPv4 addresses. Policies of signed URLs mean every viewer by it.
    pub fn is_every_ipv4(&self) -> bool {
        matches!(self.0, IpNetwork::V4(network) if network.prefix() == 0)
    }

    /// True if the address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(address.to_canonical())
    }

    /// Its first and its last address.
    pub fn range(&self) -> (IpAddr, IpAddr) {
        (self.0.network(), self.0.broadcast())
    }

    /// True if bits of the address after the prefix are set, as in `192.0.2.7/24`.
    pub fn has_host_bits(&self) -> bool {
        self.0.ip() != self.0.network()
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        // A mask in place of the number of bits is not CIDR notation.
        let is_bits = |bits: &str| !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
        let is_cidr = text.split_once('/').is_none_or(|(_, bits)| is_bits(bits));
        let parsed = text.parse::<IpNetwork>().ok().filter(|_| is_cidr);
        let parsed = parsed.and_then(canonical);
        parsed.map(Self).ok_or_else(|| NetworkError(text.to_owned()))
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// IPv4 networks in the form of IPv6 as IPv4 networks.
fn canonical(network: IpNetwork) -> Option<IpNetwork> {
    let IpNetwork::V6(six) = network else { return Some(network) };
    match (six.ip().to_ipv4_mapped(), six.prefix().checked_sub(MAPPED_BITS)) {
        (Some(four), Some(bits)) => Ipv4Network::new(four, bits).ok().map(IpNetwork::V4),
        _ => Some(IpNetwork::V6(six)),
    }
}

/// The address by which a viewer is counted: an IPv4 address itself, and the `/64` of an IPv6
/// address, because one subscriber usually has a whole `/64`.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

/// The place of an address among all addresses, for ordering and searching. IPv6 addresses come
/// after all IPv4 addresses.
pub fn position(address: IpAddr) -> (bool, u128) {
    match address.to_canonical() {
        IpAddr::V4(four) => (false, u128::from(four.to_bits())),
        IpAddr::V6(six) => (true, six.to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn networks_have_the_addresses_of_their_prefix() {
        assert!(contains("192.0.2.0/24", "192.0.2.255"));
        assert!(!contains("192.0.2.0/24", "192.0.3.0"));
        assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.8"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!contains("2001:db8::/33", "2001:db8:8000::1"));
        assert!(contains("0.0.0.0/0", "198.51.100.1") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "198.51.100.1"));
    }

    #[test]
    fn both_spellings_of_an_ipv4_address_are_one() {
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.9"));
        assert!(contains("::ffff:192.0.2.0/120", "192.0.2.9"));
        assert!(!contains("::ffff:192.0.2.0/120", "192.0.3.9"));
        assert!(contains("::ffff:192.0.2.9", "192.0.2.9"));
        assert_eq!(position("::ffff:1.2.3.4".parse().unwrap()), position([1, 2, 3, 4].into()));
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "shop.example",
            "192.0.2.0/33",
            "192.0.2.0/255.255.255.0",
            "192.0.2/24",
            "192.0.2.0/",
            "192.0.2.0/-1",
            "192.0.2.0/2 4",
            " 192.0.2.0",
            "2001:db8::/129",
            "192.0.2.0/24/24",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
        assert!("192.0.2.7/24".parse::<Network>().unwrap().has_host_bits());
        assert!(!"192.0.2.0/24".parse::<Network>().unwrap().has_host_bits());
    }

    #[test]
    fn subscribers_share_a_64() {
        let of = |text: &str| subscriber(text.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::9"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
