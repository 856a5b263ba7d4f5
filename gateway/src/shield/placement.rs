//! Chooses the shield of a resource by rendezvous hashing.
//!
//! Each gateway gets a score for the resource, and the one with the highest score is its shield. All
//! gateways compute the same scores, so they choose alike without a word to each other. If a gateway
//! joins or leaves, only its own resources change their shield.

use std::cmp::Reverse;

use brink_shared::id::{DistributionId, NodeId};
use sha2::{Digest as _, Sha256};

/// A resource, alike at all gateways and in all releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resource([u8; 32]);

// === impl Resource ===

impl Resource {
    /// The resource of a path in its normal form, with the part of the query that is in the cache
    /// key. All variants, parts and spellings of an object are one resource.
    pub fn new(distribution: &DistributionId, target: &str) -> Self {
        let hash = Sha256::new().chain_update(distribution.as_str()).chain_update(b"\0");
        Self(hash.chain_update(target).finalize().into())
    }

    /// Sorts gateways by their scores for this resource, the highest first.
    pub fn sort<T>(&self, gateways: &mut [T], name: impl Fn(&T) -> &NodeId) {
        gateways.sort_by_cached_key(|gateway| Reverse(self.score(name(gateway))));
    }

    fn score(&self, gateway: &NodeId) -> [u8; 32] {
        let hash = Sha256::new().chain_update(self.0);
        hash.chain_update(gateway.as_str()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const RESOURCES: usize = 2_000;

    fn gateways(names: impl Iterator<Item = usize>) -> Vec<NodeId> {
        names.map(|n| format!("g{n}").parse().unwrap()).collect()
    }

    /// The shield of each resource.
    fn shields(seed: u64, gateways: &[NodeId]) -> Vec<NodeId> {
        let shop = "shop".parse().unwrap();
        let shield = |n| {
            let mut sorted = gateways.to_vec();
            Resource::new(&shop, &format!("/{seed}/{n}")).sort(&mut sorted, |gateway| gateway);
            sorted[0].clone()
        };
        (0..RESOURCES).map(shield).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn a_gateway_that_joins_takes_its_share_and_moves_nothing_else(
            seed: u64, count in 1_usize..12,
        ) {
            let before = gateways(0..count);
            // The order in which a gateway hears of others makes no difference.
            let after = gateways((0..=count).rev());
            let joined = &gateways(count..count + 1)[0];
            let (old, new) = (shields(seed, &before), shields(seed, &after));
            let moved: Vec<_> = old.iter().zip(&new).filter(|(old, new)| old != new).collect();
            prop_assert!(moved.iter().all(|(_, new)| *new == joined));
            let share = RESOURCES / (count + 1);
            prop_assert!((share / 2..share * 2).contains(&moved.len()),
                "{} of {RESOURCES} moved to one of {}", moved.len(), count + 1);
        }
    }

    #[test]
    fn resources_are_spread_evenly_and_alike_in_all_releases() {
        let all = gateways(0..4);
        let mut counts: HashMap<NodeId, usize> = HashMap::new();
        for shield in shields(1, &all) {
            *counts.entry(shield).or_default() += 1;
        }
        assert!(counts.values().all(|count| (400..600).contains(count)), "{counts:?}");
        let first: Vec<_> = shields(1, &all).iter().take(6).map(ToString::to_string).collect();
        assert_eq!(first, ["g3", "g3", "g1", "g1", "g0", "g1"], "two releases must choose alike");
    }
}
