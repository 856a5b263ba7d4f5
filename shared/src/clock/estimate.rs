//! The offset of the bus's time from the machine's running time, from measurements.
//!
//! Between measurements the error grows, because clocks drift apart, and because the length of a
//! machine's sleep is known only roughly. If the offset jumps, the bus's clock was set, or another
//! server gives the time now. The other nodes notice that with their next measurement, within
//! [`MEASURED_EVERY`] if answers come. Until they must have noticed, the jump counts as error. So
//! no node relies on a time that other nodes may not have. A node that starts just after another
//! server took the lead sees no jump, so it does not rely on the time until then either.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Pause between two measurements of a node, once it knows the bus's time.
pub const MEASURED_EVERY: Duration = Duration::from_secs(15);

/// Two clocks of good quality drift apart by this much of the time that passes, at most.
const DRIFT: f64 = 200e-6;

/// Two measurements that differ by this much more than their errors mean a jump.
const JUMP_US: i64 = 2_000;

/// Within this time after a jump every node has measured again.
const FOLLOWED_US: i64 = 2 * MEASURED_EVERY.as_micros() as i64;

/// Resolution of the clock that counts a machine's sleep: it may know only whole seconds.
const SLEEP_ERROR_US: i64 = 2_000_000;

/// A shorter sleep is just the time between two reads of the clocks.
const SLEEP_US: i64 = 100_000;

/// A moment on the machine's own clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    /// Microseconds since the machine was started. This time cannot be set, and it goes on while
    /// the machine sleeps (`CLOCK_BOOTTIME`).
    pub us: i64,
    /// How long the machine slept.
    pub asleep_us: i64,
}

/// One measurement: the node asked, and the bus gave its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The middle between question and answer.
    at: Running,
    /// The bus's time minus the machine's running time, in microseconds.
    offset_us: i64,
    /// Possible error: half of the time between question and answer, in microseconds.
    error_us: i64,
}

/// The result of the measurements so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate {
    best: Option<Sample>,
    jump: Option<Jump>,
    /// Until then, other nodes may have the time of an earlier leader. In running microseconds.
    doubted_until_us: Option<i64>,
}

/// The bus's time jumped.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// When the node noticed it, in running microseconds.
    at_us: i64,
    by_us: i64,
}

// === impl Running ===

impl Running {
    /// This moment.
    pub fn now() -> Self {
        let us = micros(clock_gettime(ClockId::Boottime));
        let awake_us = micros(clock_gettime(ClockId::Monotonic));
        Self { us, asleep_us: us.saturating_sub(awake_us) }
    }
}

