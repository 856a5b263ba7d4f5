//! Which part of a stored body a `Range` header asks for (`contract.md` 7.7).
//!
//! One range of bytes is honored. Several ranges, other units and anything malformed get the
//! whole object, which RFC 9110 allows and which spares multipart answers.

/// What of the body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it, with 200.
    Whole,
    /// The bytes from `first` up to and without `end`, with 206.
    Slice {
        /// Index of the first byte.
        first: u64,
        /// Index after the last byte; greater than `first`.
        end: u64,
    },
    /// None: 416.
    Unsatisfiable,
}

// === impl Part ===

impl Part {
    /// The part of a body of `total` bytes that a `Range` header asks for.
    pub fn of(range: Option<&str>, total: u64) -> Self {
        let spec = range.and_then(|range| range.trim().split_once('='));
        let Some((first, last)) = spec
            .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
            .and_then(|(_, spec)| spec.trim().split_once('-'))
        else {
            return Self::Whole;
        };
        match (number(first), number(last)) {
            (Some(Some(first)), Some(last)) => match last {
                Some(last) if last < first => Self::Whole,
                _ if first >= total => Self::Unsatisfiable,
                Some(last) => Self::Slice { first, end: last.saturating_add(1).min(total) },
                None => Self::Slice { first, end: total },
            },
            (Some(None), Some(Some(0))) => Self::Unsatisfiable,
            (Some(None), Some(Some(_))) if total == 0 => Self::Unsatisfiable,
            (Some(None), Some(Some(suffix))) => {
                Self::Slice { first: total.saturating_sub(suffix), end: total }
            }
            _ => Self::Whole,
        }
    }

    /// The `Content-Range` of 206 and 416.
    pub fn content_range(self, total: u64) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Slice { first, end } => {
                Some(format!("bytes {first}-{}/{total}", end.saturating_sub(1)))
            }
            Self::Unsatisfiable => Some(format!("bytes */{total}")),
        }
    }
}

/// None for what is no number; `Some(None)` for nothing at all. Numbers that do not fit mean
/// "beyond the end".
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_range_or_the_whole() {
        use Part::{Slice, Unsatisfiable, Whole};
        for (range, expected) in [
            ("bytes=0-0", Slice { first: 0, end: 1 }),
            ("bytes=2-5", Slice { first: 2, end: 6 }),
            ("Bytes = 2 - 5", Slice { first: 2, end: 6 }),
            ("bytes=8-", Slice { first: 8, end: 10 }),
            ("bytes=8-99999999999999999999999", Slice { first: 8, end: 10 }),
            ("bytes=-3", Slice { first: 7, end: 10 }),
            ("bytes=-30", Slice { first: 0, end: 10 }),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-20", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=--3", Whole),
            ("bytes=+1-3", Whole),
            ("items=0-1", Whole),
            ("bytes", Whole),
            ("", Whole),
        ] {
            assert_eq!(Part::of(Some(range), 10), expected, "{range}");
        }
        assert_eq!(Part::of(None, 10), Whole);
        assert_eq!(Part::of(Some("bytes=0-"), 0), Unsatisfiable);
        assert_eq!(Part::of(Some("bytes=-1"), 0), Unsatisfiable);
    }

    #[test]
    fn content_range_counts_from_zero_and_includes_the_last() {
        let slice = Part::Slice { first: 2, end: 6 };
        assert_eq!(slice.content_range(10).as_deref(), Some("bytes 2-5/10"));
        let none = Part::Unsatisfiable.content_range(10);
        assert_eq!(none.as_deref(), Some("bytes */10"));
    }

    proptest! {
        #[test]
        fn a_slice_lies_within_the_body(range in "bytes=[0-9]{0,21}-[0-9]{0,21}", total in 0u64..50) {
            if let Part::Slice { first, end } = Part::of(Some(&range), total) {
                prop_assert!(first < end && end <= total);
            }
        }
    }
}
