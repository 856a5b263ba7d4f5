//! Finding a text in another.

use boa_engine::string::{JsStr, JsStrVariant};
use memchr::memmem;

/// Longer texts beyond Latin-1 are searched for with a table, so no text can make the search slow.
const PLAIN_MAX: usize = 16;

/// The first place of a text from a place on.
pub(super) fn first(text: JsStr<'_>, wanted: JsStr<'_>, from: usize) -> Option<usize> {
    if let (JsStrVariant::Latin1(text), JsStrVariant::Latin1([byte])) =
        (text.variant(), wanted.variant())
    {
        return memchr::memchr(*byte, text.get(from..)?).map(|at| from + at);
    }
    Finder::new(wanted).first(text, from)
}

/// The last place of a text, at this place or before it.
pub(super) fn last(text: JsStr<'_>, wanted: JsStr<'_>, from: usize) -> Option<usize> {
    let end = from.min(text.len().checked_sub(wanted.len())?) + wanted.len();
    if wanted.is_empty() {
        return Some(end);
    }
    match (text.variant(), wanted.variant()) {
        (JsStrVariant::Latin1(text), JsStrVariant::Latin1([byte])) => {
            memchr::memrchr(*byte, text.get(..end)?)
        }
        (JsStrVariant::Latin1(text), _) => memmem::rfind(text.get(..end)?, &narrow(wanted)?),
        (JsStrVariant::Utf16(text), _) => {
            let mut wanted = wanted.to_vec();
            wanted.reverse();
            let backwards = text.get(..end)?.iter().rev().copied();
            let found = if wanted.len() <= PLAIN_MAX {
                let text: &[u16] = text.get(..end)?;
                wanted.reverse();
                return text.windows(wanted.len()).rposition(|window| window == wanted);
            } else {
                with_table(backwards, &wanted, &table(&wanted))
            };
            found.map(|at| end - at - wanted.len())
        }
    }
}

/// Looks for one text again and again.
pub(super) struct Finder {
    /// The text as Latin-1, if it is Latin-1.
    narrow: Option<memmem::Finder<'static>>,
    wide: Vec<u16>,
    table: Vec<usize>,
}

// === impl Finder ===

impl Finder {
    pub(super) fn new(wanted: JsStr<'_>) -> Self {
        let narrow = narrow(wanted).map(|bytes| memmem::Finder::new(&bytes).into_owned());
        let wide = wanted.to_vec();
        let table = if wide.len() > PLAIN_MAX { table(&wide) } else { Vec::new() };
        Self { narrow, wide, table }
    }

    /// The first place from a place on.
    pub(super) fn first(&self, text: JsStr<'_>, from: usize) -> Option<usize> {
        let found = match text.variant() {
            JsStrVariant::Latin1(text) => self.narrow.as_ref()?.find(text.get(from..)?),
            JsStrVariant::Utf16(text) => self.first_wide(text.get(from..)?),
        };
        found.map(|at| from + at)
    }

    fn first_wide(&self, text: &[u16]) -> Option<usize> {
        let Some((first, rest)) = self.wide.split_first() else {
            return Some(0);
        };
        if !self.table.is_empty() {
            return with_table(text.iter().copied(), &self.wide, &self.table);
        }
        let mut from = 0;
        loop {
            let left = text.get(from..)?;
            let at = from + left.iter().position(|unit| unit == first)?;
            if text.get(at + 1..)?.starts_with(rest) {
                return Some(at);
            }
            from = at + 1;
        }
    }
}

/// A text's bytes, if all of it is Latin-1.
fn narrow(text: JsStr<'_>) -> Option<Vec<u8>> {
    match text.variant() {
        JsStrVariant::Latin1(bytes) => Some(bytes.to_vec()),
        JsStrVariant::Utf16(units) => units.iter().map(|unit| u8::try_from(*unit).ok()).collect(),
    }
}

/// For each matched length: the length of the longest beginning of the text that is also the end of
/// the matched part.
fn table(wanted: &[u16]) -> Vec<usize> {
    let mut table = vec![0; wanted.len()];
    let mut length = 0;
    for (at, unit) in wanted.iter().enumerate().skip(1) {
        length = advanced(wanted, &table, length, *unit);
        if let Some(place) = table.get_mut(at) {
            *place = length;
        }
    }
    table
}

/// The matched length after one more unit.
fn advanced(wanted: &[u16], table: &[usize], mut length: usize, unit: u16) -> usize {
    while length > 0 && wanted.get(length) != Some(&unit) {
        length = table.get(length - 1).copied().unwrap_or_default();
    }
    length + usize::from(wanted.get(length) == Some(&unit))
}

fn with_table(text: impl Iterator<Item = u16>, wanted: &[u16], table: &[usize]) -> Option<usize> {
    let mut length = 0;
    for (at, unit) in text.enumerate() {
        length = advanced(wanted, table, length, unit);
        if length == wanted.len() {
            return Some(at + 1 - length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use boa_engine::JsString;

    use super::{first, last};

    #[test]
    fn finds_long_and_short_texts_of_both_kinds() {
        for repeated in ["ab", "aж", "a"] {
            let text = JsString::from(format!("{}b{}", repeated.repeat(30), repeated.repeat(30)));
            for wanted in ["b", "ж", "", "bab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "жb", "ababb"]
            {
                let wanted = JsString::from(wanted);
                let at = |place: usize| text.as_str().get(place..place + wanted.len());
                let is = |place: &usize| at(*place) == Some(wanted.as_str());
                let places: Vec<usize> = (0..=text.len()).filter(is).collect();
                for from in 0..=text.len() {
                    let expected = places.iter().copied().find(|place| *place >= from);
                    assert_eq!(first(text.as_str(), wanted.as_str(), from), expected);
                    let expected = places.iter().copied().rfind(|place| *place <= from);
                    assert_eq!(last(text.as_str(), wanted.as_str(), from), expected);
                }
            }
        }
    }
}
