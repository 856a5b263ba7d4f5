//! When a certificate is ordered or renewed, and when something that failed is tried again.
//!
//! Times are the bus's. Random numbers come from the caller, between 0 and 1. They spread the work of
//! many names and of many clusters. Pure: no I/O.

use std::time::Duration;

use brink_shared::wire::UnixMillis;

use super::records::{CertificateRecord, Failure, OrderCount, Window};

/// The pauses after failures in a row, as multiples of the first one: with one minute a minute, five
/// minutes, half an hour, two hours, eight hours, and then a day. Let's Encrypt allows five failed
/// validations of a name in an hour.
const PAUSES: [u32; 6] = [1, 5, 30, 120, 480, 1_440];

/// The longest time that an authority's `Retry-After` is followed.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(7 * 24);

/// The time in which orders are counted, and most orders in it. Let's Encrypt allows 300 orders in
/// three hours.
const COUNTED_FOR: Duration = Duration::from_hours(3);
const ORDERS_MAX: u32 = 200;

/// The known facts about a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct State<'a> {
    /// When its distribution was applied.
    pub(super) applied: UnixMillis,
    pub(super) certificate: Option<&'a CertificateRecord>,
    pub(super) failure: Option<&'a Failure>,
}

// === impl State ===

impl State<'_> {
    /// Whether a certificate is to be ordered from the authority of this directory. Somebody who
    /// applies the distribution again may have found the reason of a failure, so the pause after it
    /// is over then.
    pub(super) fn is_due(&self, directory: &str, now: UnixMillis, first: Duration) -> bool {
        let needs = |c: &CertificateRecord| c.directory != directory || c.renew_at <= now;
        let may = |failure: &Failure| {
            let is_new = !failure.is_told && failure.at < self.applied;
            failure.next <= now || (is_new && failure.at.after(first) <= now)
        };
        self.certificate.is_none_or(needs) && self.failure.is_none_or(may)
    }
}

/// When a certificate is to be renewed: in the authority's window, or when a third of its lifetime
/// is left, or up to a tenth of that earlier.
pub(super) fn renew_at(
    (from, expires): (UnixMillis, UnixMillis),
    window: Option<Window>,
    random: f64,
) -> UnixMillis {
    match window {
        Some(Window { start, end }) => {
            UnixMillis(start.0 + share(end.0 - start.0.min(end.0), random))
        }
        None => {
            let third = expires.0.saturating_sub(from.0) / 3;
            UnixMillis(expires.0.saturating_sub(third + share(third / 10, random)))
        }
    }
}

/// The record of one more failure. `told` is the pause that the authority asks for.
pub(super) fn failed(
    before: Option<&Failure>,
    now: UnixMillis,
    (first, told): (Duration, Option<Duration>),
    error: String,
    random: f64,
) -> Failure {
    let count = before.map_or(0, |before| before.count).saturating_add(1);
    let place = usize::try_from(count - 1).unwrap_or(usize::MAX);
    let own = first * *PAUSES.get(place).or(PAUSES.last()).unwrap_or(&1);
    let own = own + own.mul_f64(random.clamp(0.0, 1.0) / 10.0);
    let told = told.map(|told| told.min(RETRY_AFTER_MAX)).filter(|told| *told > own);
    let next = now.after(told.unwrap_or(own));
    Failure { count, at: now, next, is_told: told.is_some(), error }
}

/// The count with one more order; `None` if there were too many.
pub(super) fn counted(before: Option<OrderCount>, now: UnixMillis) -> Option<OrderCount> {
    let current = before.filter(|count| count.since.after(COUNTED_FOR) > now);
    let count = current.unwrap_or(OrderCount { since: now, count: 0 });
    (count.count < ORDERS_MAX).then_some(OrderCount { count: count.count + 1, ..count })
}

/// A random part of a time. Large numbers are rounded, so the part has to be kept below the whole.
fn share(of: u64, random: f64) -> u64 {
    ((of as f64 * random.clamp(0.0, 1.0)) as u64).min(of)
}

#[cfg(test)]
mod tests {
    use brink_shared::secret::{Sealed, SecretKey};
    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 24 * 3_600_000;
    const MINUTE: Duration = Duration::from_secs(60);

