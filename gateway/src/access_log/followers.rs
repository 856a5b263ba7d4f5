//! People who follow the access log over the bus.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use brink_shared::id::DistributionId;
use parking_lot::Mutex;

/// Most distributions that are followed at a time. Beyond them all distributions are followed.
const FOLLOWED_MAX: usize = 64;

/// The distributions that are followed, and until when.
#[derive(Debug, Default)]
pub(super) struct Followers {
    /// True if `followed` is not empty. Read for each request.
    any: AtomicBool,
    /// `None` stands for all requests.
    followed: Mutex<Vec<(Option<DistributionId>, Instant)>>,
}

// === impl Followers ===

impl Followers {
    /// Somebody follows these requests for a while.
    pub(super) fn follow(&self, distribution: Option<DistributionId>, time: Duration) {
        let mut followed = self.followed.lock();
        let room = followed.len() < FOLLOWED_MAX;
        let known = followed.iter().any(|(known, _)| *known == distribution);
        let distribution = if room || known { distribution } else { None };
        followed.retain(|(known, _)| *known != distribution);
        followed.push((distribution, Instant::now() + time));
        self.any.store(true, Ordering::Relaxed);
    }

    /// True if requests of this distribution are followed.
    pub(super) fn follows(&self, distribution: Option<&DistributionId>) -> bool {
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let (mut followed, now) = (self.followed.lock(), Instant::now());
        followed.retain(|(_, until)| now < *until);
        self.any.store(!followed.is_empty(), Ordering::Relaxed);
        followed.iter().any(|(known, _)| known.is_none() || known.as_ref() == distribution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn followers_get_their_distribution_for_a_while() {
        let followers = Followers::default();
        let (shop, blog): (DistributionId, DistributionId) =
            ("shop".parse().unwrap(), "blog".parse().unwrap());
        let hour = Duration::from_secs(3600);
        assert!(!followers.follows(Some(&shop)));
        followers.follow(Some(shop.clone()), hour);
        assert!(followers.follows(Some(&shop)));
        assert!(!followers.follows(Some(&blog)) && !followers.follows(None));
        followers.follow(None, Duration::ZERO);
        assert!(!followers.follows(Some(&blog)), "that time is over");
        followers.follow(None, hour);
        assert!(followers.follows(Some(&blog)) && followers.follows(None));
    }

    #[test]
    fn followers_of_many_distributions_take_no_memory_without_end() {
        let followers = Followers::default();
        for index in 0..10_000 {
            let id = format!("d{index}").parse().unwrap();
            followers.follow(Some(id), Duration::from_secs(3600));
        }
        assert!(followers.followed.lock().len() <= FOLLOWED_MAX + 1);
        assert!(followers.follows(Some(&"d9999".parse().unwrap())));
    }
}
