//! A position in the journal of invalidations (`brink_shared::invalidation`).

use brink_shared::bus::JournalRange;
use serde::{Deserialize, Serialize};

/// A position in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPlace {
    /// [`JournalRange::made`] of the journal.
    pub made: i128,
    /// The number of the last invalidation.
    pub number: u64,
}

// === impl JournalPlace ===

impl JournalPlace {
    /// True if every number after this position is in the journal.
    pub fn is_in(&self, range: &JournalRange) -> bool {
        self.made == range.made && self.number <= range.last && self.number + 1 >= range.first
    }

    /// True if a gateway at this position has applied all invalidations up to the other one.
    pub fn reaches(&self, other: &Self) -> bool {
        self.made == other.made && self.number >= other.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_a_journal_that_has_all_that_follows() {
        let place = JournalPlace { made: 1, number: 4 };
        for (made, first, last, is_in) in [
            (1, 1, 4, true),
            (1, 5, 4, true),
            (1, 5, 9, true),
            (1, 6, 9, false),
            (1, 1, 3, false),
            (2, 1, 9, false),
        ] {
            let range = JournalRange { made, first, last };
            assert_eq!(place.is_in(&range), is_in, "{range:?}");
        }
    }

    #[test]
    fn a_place_reaches_those_before_it_in_the_same_journal() {
        let place = JournalPlace { made: 1, number: 4 };
        for (made, number, reaches) in [(1, 4, true), (1, 0, true), (1, 5, false), (2, 1, false)] {
            assert_eq!(place.reaches(&JournalPlace { made, number }), reaches, "{made} {number}");
        }
    }
}
