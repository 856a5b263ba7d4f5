//! Sets of characters, and which characters are the same but for their case.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use regress::Regex;

/// How many answers about characters beyond Latin-1 a set remembers.
const ASKED_MAX: usize = 256;

/// A set of characters: quick to ask for those of Latin-1.
pub(crate) struct Characters {
    pub(crate) latin: Box<[bool; 256]>,
    wide: Wide,
}

/// The characters of a set beyond Latin-1.
enum Wide {
    /// From one to another, both included, in their order.
    Ranges(Vec<(u32, u32)>),
    /// All but these.
    Without(Vec<(u32, u32)>),
    /// Those whose upper case is this.
    UpperOf(u32),
    /// Those that an expression for one character matches.
    Asked(Box<Asked>),
}

/// An expression for one character, and what it said.
struct Asked {
    expression: Regex,
    unicode: bool,
    known: RefCell<Vec<Option<(u32, bool)>>>,
}

// === impl Characters ===

impl Characters {
    /// The characters of these ranges, both ends included, or all others.
    pub(crate) fn of(mut ranges: Vec<(u32, u32)>, not: bool) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => joined.push((first, last)),
            }
        }
        let latin = latin(|character| within(&joined, character) != not);
        let wide = if not { Wide::Without(joined) } else { Wide::Ranges(joined) };
        Self { latin, wide }
    }

    /// The characters that have the same upper case as this one.
    pub(crate) fn upper_of(character: u32) -> Self {
        let wanted = upper(character);
        Self { latin: latin(|character| upper(character) == wanted), wide: Wide::UpperOf(wanted) }
    }

    /// The characters that this expression for one character matches.
    pub(crate) fn asked(expression: Regex, unicode: bool) -> Self {
        let asked = Asked { expression, unicode, known: RefCell::default() };
        Self { latin: latin(|character| asked.ask(character)), wide: Wide::Asked(Box::new(asked)) }
    }

    #[inline]
    pub(crate) fn has(&self, character: u32) -> bool {
        match self.latin.get(character as usize) {
            Some(has) => *has,
            None => self.has_wide(character),
        }
    }

    fn has_wide(&self, character: u32) -> bool {
        match &self.wide {
            Wide::Ranges(ranges) => within(ranges, character),
            Wide::Without(ranges) => !within(ranges, character),
            Wide::UpperOf(wanted) => upper(character) == *wanted,
            Wide::Asked(asked) => asked.has(character),
        }
    }

    /// Whether it may have any beyond Latin-1.
    pub(crate) fn may_be_wide(&self) -> bool {
        match &self.wide {
            Wide::Ranges(ranges) => ranges.last().is_some_and(|(_, last)| *last > 0xFF),
            Wide::Without(_) | Wide::UpperOf(_) | Wide::Asked(_) => true,
        }
    }
}

impl fmt::Debug for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latin = self.latin.iter().zip(0_u8..).filter(|(has, _)| **has);
        f.debug_set().entries(latin.map(|(_, character)| char::from(character))).finish()
    }
}

impl Asked {
    fn has(&self, character: u32) -> bool {
        let mut known = self.known.borrow_mut();
        if known.is_empty() {
            known.resize(ASKED_MAX, None);
        }
        let Some(place) = known.get_mut(character as usize % ASKED_MAX) else {
            return self.ask(character);
        };
        match place {
            Some((asked, answer)) if *asked == character => *answer,
            _ => {
                let answer = self.ask(character);
                *place = Some((character, answer));
                answer
            }
        }
    }

    fn ask(&self, character: u32) -> bool {
        let mut units = [0; 2];
        let units: &[u16] = match char::from_u32(character) {
            Some(character) => character.encode_utf16(&mut units),
            // Half of a pair.
            None => &[u16::try_from(character).unwrap_or_default()],
        };
        if self.unicode {
            self.expression.find_from_utf16(units, 0).next().is_some()
        } else {
            self.expression.find_from_ucs2(units, 0).next().is_some()
        }
    }
}

fn latin(has: impl Fn(u32) -> bool) -> Box<[bool; 256]> {
    let mut latin = Box::new([false; 256]);
    for (place, character) in latin.iter_mut().zip(0..) {
        *place = has(character);
    }
    latin
}

/// Whether a character is in one of these ranges, which are in their order.
fn within(ranges: &[(u32, u32)], character: u32) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= character);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| character <= *last)
}

/// What stands for a character where case does not count and `u` is not set.
pub(crate) fn upper(character: u32) -> u32 {
    let Some(known) = char::from_u32(character) else {
        return character;
    };
    if known.is_ascii() {
        return u32::from(known.to_ascii_uppercase());
    }
    let mut made = known.to_uppercase();
    match (made.next(), made.next()) {
        // Never from outside of ASCII into it, and only what is one code unit.
        (Some(upper), None) if !upper.is_ascii() && u32::from(upper) <= 0xFFFF => upper.into(),
        _ => character,
    }
}

thread_local! {
    /// The characters with the same upper case, of which there are several.
    static SAME: Vec<Vec<u32>> = {
        let mut same: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for character in 0..=0xFFFF {
            let upper = upper(character);
            if upper != character {
                same.entry(upper).or_insert_with(|| vec![upper]).push(character);
            }
        }
        same.into_values().collect()
    };
}

/// Adds the characters of these ranges in their other cases.
pub(crate) fn add_other_cases(ranges: &mut Vec<(u32, u32)>) {
    if ranges.iter().all(|(_, last)| *last < 0x80) {
        let letters = [(0x61, 0x7A, -0x20), (0x41, 0x5A, 0x20)];
        for at in 0..ranges.len() {
            let Some((first, last)) = ranges.get(at).copied() else {
                return;
            };
            for (a, z, shift) in letters {
                let (first, last) = (first.max(a), last.min(z));
                if first <= last {
                    let moved = |letter: u32| letter.wrapping_add_signed(shift);
                    ranges.push((moved(first), moved(last)));
                }
            }
        }
        return;
    }
    SAME.with(|same| {
        let has = |character: u32| {
            ranges.iter().any(|(first, last)| (*first..=*last).contains(&character))
        };
        let more = same.iter().filter(|same| same.iter().any(|character| has(*character)));
        let more: Vec<_> = more.flatten().map(|character| (*character, *character)).collect();
        ranges.extend(more);
    });
}

/// `\d`
pub(crate) const DIGITS: [(u32, u32); 1] = [(0x30, 0x39)];

/// `\w`
pub(crate) const WORD: [(u32, u32); 4] = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];

/// `\s`
pub(crate) const SPACES: [(u32, u32); 10] = [
    (0x9, 0xD),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
];

/// What ends lines.
pub(crate) const LINE_ENDS: [(u32, u32); 3] = [(0xA, 0xA), (0xD, 0xD), (0x2028, 0x2029)];

/// All characters but these ranges, which are in their order.
pub(crate) fn others(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut others = Vec::with_capacity(ranges.len() + 1);
    let mut next = 0;
    for (first, last) in ranges {
        if *first > next {
            others.push((next, first - 1));
        }
        next = last + 1;
    }
    others.push((next, 0x10_FFFF));
    others
}

/// Whether a character ends a line.
pub(crate) fn ends_line(character: u32) -> bool {
    matches!(character, 0xA | 0xD | 0x2028 | 0x2029)
}