fn micros(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

// === impl Sample ===

impl Sample {
    /// `asked` and `answered` are the moments of question and answer; `told_us` is the bus's time
    /// in between, in microseconds since the Unix epoch.
    pub fn new(asked: Running, answered: Running, told_us: i64) -> Self {
        let error_us = answered.us.saturating_sub(asked.us) / 2;
        let at = Running { us: asked.us.saturating_add(error_us), asleep_us: asked.asleep_us };
        Self { at, offset_us: told_us.saturating_sub(at.us), error_us: error_us + 1 }
    }

    fn error_at(&self, now: Running) -> i64 {
        let age = now.us.saturating_sub(self.at.us).max(0);
        let slept = now.asleep_us.saturating_sub(self.at.asleep_us) > SLEEP_US;
        self.error_us.saturating_add((age as f64 * DRIFT) as i64).saturating_add(if slept {
            SLEEP_ERROR_US
        } else {
            0
        })
    }
}

// === impl Estimate ===

impl Estimate {
    /// Adds a measurement. The one with the least error counts, or the new one if the bus's time
    /// jumped. Returns the size of the jump.
    pub fn add(&mut self, new: Sample) -> Option<Duration> {
        let Some(best) = self.best else {
            self.best = Some(new);
            return None;
        };
        let error_us = best.error_at(new.at);
        let by_us = new.offset_us.saturating_sub(best.offset_us).saturating_abs();
        if by_us > error_us.saturating_add(new.error_us).saturating_add(JUMP_US) {
            let by_us = by_us.max(self.jump_at(new.at));
            self.jump = Some(Jump { at_us: new.at.us, by_us });
            self.best = Some(new);
            return Some(Duration::from_micros(by_us.unsigned_abs()));
        }
        if new.error_us <= error_us {
            self.best = Some(new);
        }
        None
    }

    /// Takes note that the server which told the first measurement leads since so long. Nodes that
    /// were there before may still have the time of another server.
    pub fn led_for(&mut self, led: Duration) {
        let led_us = i64::try_from(led.as_micros()).unwrap_or(i64::MAX);
        let left = FOLLOWED_US.saturating_sub(led_us);
        let first = self.best.filter(|_| left > 0);
        self.doubted_until_us = first.map(|first| first.at.us.saturating_add(left));
    }

    /// Whether other nodes may have the time of an earlier leader, by an unknown difference.
    pub fn is_doubted(&self, now: Running) -> bool {
        self.doubted_until_us.is_some_and(|until| now.us < until)
    }

    /// The bus's time minus the machine's running time, in microseconds; `None` before the first
    /// measurement.
    pub fn offset_us(&self) -> Option<i64> {
        self.best.map(|best| best.offset_us)
    }

    /// The possible error at this moment, for any node of the bus, in microseconds.
    pub fn error_us(&self, now: Running) -> i64 {
        let own = self.best.map_or(0, |best| best.error_at(now));
        own.saturating_add(self.jump_at(now))
    }

    /// The possible error of nodes that have not measured since a jump, in microseconds.
    fn jump_at(&self, now: Running) -> i64 {
        let jump = self.jump.filter(|jump| now.us.saturating_sub(jump.at_us) < FOLLOWED_US);
        jump.map_or(0, |jump| jump.by_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn awake(us: i64) -> Running {
        Running { us, asleep_us: 0 }
    }

    /// Asked at this running time, and answered so many microseconds later.
    fn sample(asked_us: i64, took_us: i64, told_us: i64) -> Sample {
        Sample::new(awake(asked_us), awake(asked_us + took_us), told_us)
    }

    #[test]
    fn the_measurement_with_the_least_error_counts() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.offset_us(), None);
        estimate.add(sample(0, 20_000, 500 * SECOND));
        estimate.add(sample(SECOND, 200, 501 * SECOND));
        let offset = estimate.offset_us().unwrap();
        assert!((500 * SECOND - 200..500 * SECOND).contains(&offset), "{offset}");
        let error = estimate.error_us(awake(SECOND));
        assert!(error <= 101, "{error}");
        // A process that stood still for ten seconds measures nothing in between.
        assert_eq!(estimate.add(sample(2 * SECOND, 10 * SECOND, 503 * SECOND)), None);
        assert_eq!(estimate.offset_us(), Some(offset));
    }

    #[test]
    fn an_old_measurement_gives_way() {
        let mut estimate = Estimate::default();
        estimate.add(sample(0, 200, 500 * SECOND));
        let later = 1_000 * SECOND;
        assert_eq!(estimate.add(sample(later, 2_000, 500 * SECOND + later + 9_000)), None);
        assert_eq!(estimate.offset_us(), Some(500 * SECOND + 8_000));
    }

    #[test]
    fn the_error_grows_without_measurements_and_after_sleep() {
        let mut estimate = Estimate::default();
        estimate.add(sample(0, 200, 500 * SECOND));
        assert!(estimate.error_us(awake(SECOND)) < 1_000);
        let error = estimate.error_us(awake(600 * SECOND));
        assert!((100_000..200_000).contains(&error), "{error}");
        let slept = Running { us: 60 * SECOND, asleep_us: 50 * SECOND };
        assert!(estimate.error_us(slept) >= 2 * SECOND);
        let answered = Running { us: slept.us + 4_000, ..slept };
        estimate.add(Sample::new(slept, answered, 560 * SECOND));
        assert!(estimate.error_us(answered) < 3_000, "measured since");
    }

    #[test]
    fn a_jump_is_followed_at_once_and_doubted_until_all_nodes_have_followed() {
        let mut estimate = Estimate::default();
        estimate.add(sample(0, 200, 500 * SECOND));
        let at = 10 * SECOND;
        let told = 510 * SECOND - 300_000;
        assert_eq!(estimate.add(sample(at, 200, told)), Some(Duration::from_micros(300_000)));
        assert_eq!(estimate.offset_us(), Some(told - at - 100));
        let error = |seconds| estimate.error_us(awake(at + seconds * SECOND));
        let every = MEASURED_EVERY.as_secs() as i64;
        assert!(error(0) > 300_000 && error(every + 1) > 300_000, "others may not know");
        assert!(error(2 * every + 1) < 10_000, "all have measured");
        // A smaller jump soon after does not hide the larger one.
        let jumped = estimate.add(sample(at + SECOND, 200, told + SECOND + 50_000));
        assert!(jumped.unwrap() >= Duration::from_millis(300), "{jumped:?}");
    }

    #[test]
    fn a_node_that_starts_after_a_change_of_leader_doubts_until_all_nodes_have_followed() {
        let started = |led| {
            let mut estimate = Estimate::default();
            estimate.add(sample(100 * SECOND, 200, 500 * SECOND));
            estimate.led_for(Duration::from_secs(led));
            estimate
        };
        let every = MEASURED_EVERY.as_secs();
        let fresh = started(1);
        let after = |seconds: u64| awake((100 + seconds as i64) * SECOND);
        assert!(fresh.is_doubted(after(0)) && fresh.is_doubted(after(2 * every - 2)));
        assert!(!fresh.is_doubted(after(2 * every)));
        assert!(!started(2 * every + 1).is_doubted(after(0)), "all have followed");
    }

    #[test]
    fn the_machine_s_clocks_go_on() {
        let before = Running::now();
        std::thread::sleep(Duration::from_millis(2));
        let slept = Running::now();
        assert!(slept.us - before.us >= 2_000);
        assert!((slept.asleep_us - before.asleep_us).abs() < 60 * SECOND);
    }
}
