//! Addresses of many networks, searched in logarithmic time.

use std::net::IpAddr;

use brink_shared::network::{Network, position};

/// A set of addresses of both families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    /// The first and the last position of each range. They are sorted, and do not overlap.
    ranges: Vec<(Position, Position)>,
}

type Position = (bool, u128);

// === impl AddressSet ===

impl AddressSet {
    /// All addresses of these networks.
    pub fn new(networks: &[Network]) -> Self {
        let range = |network: &Network| {
            let (first, last) = network.range();
            (position(first), position(last))
        };
        let mut all: Vec<_> = networks.iter().map(range).collect();
        all.sort_unstable();
        let mut ranges: Vec<(Position, Position)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match ranges.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => ranges.push((first, last)),
            }
        }
        Self { ranges }
    }

    /// True if the address is in one of the networks.
    pub fn contains(&self, address: IpAddr) -> bool {
        if self.ranges.is_empty() {
            return false;
        }
        let at = position(address);
        let after = self.ranges.partition_point(|(first, _)| *first <= at);
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|r| at <= r.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(networks: &[&str]) -> AddressSet {
        AddressSet::new(&networks.iter().map(|n| n.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn networks_may_overlap_and_be_of_both_families() {
        let set = set(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "9.0.0.0/8"]);
        for (address, expected) in [
            ("10.255.0.1", true),
            ("9.0.0.0", true),
            ("11.0.0.0", false),
            ("8.255.255.255", false),
            ("192.0.2.7", true),
            ("::ffff:192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:ffff::", true),
            ("2001:db9::", false),
            ("::", false),
            ("2001:db7:ffff::", false),
        ] {
            assert_eq!(set.contains(address.parse().unwrap()), expected, "{address}");
        }
        let six = AddressSet::new(&["::/0".parse().unwrap()]);
        assert!(six.contains("::1".parse().unwrap()) && !six.contains([10, 0, 0, 1].into()));
        assert!(!AddressSet::default().contains([10, 0, 0, 1].into()));
    }

    proptest! {
        #[test]
        fn a_set_is_the_union_of_its_networks(
            parts in prop::collection::vec((any::<u16>(), 16_u8..=32), 0..40),
            asked in any::<u32>(),
        ) {
            // In a small space, so networks overlap and touch.
            let text = |(base, bits): &(u16, u8)| {
                format!("{}/{bits}", std::net::Ipv4Addr::from(u32::from(*base) << 4))
            };
            let networks: Vec<Network> = parts.iter().map(|p| text(p).parse().unwrap()).collect();
            let set = AddressSet::new(&networks);
            for address in [asked, asked >> 12, asked >> 20] {
                let address = IpAddr::from(std::net::Ipv4Addr::from(address));
                let expected = networks.iter().any(|network| network.contains(address));
                prop_assert_eq!(set.contains(address), expected);
            }
        }
    }
}
