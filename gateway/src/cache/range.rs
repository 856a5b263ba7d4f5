//! Reads the parts of a body that a `Range` header asks for (`contract.md` 7.7).
//!
//! Ranges of bytes in ascending order are honored. In other cases the whole object is sent, which
//! RFC 9110 (14.2) allows: other units, malformed ranges, ranges that overlap or descend, and more
//! than [`RANGES_MAX`] ranges.

use std::ops::Range;

/// The most ranges of one request that are honored. Each has a head of its own in the answer.
pub const RANGES_MAX: usize = 32;

/// The ranges that a viewer asks for. They may lie outside of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges(Vec<Spec>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spec {
    /// From the first byte to the last one, which is included, or to the end.
    From { first: u64, last: Option<u64> },
    /// This many bytes at the end.
    Suffix(u64),
}

/// The part of the body that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it, with 200.
    Whole,
    /// These bytes, at least one, with 206.
    One(Range<u64>),
    /// Two or more such ranges in ascending order, with 206 and a body of several parts.
    Many(Vec<Range<u64>>),
    /// None: 416.
    Unsatisfiable,
}

/// The content of the `Content-Range` header of a 206.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The bytes that the answer has.
    pub range: Range<u64>,
    /// The length of the whole body, if the header has it.
    pub total: Option<u64>,
}

// === impl Ranges ===

impl Ranges {
    /// Reads a `Range` header; `None` if it is ignored.
    pub fn read(header: &str) -> Option<Self> {
        let (unit, specs) = header.trim().split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let specs = specs.split(',').map(str::trim).filter(|spec| !spec.is_empty());
        let specs: Vec<Spec> = specs.map(Spec::read).collect::<Option<_>>()?;
        (1..=RANGES_MAX).contains(&specs.len()).then_some(Self(specs))
    }

    /// The first byte, if the viewer asks for one range and names it.
    pub fn first_of_one(&self) -> Option<u64> {
        match self.0.as_slice() {
            [Spec::From { first, .. }] => Some(*first),
            _ => None,
        }
    }

    /// True if one range asks for the whole body.
    pub fn is_everything(&self) -> bool {
        matches!(self.0.as_slice(), [Spec::From { first: 0, last: None }])
    }

    /// The requested part of a body of `total` bytes.
    pub fn of(&self, total: u64) -> Part {
        let mut found: Vec<Range<u64>> = Vec::new();
        for range in self.0.iter().filter_map(|spec| spec.of(total)) {
            if found.last().is_some_and(|before| range.start < before.end) {
                return Part::Whole;
            }
            found.push(range);
        }
        match found.len() {
            0 => Part::Unsatisfiable,
            1 => found.pop().map_or(Part::Unsatisfiable, Part::One),
            _ => Part::Many(found),
        }
    }
}

impl Spec {
    fn read(spec: &str) -> Option<Self> {
        let (first, last) = spec.split_once('-')?;
        match (number(first)?, number(last)?) {
            (Some(first), Some(last)) if last < first => None,
            (Some(first), last) => Some(Self::From { first, last }),
            (None, Some(suffix)) => Some(Self::Suffix(suffix)),
            (None, None) => None,
        }
    }

    fn of(self, total: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => {
                first..last.map_or(total, |last| last.saturating_add(1).min(total))
            }
            Self::Suffix(length) => total.saturating_sub(length)..total,
        };
        (range.start < range.end).then_some(range)
    }
}

// === impl Part ===

impl Part {
    /// The part that a `Range` header requests.
    pub fn asked(header: Option<&str>, total: u64) -> Self {
        header.and_then(Ranges::read).map_or(Self::Whole, |ranges| ranges.of(total))
    }
}

// === impl ContentRange ===