    fn certificate(renew_at: u64) -> CertificateRecord {
        let key = Sealed::of_text("k", &SecretKey::generate().public(), "p").unwrap();
        CertificateRecord {
            name: "a.test".to_owned(),
            directory: "d".to_owned(),
            chain: String::new(),
            key,
            expires: UnixMillis(90 * DAY),
            renew_at: UnixMillis(renew_at),
            window: None,
        }
    }

    #[test]
    fn a_third_of_the_lifetime_or_the_authoritys_window_decides() {
        let life = (UnixMillis(0), UnixMillis(90 * DAY));
        assert_eq!(renew_at(life, None, 0.0), UnixMillis(60 * DAY));
        assert_eq!(renew_at(life, None, 1.0), UnixMillis(57 * DAY));
        let window = |start, end| Some(Window { start: UnixMillis(start), end: UnixMillis(end) });
        assert_eq!(renew_at(life, window(100, 200), 0.5), UnixMillis(150));
        assert_eq!(
            renew_at(life, window(200, 100), 0.5),
            UnixMillis(200),
            "it ends before it begins"
        );
        assert_eq!(renew_at((UnixMillis(9), UnixMillis(0)), None, 1.0), UnixMillis(0));
    }

    #[test]
    fn a_name_is_due_without_a_certificate_of_this_authority_or_late_in_its_life() {
        let old = certificate(10);
        let state = State { applied: UnixMillis(0), certificate: Some(&old), failure: None };
        assert!(!state.is_due("d", UnixMillis(9), MINUTE));
        assert!(state.is_due("d", UnixMillis(10), MINUTE));
        assert!(state.is_due("another", UnixMillis(9), MINUTE));
        assert!(State { certificate: None, ..state }.is_due("d", UnixMillis(0), MINUTE));
    }

    #[test]
    fn pauses_grow_to_a_day_and_end_when_the_distribution_is_applied_again() {
        let mut failure: Option<Failure> = None;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let next = failed(failure.as_ref(), UnixMillis(0), (MINUTE, None), "e".into(), 0.0);
            pauses.push(next.next.0 / 60_000);
            failure = Some(next);
        }
        assert_eq!(pauses, [1, 5, 30, 120, 480, 1_440, 1_440, 1_440]);
        let failure = failure.unwrap();
        let due = |failure: &Failure, applied: u64, now: u64| {
            let applied = UnixMillis(applied);
            let state = State { applied, certificate: None, failure: Some(failure) };
            state.is_due("d", UnixMillis(now), MINUTE)
        };
        assert!(!due(&failure, 0, DAY - 1) && due(&failure, 0, DAY));
        assert!(!due(&failure, 1, 59_999) && due(&failure, 1, 60_000));
        // But not if the authority named the time.
        let told = (MINUTE, Some(Duration::from_hours(2)));
        let failure = failed(Some(&failure), UnixMillis(0), told, "e".into(), 0.0);
        assert!(!failure.is_told, "its own pause is longer");
        let failure = failed(None, UnixMillis(0), told, "e".into(), 0.0);
        assert!(failure.is_told && !due(&failure, 1, 2 * 3_600_000 - 1));
        assert!(due(&failure, 1, 2 * 3_600_000));
    }

    #[test]
    fn orders_are_counted_for_three_hours() {
        let mut count = None;
        for _ in 0..ORDERS_MAX {
            count = counted(count, UnixMillis(5));
            assert!(count.is_some());
        }
        assert_eq!(counted(count, UnixMillis(5 + 3 * 3_600_000 - 1)), None);
        let later = UnixMillis(5 + 3 * 3_600_000);
        assert_eq!(counted(count, later), Some(OrderCount { since: later, count: 1 }));
    }

    proptest! {
        #[test]
        fn no_time_of_an_authority_breaks_the_schedule(
            from: u64, expires: u64, start: u64, end: u64, told: u64, random in -1.0..2.0,
        ) {
            let window = Some(Window { start: UnixMillis(start / 2), end: UnixMillis(end / 2) });
            let life = (UnixMillis(from), UnixMillis(expires));
            prop_assert!(renew_at(life, None, random).0 <= expires);
            let at = renew_at(life, window, random).0;
            prop_assert!(at >= start / 2 && at <= (start / 2).max(end / 2));
            let told = Some(Duration::from_secs(told));
            let failure = failed(None, UnixMillis(1), (MINUTE, told), String::new(), random);
            prop_assert!(failure.next.0 > 60_000 && failure.next.0 <= 1 + 7 * DAY);
        }
    }
}
