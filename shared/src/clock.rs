//! The time of the bus, in which times cross process borders.
//!
//! Clocks of machines differ, by an hour if one is set wrong. So a deadline on the wire is in the
//! time of the bus: NATS stamps it, and each node measures how far its own clock is from it.
//! Between two measurements a node counts on the clock of its machine that nobody sets and that
//! goes on while the process stands still (`CLOCK_BOOTTIME`). A bus within the process has the
//! process's own time.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;

use crate::status::ClockStatus;
use crate::wire::UnixMillis;

/// Two clocks of good quality drift apart by this much of the time that passes, at most.
const DRIFT: f64 = 200e-6;

/// Measurements that differ by this much more than their errors mean that the bus's clock was set,
/// or that another server gives the time now.
const JUMP_US: i64 = 2_000;

/// A clock that is further off than this is worth a warning.
pub const SKEW_MAX: Duration = Duration::from_millis(500);

/// The time of a bus, as its node knows it. All methods are cheap.
pub struct BusClock {
    /// How far the machine's clock is taken to be ahead of itself, for tests.
    shift_us: i64,
    /// The bus's time minus the machine's running time.
    offset_us: AtomicI64,
    /// How wrong that may be.
    error_us: AtomicU64,
    measured: watch::Sender<bool>,
}

/// The result of the measurements so far.
#[derive(Default)]
pub struct Estimate {
    best: Option<Sample>,
}

/// One measurement: the bus was asked, and told its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The machine's running time in the middle between question and answer, in microseconds.
    pub at_us: i64,
    /// The bus's time minus the machine's running time, in microseconds.
    pub offset_us: i64,
    /// How wrong that may be: half of the time between question and answer, in microseconds.
    pub error_us: i64,
}

// === impl BusClock ===

impl BusClock {
    /// Of a bus within this process: its time is the process's own.
    pub fn own() -> Self {
        let clock = Self::shifted(Duration::ZERO, false);
        clock.measured.send_replace(true);
        clock
    }

    /// Of a bus whose time is to be measured. Until then it is taken to be the machine's.
    ///
    /// For tests the machine's clock is taken to be `shift` ahead, or behind.
    pub fn shifted(shift: Duration, behind: bool) -> Self {
        let shift = i64::try_from(shift.as_micros()).unwrap_or(i64::MAX);
        Self {
            shift_us: if behind { -shift } else { shift },
            offset_us: AtomicI64::new(i64::MIN),
            error_us: AtomicU64::new(0),
            measured: watch::Sender::new(false),
        }
    }

    /// The bus's present time.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(u64::try_from(self.now_us() / 1_000).unwrap_or(0))
    }

    /// The bus's time at this moment.
    pub fn at(&self, moment: Instant) -> UnixMillis {
        let now = Instant::now();
        let time = self.now();
        let until = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        match moment.checked_duration_since(now) {
            Some(ahead) => time.after(ahead),
            None => UnixMillis(time.0.saturating_sub(until(now.duration_since(moment)))),
        }
    }

    /// How long it is until a moment in the bus's time; zero when it has passed.
    pub fn remaining(&self, until: UnixMillis) -> Duration {
        Duration::from_millis(until.0.saturating_sub(self.now().0))
    }

    /// How wrong [`now`](Self::now) may be. Zero while nothing is known of it.
    pub fn error(&self) -> Duration {
        Duration::from_micros(self.error_us.load(Ordering::Relaxed))
    }

    /// How wrong [`now`](Self::now) may be, if it is known and not wrong by more than `most`.
    pub fn known_within(&self, most: Duration) -> Option<Duration> {
        Some(self.error()).filter(|error| self.is_measured() && *error <= most)
    }

    /// Whether the bus's time is known.
    pub fn is_measured(&self) -> bool {
        *self.measured.borrow()
    }

    /// Waits until the bus's time is known, at most this long.
    pub async fn wait_measured(&self, most: Duration) {
        let mut measured = self.measured.subscribe();
        let known = measured.wait_for(|measured| *measured);
        // The sender lives as long as this.
        let _ = tokio::time::timeout(most, known).await;
    }

    /// How the machine's clock stands, for `brink status`; none while that is not known.
    pub fn status(&self) -> Option<ClockStatus> {
        if self.offset_us.load(Ordering::Relaxed) == i64::MIN {
            return None;
        }
        let ahead = self.wall_us().saturating_sub(self.now_us());
        let error_ms = u64::try_from(self.error().as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        Some(ClockStatus { ahead_ms: ahead / 1_000, error_ms })
    }

    /// A warning for operators, if the machine's clock is wrong.
    pub fn warning(&self) -> Option<String> {
        let ahead = self.status()?.ahead_ms;
        if Duration::from_millis(ahead.unsigned_abs()) <= SKEW_MAX {
            return None;
        }
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        // Tenths of a second are enough.
        let off = Duration::from_millis((ahead.unsigned_abs() + 50) / 100 * 100);
        let off = humantime::format_duration(off);
        Some(format!(
            "its clock is {off} {way} the bus's. Deadlines are corrected for that; times in logs \
             and certificates are not. Synchronize the clock, with NTP for example"
        ))
    }

    /// Sets the clock by the measurements.
    pub fn set(&self, estimate: &Estimate) {
        let Some((offset, error)) = estimate.at(running_us()) else { return };
        self.error_us.store(u64::try_from(error).unwrap_or(0), Ordering::Relaxed);
        self.offset_us.store(offset, Ordering::Relaxed);
        self.measured.send_if_modified(|measured| !std::mem::replace(measured, true));
    }

    /// The bus's present time, in microseconds since the Unix epoch.
    fn now_us(&self) -> i64 {
        match self.offset_us.load(Ordering::Relaxed) {
            i64::MIN => self.wall_us(),
            offset => running_us().saturating_add(offset),
        }
    }

    /// The machine's time, in microseconds since the Unix epoch.
    fn wall_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        since.saturating_add(self.shift_us)
    }
}