impl ContentRange {
    /// Reads the header of a 206; `None` if it is invalid.
    pub fn read(header: &str) -> Option<Self> {
        let (unit, said) = header.trim().split_once(' ')?;
        let (range, total) = said.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)??, number(last)??);
        let total = if total.trim() == "*" { None } else { Some(number(total)??) };
        let end = last.checked_add(1)?;
        let fits = first <= last && total.is_none_or(|total| end <= total);
        (unit.eq_ignore_ascii_case("bytes") && fits).then_some(Self { range: first..end, total })
    }

    /// The `Content-Range` of a 206, or of one of its parts.
    pub fn of(range: &Range<u64>, total: u64) -> String {
        format!("bytes {}-{}/{total}", range.start, range.end.saturating_sub(1))
    }

    /// The `Content-Range` of a 416.
    pub fn none_of(total: u64) -> String {
        format!("bytes */{total}")
    }
}

/// `None` for a text that is not a number; `Some(None)` for an empty text. Numbers that do not fit
/// mean "beyond the end".
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
    fn ranges_in_order_or_the_whole() {
        use Part::{Many, One, Unsatisfiable, Whole};
        for (range, expected) in [
            ("bytes=0-0", One(0..1)),
            ("bytes=2-5", One(2..6)),
            ("Bytes = 2 - 5", One(2..6)),
            ("bytes=8-", One(8..10)),
            ("bytes=8-99999999999999999999999", One(8..10)),
            ("bytes=-3", One(7..10)),
            ("bytes=-30", One(0..10)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-20", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-2", Whole),
            ("bytes=0-1,3-4", Many(vec![0..2, 3..5])),
            ("bytes=0-1, 2-2 ,-1", Many(vec![0..2, 2..3, 9..10])),
            ("bytes=0-1,,20-30", One(0..2)),
            ("bytes=20-30,40-", Unsatisfiable),
            ("bytes=3-4,0-1", Whole),
            ("bytes=0-3,3-4", Whole),
            ("bytes=0-3,-8", Whole),
            ("bytes=0-1,4-3", Whole),
            ("bytes=0-1,x", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=--3", Whole),
            ("bytes=+1-3", Whole),
            ("items=0-1", Whole),
            ("bytes", Whole),
            ("", Whole),
        ] {
            assert_eq!(Part::asked(Some(range), 10), expected, "{range}");
        }
        assert_eq!(Part::asked(None, 10), Whole);
        assert_eq!(Part::asked(Some("bytes=0-"), 0), Unsatisfiable);
        assert_eq!(Part::asked(Some("bytes=-1"), 0), Unsatisfiable);
        let many = |count: usize| {
            let specs: Vec<String> = (0..count).map(|n| format!("{0}-{0}", 2 * n)).collect();
            Part::asked(Some(&format!("bytes={}", specs.join(","))), 1000)
        };
        assert!(matches!(many(RANGES_MAX), Many(ranges) if ranges.len() == RANGES_MAX));
        assert_eq!(many(RANGES_MAX + 1), Whole);
    }

    #[test]
    fn content_range_counts_from_zero_and_includes_the_last() {
        assert_eq!(ContentRange::of(&(2..6), 10), "bytes 2-5/10");
        assert_eq!(ContentRange::none_of(10), "bytes */10");
        for (header, expected) in [
            ("bytes 2-5/10", Some((2..6, Some(10)))),
            ("Bytes 0-0/*", Some((0..1, None))),
            ("bytes 2-10/10", None),
            ("bytes 5-2/10", None),
            ("bytes */10", None),
            ("bytes 0-18446744073709551615/*", None),
            ("items 2-5/10", None),
            ("bytes=2-5/10", None),
        ] {
            let read = ContentRange::read(header).map(|said| (said.range, said.total));
            assert_eq!(read, expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn parts_lie_within_the_body_and_do_not_overlap(
            header in "bytes=([0-9]{0,3}-[0-9]{0,21},?){1,5}",
            total in 0u64..500,
        ) {
            let ranges = match Part::asked(Some(&header), total) {
                Part::One(range) => vec![range],
                Part::Many(ranges) => ranges,
                Part::Whole | Part::Unsatisfiable => Vec::new(),
            };
            let mut end = 0;
            for range in ranges {
                prop_assert!(end <= range.start && range.start < range.end && range.end <= total);
                end = range.end;
            }
        }
    }
}
