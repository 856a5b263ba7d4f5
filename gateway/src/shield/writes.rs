//! The writes that a shield has heard of.
//!
//! A write, such as a POST, goes from its gateway to the origin directly, and makes that gateway's
//! copies of the resource outdated. The shield's copies are outdated too, but the shield does not
//! know it. So each question tells how many writes of the resource its gateway has seen. If the
//! shield has not heard of so many from this gateway, it first outdates its own copies.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::placement::Resource;

/// Most entries. If there are more, all are forgotten, which causes an extra fetch of each resource.
const KNOWN_MAX: usize = 1 << 16;

/// How many writes of a resource a process has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// [`Shield::process`](super::Shield::process) of the gateway.
    pub process: u64,
    /// The number of writes that went through it since its start.
    pub count: u32,
}

/// The writes that this gateway has heard of.
#[derive(Debug, Default)]
pub struct Writes(Mutex<HashMap<(u64, Resource), u32>>);

// === impl Writes ===

impl Writes {
    /// Calls `outdate` if these are more writes than it has heard of. When this returns, the copies
    /// from before the writes are outdated, whichever question told of the writes first.
    pub fn hear(&self, written: Written, resource: Resource, outdate: impl FnOnce()) {
        let mut known = self.0.lock();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        let heard = known.entry((written.process, resource)).or_default();
        if written.count > *heard {
            *heard = written.count;
            outdate();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_is_heard_once_from_each_gateway() {
        let writes = Writes::default();
        let resource = |path: &str| Resource::new(&"shop".parse().unwrap(), path);
        let hear = |process, count, path: &str| {
            let mut is_news = false;
            writes.hear(Written { process, count }, resource(path), || is_news = true);
            is_news
        };
        for (process, count, path, is_news) in [
            (1, 1, "/a", true),
            (1, 1, "/a", false),
            (1, 3, "/a", true),
            (1, 2, "/a", false),
            (1, 1, "/b", true),
            (2, 1, "/a", true),
        ] {
            assert_eq!(hear(process, count, path), is_news, "{process} {count} {path}");
        }
        for n in 0..KNOWN_MAX {
            hear(3, 1, &format!("/{n}"));
        }
        assert!(hear(1, 3, "/a"), "forgotten");
        assert!(writes.0.lock().len() < KNOWN_MAX);
    }
}
