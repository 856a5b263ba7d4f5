//! The stored objects that an invalidation names, and the fetches that it overtakes.
//!
//! A [`Purge`] is made once from all paths of one or more invalidations, so one pass over the store
//! is enough. Recent purges are remembered. If a fetch began before a purge that names its key, its
//! answer is not stored. Other answers are stored.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use brink_shared::id::DistributionId;

use super::key::{CacheKey, Prefix, normal_target};

/// Most bytes of remembered purges. The newest one is remembered at any size. The answer of a fetch
/// that began before the oldest remembered purge is not stored.
const REMEMBERED_BYTES: usize = 8 * 1024 * 1024;

/// Most purges that are remembered.
const REMEMBERED: usize = 1_024;

/// The objects to remove.
#[derive(Clone, Debug, Default)]
pub struct Purge {
    everything: bool,
    paths: HashMap<DistributionId, Paths>,
    bytes: usize,
}

/// Paths of one distribution (`contract.md` 7.16).
#[derive(Clone, Debug, Default)]
struct Paths {
    /// Targets in their normal form.
    exact: HashSet<String>,
    prefixes: Vec<Prefix>,
}

/// The recent purges, by number.
#[derive(Debug, Default)]
pub(super) struct Purges {
    /// The number of the newest purge; 0 if there was none.
    last: u64,
    remembered: VecDeque<(u64, Arc<Purge>)>,
    bytes: usize,
}

// === impl Purge ===

impl Purge {
    /// Every object of every distribution.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// An empty purge.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds paths of a distribution.
    pub fn add<'a>(
        &mut self,
        distribution: &DistributionId,
        paths: impl IntoIterator<Item = &'a str>,
    ) {
        let own = self.paths.entry(distribution.clone()).or_default();
        for path in paths {
            self.bytes += 2 * path.len() + size_of::<Prefix>();
            match path.strip_suffix('*') {
                None => drop(own.exact.insert(normal_target(path).into_owned())),
                Some(prefix) => own.prefixes.push(Prefix::new(prefix)),
            }
        }
    }

    /// True if it names this object.
    pub fn means(&self, key: &CacheKey) -> bool {
        if self.everything {
            return true;
        }
        let Some(paths) = self.paths.get(key.distribution()) else { return false };
        let target = key.normal_target();
        paths.exact.contains(target.as_ref())
            || paths.prefixes.iter().any(|prefix| prefix.begins(key, &target))
    }
}

// === impl Purges ===

impl Purges {
    /// The number of the newest purge.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Remembers a purge that is carried out now.
    pub(super) fn add(&mut self, purge: Arc<Purge>) {
        self.last += 1;
        self.bytes += purge.bytes;
        self.remembered.push_back((self.last, purge));
        while self.remembered.len() > 1
            && (self.bytes > REMEMBERED_BYTES || self.remembered.len() > REMEMBERED)
        {
            if let Some((_, oldest)) = self.remembered.pop_front() {
                self.bytes = self.bytes.saturating_sub(oldest.bytes);
            }
        }
    }

    /// True if a purge after this number named the key, or may have named it.
    pub(super) fn overtook(&self, since: u64, key: &CacheKey) -> bool {
        if since >= self.last {
            return false;
        }
        let oldest = self.remembered.front().map_or(u64::MAX, |(number, _)| *number);
        let newer = self.remembered.iter().rev().take_while(|(number, _)| *number > since);
        since.saturating_add(1) < oldest || newer.into_iter().any(|(_, purge)| purge.means(key))
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::event::Request;
    use brink_shared::registry::distribution::CachePolicy;

    use super::*;

    fn key(uri: &str) -> CacheKey {
        let request = Request {
            client_ip: [192, 0, 2, 1].into(),
            method: "GET".into(),
            uri: uri.into(),
            querystring: String::new(),
            headers: Default::default(),
            body: None,
            origin: None,
        };
        CacheKey::new(&"shop".parse().unwrap(), &request, &CachePolicy::default())
    }

    fn purge(path: &str) -> Arc<Purge> {
        let mut purge = Purge::new();
        purge.add(&"shop".parse().unwrap(), [path]);
        Arc::new(purge)
    }

    #[test]
    fn a_fetch_is_overtaken_only_by_a_purge_of_its_key() {
        let mut purges = Purges::default();
        purges.add(purge("/a"));
        purges.add(purge("/b/*"));
        for (since, path, overtaken) in [
            (0, "/a", true),
            (1, "/a", false),
            (0, "/b/c", true),
            (1, "/b/c", true),
            (2, "/b/c", false),
            (0, "/c", false),
        ] {
            assert_eq!(purges.overtook(since, &key(path)), overtaken, "{since} {path}");
        }
        purges.add(Arc::new(Purge::everything()));
        assert!(purges.overtook(2, &key("/c")) && !purges.overtook(3, &key("/c")));
    }

    #[test]
    fn a_fetch_from_before_the_remembered_purges_is_overtaken() {
        let mut purges = Purges::default();
        for _ in 0..=REMEMBERED {
            purges.add(purge("/a"));
        }
        assert_eq!(purges.remembered.len(), REMEMBERED);
        assert!(purges.overtook(0, &key("/c")));
        assert!(!purges.overtook(1, &key("/c")));
        purges.add(purge(&format!("/{}", "x".repeat(REMEMBERED_BYTES))));
        assert_eq!(purges.remembered.len(), 1);
        assert!(purges.overtook(1, &key("/c")));
    }
}
