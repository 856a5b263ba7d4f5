//! The largest parts of a function that is too large.

use std::collections::BTreeMap;

use brink_shared::limits::size;

use super::left_out::NODE_MODULES;

/// Most parts that are named.
const NAMED: usize = 5;

/// The bytes and files of each part of a function.
#[derive(Default)]
pub(super) struct Parts(BTreeMap<String, (u64, usize)>);

// === impl Parts ===

impl Parts {
    pub(super) fn add(&mut self, file: &str, bytes: u64) {
        let (size, files) = self.0.entry(part_of(file).to_owned()).or_default();
        *size = size.saturating_add(bytes);
        *files += 1;
    }

    /// `node_modules/typescript (62.4MB in 180 files), data (12MB in 2 files)`.
    pub(super) fn largest(&self) -> String {
        let mut parts: Vec<_> = self.0.iter().collect();
        parts.sort_by_key(|(_, about)| std::cmp::Reverse(**about));
        let told = parts.iter().take(NAMED).map(|(name, (bytes, files))| {
            let size = size::format(*bytes);
            let files = crate::printing::counted(*files, "file");
            format!("{name} ({size} in {files})")
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// The package of a file, the folder at the top that has it, or the file itself.
fn part_of(file: &str) -> &str {
    let parts = file.split('/').collect::<Vec<_>>();
    let within = parts.iter().position(|part| *part == NODE_MODULES);
    let named = within.map_or(1, |at| {
        let is_scoped = parts.get(at + 1).is_some_and(|name| name.starts_with('@'));
        at + if is_scoped { 3 } else { 2 }
    });
    let length = parts.iter().take(named).map(|part| part.len() + 1).sum::<usize>();
    file.get(..length.saturating_sub(1)).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_folders_are_parts() {
        for (file, part) in [
            ("index.js", "index.js"),
            ("numpy/core/x.so", "numpy"),
            ("node_modules/a/lib/x.js", "node_modules/a"),
            ("node_modules/@a/b/lib/x.js", "node_modules/@a/b"),
            ("src/node_modules/a/node_modules/b/x.js", "src/node_modules/a"),
            ("node_modules/x.js", "node_modules/x.js"),
            ("node_modules/.prisma/x", "node_modules/.prisma"),
        ] {
            assert_eq!(part_of(file), part, "{file}");
        }
    }

    #[test]
    fn the_largest_come_first() {
        let mut parts = Parts::default();
        for n in 1..=7_u64 {
            parts.add(&format!("f{n}/x"), n << 20);
        }
        parts.add("f7/y", 1);
        let told = parts.largest();
        assert!(told.starts_with("f7 (7.0MB in 2 files), f6 (6MB in 1 file), "), "{told}");
        assert!(!told.contains("f2"), "{told}");
    }
}
