//! The memory of this process: how much it uses, and how it gives memory back.
//!
//! Reading a version's text takes several times the memory of its compiled code. The allocator
//! keeps freed memory in pieces for later. But the supervisor compares all memory of the process
//! with the limit, so the process gives freed memory back to the system.

use brink_shared::heap;

use crate::confinement::own_status;

/// Growth from which on memory is given back, in MB. Smaller amounts are kept for the next start.
const GIVE_BACK_FROM: u64 = 8;

const NOW: &str = "VmRSS:";
const PEAK: &str = "VmHWM:";

/// The memory of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// The present use, in MB.
    pub(super) now: u64,
    /// The highest use so far, in MB.
    pub(super) peak: u64,
}

// === impl Memory ===

impl Memory {
    /// Reads the memory from the system; zeros if the system does not tell.
    pub(super) fn read() -> Self {
        Self::parse(&own_status().unwrap_or_default())
    }

    fn parse(status: &str) -> Self {
        Self { now: kilobytes(status, NOW) / 1024, peak: kilobytes(status, PEAK) / 1024 }
    }

    /// How many threads may load the version. Each thread compiles it for itself, the first one
    /// took the process from here to `after`, and the process may use `allowed` MB.
    pub(super) fn threads(self, after: Self, allowed: u64) -> usize {
        let each = after.peak.saturating_sub(self.now).max(1);
        let room = allowed.saturating_sub(after.now);
        usize::try_from(room / each).unwrap_or(usize::MAX).saturating_add(1)
    }
}

/// Bytes that this process uses now; 0 if the system does not tell.
pub(super) fn used() -> u64 {
    kilobytes(&own_status().unwrap_or_default(), NOW) * 1024
}

fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

/// Gives free memory back, if the process grew much since `before`.
pub(super) fn give_back(before: Memory) {
    if Memory::read().now >= before.now + GIVE_BACK_FROM {
        heap::give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tbrink\nVmHWM:\t  204800 kB\nVmRSS:\t   71680 kB\n";

    #[test]
    fn the_system_tells_what_is_used() {
        assert_eq!(Memory::parse(STATUS), Memory { now: 70, peak: 200 });
        assert_eq!(Memory::parse(""), Memory::default());
        assert!(Memory::read().now > 0);
    }

    #[test]
    fn as_many_threads_read_a_version_as_there_is_memory_for() {
        let before = Memory { now: 20, peak: 20 };
        let small = Memory { now: 21, peak: 22 };
        assert!(before.threads(small, 166) > 64);
        let large = Memory { now: 60, peak: 110 };
        assert_eq!(before.threads(large, 166), 2);
        assert_eq!(before.threads(Memory { now: 80, peak: 180 }, 166), 1);
        assert_eq!(before.threads(Memory { now: 200, peak: 300 }, 166), 1);
    }

    /// Says that a test has its process to itself.
    #[cfg(target_env = "gnu")]
    const ALONE: &str = "BRINK_TEST_ALONE";

    #[test]
    #[cfg(target_env = "gnu")]
    fn what_is_free_is_given_back() {
        if std::env::var_os(ALONE).is_none() {
            // The other tests of this process have memory of their own.
            let name = "process::memory::tests::what_is_free_is_given_back";
            let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
            let ran = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let told = String::from_utf8_lossy(&ran.stdout);
            assert!(told.contains("1 passed"), "{told}");
            return;
        }
        let before = Memory::read();
        // Pieces, of which the last stays: the allocator cannot give them back by itself.
        let mut pieces: Vec<Vec<u8>> = (0..64 * 1024).map(|_| vec![1; 1024]).collect();
        let last = pieces.pop();
        drop(pieces);
        let freed = Memory::read();
        assert!(freed.now >= before.now + 48, "{before:?} {freed:?}");
        give_back(before);
        assert!(Memory::read().now < before.now + 24, "{:?}", Memory::read());
        drop(last);
    }
}