// === impl Estimate ===

impl Estimate {
    /// Takes a measurement in. The one with the least error counts. Its error grows with time, as
    /// clocks may drift apart.
    pub fn add(&mut self, new: Sample) {
        let keeps = self.best.is_some_and(|best| {
            let error = best.error_at(new.at_us);
            let jumped = new.offset_us.saturating_sub(best.offset_us).saturating_abs()
                > error.saturating_add(new.error_us).saturating_add(JUMP_US);
            !jumped && error < new.error_us
        });
        if !keeps {
            self.best = Some(new);
        }
    }

    /// The offset and its error, at this running time.
    fn at(&self, now_us: i64) -> Option<(i64, i64)> {
        self.best.map(|best| (best.offset_us, best.error_at(now_us)))
    }
}

// === impl Sample ===

impl Sample {
    /// From the running times of question and answer, and the bus's time in between, all in
    /// microseconds.
    pub fn new(asked_us: i64, answered_us: i64, told_us: i64) -> Self {
        let error_us = answered_us.saturating_sub(asked_us) / 2;
        let at_us = asked_us.saturating_add(error_us);
        Self { at_us, offset_us: told_us.saturating_sub(at_us), error_us: error_us + 1 }
    }

    fn error_at(&self, now_us: i64) -> i64 {
        let age = now_us.saturating_sub(self.at_us).max(0);
        self.error_us.saturating_add((age as f64 * DRIFT) as i64)
    }
}

/// The machine's running time in microseconds: it is never set, and goes on while the machine
/// sleeps.
pub fn running_us() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn off_by(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn the_measurement_with_the_least_error_counts() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.at(0), None);
        estimate.add(Sample::new(0, 20_000, 500 * SECOND));
        estimate.add(Sample::new(SECOND, SECOND + 200, 501 * SECOND));
        let (offset, error) = estimate.at(SECOND).unwrap();
        assert!((500 * SECOND - 200..500 * SECOND).contains(&offset), "{offset}");
        assert!(error <= 101, "{error}");
        // A process that stood still for ten seconds learns nothing in between.
        estimate.add(Sample::new(2 * SECOND, 12 * SECOND, 503 * SECOND));
        assert_eq!(estimate.at(SECOND).unwrap().0, offset);
    }

    #[test]
    fn an_old_measurement_gives_way_and_a_clock_that_was_set_is_followed() {
        let mut estimate = Estimate::default();
        estimate.add(Sample::new(0, 200, 500 * SECOND));
        let later = 1_000 * SECOND;
        estimate.add(Sample::new(later, later + 2_000, 500 * SECOND + later + 9_000));
        let (offset, _) = estimate.at(later).unwrap();
        assert_eq!(offset, 500 * SECOND + 8_000);
        estimate.add(Sample::new(later, later + 2_000, 900 * SECOND + later));
        assert_eq!(estimate.at(later).unwrap().0, 900 * SECOND - 1_000);
    }

    #[test]
    fn a_shifted_clock_is_corrected_once_the_bus_was_asked() {
        for behind in [false, true] {
            let clock = BusClock::shifted(Duration::from_secs(3_600), behind);
            let hour = if behind { -3_600_000 } else { 3_600_000 };
            let wrong = clock.now().0.cast_signed() - UnixMillis::now().0.cast_signed();
            assert!((wrong - hour).abs() < 1_000, "{wrong}");
            assert_eq!((clock.status(), clock.warning()), (None, None));
            let mut estimate = Estimate::default();
            let told = i64::try_from(UnixMillis::now().0).unwrap() * 1_000;
            estimate.add(Sample::new(running_us(), running_us(), told));
            clock.set(&estimate);
            let right = clock.now().0.cast_signed() - UnixMillis::now().0.cast_signed();
            assert!(right.abs() < 1_000, "{right}");
            assert!(clock.is_measured() && clock.error() < off_by(100_000));
            assert!((clock.status().unwrap().ahead_ms - hour).abs() < 1_000);
            assert!(clock.warning().unwrap().contains(if behind { "behind" } else { "ahead" }));
        }
    }

    #[test]
    fn moments_and_times_of_the_bus_stand_for_each_other() {
        let clock = BusClock::own();
        let time = clock.at(Instant::now() + Duration::from_secs(5));
        let left = clock.remaining(time);
        assert!(left > Duration::from_secs(4) && left <= Duration::from_secs(5), "{left:?}");
        assert_eq!(
            clock.remaining(clock.at(Instant::now() - Duration::from_secs(1))),
            Duration::ZERO
        );
        assert!(clock.is_measured() && clock.status().is_none());
    }
}
