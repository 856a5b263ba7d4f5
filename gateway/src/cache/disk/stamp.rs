//! A moment that another process understands, also after a restart of the machine.
//!
//! An `Instant` means nothing to another process, and the wall clock can be set back. So a stamp has
//! two clocks: the wall clock, and the time since the machine started, which cannot be set. While
//! the machine runs on, the second one counts. After a restart of the machine, only the wall clock
//! is left. If it is then behind the stamp, the time that has passed is not known, and the answer
//! is not used.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A file of Linux with a random id that is new after each start of the machine.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// This start of the machine; 0 if the system does not tell.
static BOOT: LazyLock<u128> = LazyLock::new(|| {
    let id = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
    u128::from_str_radix(&id.trim().replace('-', ""), 16).unwrap_or(0)
});

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Milliseconds since 1970, by the machine's clock.
    wall_ms: u64,
    /// Which start of the machine the next number belongs to.
    boot: u128,
    /// Milliseconds since the machine started, also while it slept.
    up_ms: u64,
}

// === impl Stamp ===

impl Stamp {
    /// This moment.
    pub(super) fn now() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let up = clock_gettime(ClockId::Boottime);
        let up_ms = up.tv_sec.saturating_mul(1_000).saturating_add(up.tv_nsec / 1_000_000);
        Self {
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            boot: *BOOT,
            up_ms: u64::try_from(up_ms).unwrap_or(0),
        }
    }

    /// A moment of the past.
    pub(super) fn of(moment: Instant) -> Self {
        let ago = u64::try_from(moment.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = Self::now();
        Self {
            wall_ms: now.wall_ms.saturating_sub(ago),
            up_ms: now.up_ms.saturating_sub(ago),
            ..now
        }
    }

    /// How long ago it was at `now`; `None` if no clock can tell. If the clocks differ, the longer
    /// time counts: a copy may be taken for too old, but never for too fresh.
    pub(super) fn ago(&self, now: &Self) -> Option<Duration> {
        let same_boot = self.boot == now.boot && self.boot != 0;
        let up = now.up_ms.checked_sub(self.up_ms).filter(|_| same_boot);
        let wall = now.wall_ms.checked_sub(self.wall_ms);
        up.max(wall).map(Duration::from_millis)
    }

    /// The same moment as an `Instant` of this process; `None` if no clock can tell.
    pub(super) fn instant(&self, now: &Self) -> Option<Instant> {
        Instant::now().checked_sub(self.ago(now)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn stamp(wall_ms: u64, boot: u128, up_ms: u64) -> Stamp {
        Stamp { wall_ms, boot, up_ms }
    }

    #[test]
    fn no_clock_that_was_set_makes_a_copy_younger() {
        let then = stamp(100 * MINUTE, 7, 10 * MINUTE);
        let minutes = |now: Stamp| then.ago(&now).map(|ago| ago.as_secs() / 60);
        // Both clocks go on, also after a restart of the machine.
        assert_eq!(minutes(stamp(130 * MINUTE, 7, 40 * MINUTE)), Some(30));
        assert_eq!(minutes(stamp(130 * MINUTE, 8, MINUTE)), Some(30));
        // The wall clock was set back, or ahead.
        assert_eq!(minutes(stamp(90 * MINUTE, 7, 40 * MINUTE)), Some(30));
        assert_eq!(minutes(stamp(110 * MINUTE, 7, 40 * MINUTE)), Some(30));
        assert_eq!(minutes(stamp(900 * MINUTE, 7, 40 * MINUTE)), Some(800));
        // It was set back, and the machine restarted: nobody knows.
        assert_eq!(minutes(stamp(90 * MINUTE, 8, 40 * MINUTE)), None);
        // Without the machine's id, the times since its start cannot be compared.
        let unknown = stamp(100 * MINUTE, 0, 10 * MINUTE);
        assert_eq!(unknown.ago(&stamp(90 * MINUTE, 0, 40 * MINUTE)), None);
    }

    #[test]
    fn a_moment_comes_back_as_it_was() {
        let then = Instant::now() - Duration::from_secs(5);
        let back = Stamp::of(then).instant(&Stamp::now()).unwrap();
        let differs = if back > then { back - then } else { then - back };
        assert!(differs < Duration::from_millis(50), "{differs:?}");
    }
}
