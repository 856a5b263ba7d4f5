//! Counts the requests of each client at each behavior, in bounded memory.
//!
//! A client that may send 100 requests a minute earns one every 0.6 s, and can save up as many as
//! its burst. Only one number is kept for each client: the time at which everything that it has
//! used will be earned again (the generic cell rate algorithm of ATM). So a limit needs no timer and
//! no lock.
//!
//! The table keeps [`CLIENTS_MAX`] clients. Beyond that, it prefers those that come often. So a flood
//! from millions of addresses cannot make it forget a client that sends more than the others. A
//! client that is forgotten has its whole burst again.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use brink_shared::network::subscriber;
use brink_shared::registry::distribution::RateLimit;

/// Most clients that are counted at a time; each takes about 200 bytes.
const CLIENTS_MAX: u64 = 131_072;

/// The rate of one behavior.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Distribution and behavior.
    label: Arc<str>,
    /// Nanoseconds in which a client earns one request.
    interval: u64,
    /// Nanoseconds in which it earns its burst.
    window: u64,
}

/// The clients of a gateway. All server threads share it.
pub struct Clients {
    began: Instant,
    /// When each client will have earned all that it has used, in nanoseconds since `began`.
    earned: moka::sync::Cache<Client, Arc<AtomicU64>>,
}

/// One client at one rate of one behavior.
///
/// The rate is a part of it, because a time that was counted by another rate says nothing: after a
/// low rate it may be hours away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    rate: Rate,
    address: IpAddr,
}

// === impl Rate ===

impl Rate {
    /// The rate of the behavior with this label. If the rate changes, clients are counted anew.
    pub fn new(label: &str, limit: &RateLimit) -> Self {
        let per = u64::try_from(limit.per.as_nanos()).unwrap_or(u64::MAX);
        let interval = per / u64::from(limit.requests.max(1));
        let window = interval.saturating_mul(u64::from(limit.burst().max(1)));
        Self { label: label.into(), interval, window }
    }
}

// === impl Clients ===

impl Default for Clients {
    fn default() -> Self {
        Self::new(CLIENTS_MAX)
    }
}

impl Clients {
    fn new(most: u64) -> Self {
        let earned = moka::sync::Cache::builder().max_capacity(most).build();
        Self { began: Instant::now(), earned }
    }

    /// Counts a request. If the client has sent too many, fails with the time until it may send the
    /// next one.
    pub fn count(&self, rate: &Rate, address: IpAddr) -> Result<(), Duration> {
        self.count_at(rate, address, self.began.elapsed())
    }

    fn count_at(&self, rate: &Rate, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let client = Client { rate: rate.clone(), address: subscriber(address) };
        let earned = self.earned.get_with(client, Arc::default);
        take(&earned, rate, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Uses one request, if the client has it.
fn take(earned: &AtomicU64, rate: &Rate, now: u64) -> Result<(), Duration> {
    let next = |earned: u64| earned.max(now).saturating_add(rate.interval);
    let latest = now.saturating_add(rate.window);
    let used = earned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |earned| {
        Some(next(earned)).filter(|next| *next <= latest)
    });
    used.map(drop).map_err(|earned| Duration::from_nanos(next(earned) - latest))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn rate(requests: u32, per_s: u64, burst: Option<u32>) -> Rate {
        Rate::new("d *", &RateLimit { requests, per: Duration::from_secs(per_s), burst })
    }

    fn passed(clients: &Clients, rate: &Rate, address: &str, at_ms: u64, times: u32) -> u32 {
        let address = address.parse().unwrap();
        let at = Duration::from_millis(at_ms);
        (0..times).filter(|_| clients.count_at(rate, address, at).is_ok()).count() as u32
    }

    #[test]
    fn a_client_has_its_burst_and_then_what_it_earns() {
        let (clients, rate) = (Clients::default(), rate(10, 1, Some(5)));
        assert_eq!(passed(&clients, &rate, "192.0.2.1", 0, 20), 5);
        assert_eq!(passed(&clients, &rate, "192.0.2.1", 99, 1), 0);
        assert_eq!(passed(&clients, &rate, "192.0.2.1", 100, 3), 1);
        assert_eq!(passed(&clients, &rate, "192.0.2.1", 400, 9), 3);
        assert_eq!(passed(&clients, &rate, "192.0.2.1", 60_000, 20), 5, "no more than the burst");
        // Another client is not affected.
        assert_eq!(passed(&clients, &rate, "192.0.2.2", 60_000, 20), 5);
    }

    #[test]
    fn the_wait_is_the_time_to_the_next_request() {
        let (clients, rate) = (Clients::default(), rate(2, 60, Some(1)));
        let address = [192, 0, 2, 1].into();
        assert_eq!(clients.count_at(&rate, address, Duration::ZERO), Ok(()));
        let wait = clients.count_at(&rate, address, Duration::from_secs(10)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(20));
        assert_eq!(clients.count_at(&rate, address, Duration::from_secs(30)), Ok(()));
    }

    #[test]
    fn subscribers_and_behaviors_are_counted_separately() {
        let (clients, one) = (Clients::default(), rate(2, 1, None));
        assert_eq!(passed(&clients, &one, "2001:db8::1", 0, 1), 1);
        assert_eq!(passed(&clients, &one, "2001:db8::2", 0, 9), 1, "the same /64");
        assert_eq!(passed(&clients, &one, "2001:db8:0:1::1", 0, 9), 2);
        assert_eq!(passed(&clients, &one, "::ffff:192.0.2.1", 0, 9), 2);
        assert_eq!(passed(&clients, &one, "192.0.2.1", 0, 9), 0, "the same address");
        let other = Rate { label: "d /a".into(), ..one };
        assert_eq!(passed(&clients, &other, "192.0.2.1", 0, 9), 2);
    }

    #[test]
    fn a_changed_rate_counts_anew() {
        let (clients, address) = (Clients::default(), "192.0.2.1");
        let low = rate(100, 3_600, None);
        assert_eq!(passed(&clients, &low, address, 0, 200), 100);
        // Without this, the client would wait for an hour.
        let high = rate(10, 1, None);
        assert_eq!(passed(&clients, &high, address, 1, 20), 10);
        assert_eq!(passed(&clients, &high, address, 101, 20), 1);
        // The same rate in a new route is the same.
        assert_eq!(passed(&clients, &rate(10, 1, None), address, 101, 20), 0);
        assert_eq!(passed(&clients, &low, address, 101, 20), 0);
    }

    #[test]
    fn threads_together_take_no_more_than_the_burst() {
        let (clients, rate) = (Clients::default(), rate(1_000, 3_600, None));
        let passed: u32 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| passed(&clients, &rate, "192.0.2.1", 0, 1_000)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1_000);
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_hides_nobody() {
        const MOST: u64 = 1_024;
        let (clients, rate) = (Clients::new(MOST), rate(10, 3_600, None));
        let noisy: IpAddr = [192, 0, 2, 1].into();
        let mut passed = 0;
        for n in 0..16 * MOST {
            let address = Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(n) << 64);
            let _ = clients.count_at(&rate, address.into(), Duration::ZERO);
            if n % 16 == 0 {
                passed += u32::from(clients.count_at(&rate, noisy, Duration::ZERO).is_ok());
            }
        }
        clients.earned.run_pending_tasks();
        assert!(clients.earned.entry_count() <= MOST, "{}", clients.earned.entry_count());
        // It sent 1,024. Were it forgotten now and then, some more than 10 would pass.
        assert!(passed <= 30, "{passed}");
    }
}
