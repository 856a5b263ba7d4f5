//! The bus's clock, which processes share for times in messages.
//!
//! The clocks of machines differ, by an hour if one is set wrong. So a deadline in a message is in
//! the time of the bus. NATS provides this time, and each node measures the difference to its own
//! clock. Between two measurements a node uses a clock of its machine that cannot be set and goes
//! on while the process stands still (`CLOCK_BOOTTIME`). A bus within the process has the process's
//! own time.

mod estimate;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::wire::UnixMillis;
pub use estimate::{Estimate, MEASURED_EVERY, Running, Sample};

/// A clock that is wrong by more than this causes a warning.
pub const SKEW_MAX: Duration = Duration::from_millis(500);

/// A machine's clock, compared with the bus's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStatus {
    /// Milliseconds that it is ahead; behind if negative.
    pub ahead_ms: i64,
    /// Bounds on the error of that number, in milliseconds.
    pub error_ms: u64,
}

/// The time of a bus, as its node knows it. All methods are cheap.
pub struct BusClock {
    /// How far the machine's clock is moved ahead, for tests.
    shift_us: i64,
    /// How far the bus's time is from the machine's running time.
    estimate: Mutex<Estimate>,
    measured: watch::Sender<bool>,
}

// === impl BusClock ===

impl BusClock {
    /// For a bus within this process: its time is the process's own.
    pub fn own() -> Self {
        let clock = Self::shifted(Duration::ZERO, false);
        clock.measured.send_replace(true);
        clock
    }

    /// For a bus whose time is measured. Until then it counts as the machine's time.
    ///
    /// For tests, `shift` moves the machine's clock ahead or back.
    pub fn shifted(shift: Duration, behind: bool) -> Self {
        let shift = i64::try_from(shift.as_micros()).unwrap_or(i64::MAX);
        Self {
            shift_us: if behind { -shift } else { shift },
            estimate: Mutex::default(),
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

    /// The possible error of [`now`](Self::now). It grows since the last measurement. Zero while
    /// the bus's time is not known.
    pub fn error(&self) -> Duration {
        duration(self.estimate.lock().error_us(Running::now()))
    }

    /// The possible error of [`now`](Self::now), if it is known and at most `most`. It is not known
    /// while other nodes may have the time of an earlier leader.
    pub fn known_within(&self, most: Duration) -> Option<Duration> {
        let (estimate, now) = (*self.estimate.lock(), Running::now());
        let is_known = self.is_measured() && !estimate.is_doubted(now);
        Some(duration(estimate.error_us(now))).filter(|error| is_known && *error <= most)
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

    /// The state of the machine's clock, for `brink status`; `None` while it is not known.
    pub fn status(&self) -> Option<ClockStatus> {
        self.estimate.lock().offset_us()?;
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

    /// Sets the clock from the measurements.
    pub fn set(&self, estimate: &Estimate) {
        *self.estimate.lock() = *estimate;
        let known = estimate.offset_us().is_some();
        self.measured.send_if_modified(|measured| known && !std::mem::replace(measured, true));
    }

    /// The bus's present time, in microseconds since the Unix epoch.
    fn now_us(&self) -> i64 {
        let offset_us = self.estimate.lock().offset_us();
        offset_us.map_or_else(|| self.wall_us(), |offset| Running::now().us.saturating_add(offset))
    }

    /// The machine's time, in microseconds since the Unix epoch.
    fn wall_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        since.saturating_add(self.shift_us)
    }
}

fn duration(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            estimate.add(Sample::new(Running::now(), Running::now(), told));
            clock.set(&estimate);
            let right = clock.now().0.cast_signed() - UnixMillis::now().0.cast_signed();
            assert!(right.abs() < 1_000, "{right}");
            assert!(clock.is_measured() && clock.error() < Duration::from_millis(100));
            assert!((clock.status().unwrap().ahead_ms - hour).abs() < 1_000);
            assert!(clock.warning().unwrap().contains(if behind { "behind" } else { "ahead" }));
        }
    }

    #[test]
    fn the_error_of_an_unmeasured_clock_grows() {
        let clock = BusClock::shifted(Duration::ZERO, false);
        assert_eq!(clock.known_within(Duration::MAX), None, "not at all yet");
        let mut estimate = Estimate::default();
        estimate.add(Sample::new(Running::now(), Running::now(), 0));
        clock.set(&estimate);
        let error = clock.error();
        assert_eq!(
            clock.known_within(Duration::from_secs(60)).map(|known| known < error),
            Some(false)
        );
        std::thread::sleep(Duration::from_millis(50));
        assert!(clock.error() > error);
        assert_eq!(clock.known_within(error), None);
        estimate.led_for(Duration::ZERO);
        clock.set(&estimate);
        assert_eq!(clock.known_within(Duration::MAX), None, "another server led until now");
        assert!(clock.is_measured());
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
