//! Matches with `regress`, which is the engine's matcher too. In contrast to the engine, it does
//! not copy a Latin-1 text for each match, and does not search the whole text for sticky matches.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use boa_engine::JsString;
use boa_engine::string::JsStrVariant;
use regress::{Flags, Match, Regex};

/// From this length on, the converted text is kept for the next match in it.
const KEPT_FROM: usize = 256;

/// A compiled expression.
pub(super) struct Expression {
    anywhere: Regex,
    /// An expression that always matches at the place where the search begins: it has one more
    /// alternative, with a group. If that group matched, the source did not. None if another group
    /// would change the meaning of the source.
    there: Option<Regex>,
    unicode: bool,
    /// True if ASCII texts are matched as bytes. It is false for sources with characters beyond
    /// ASCII, because repetitions of such characters would then never match, not even zero times.
    takes_ascii: bool,
    groups: usize,
    names: Vec<String>,
    /// The named groups by number, for sources with lookbehinds, in which the matcher confuses
    /// them.
    numbers: Option<Rc<Numbers>>,
}

/// Names of groups and their numbers.
type Numbers = Vec<(String, usize)>;

/// Where an expression matched: the whole match and its groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Found(Option<Match>, Option<Rc<Numbers>>);

/// A long text in the form that its last match needed. Otherwise the text would have to be
/// converted for each match.
#[derive(Default)]
pub(super) struct Recent(RefCell<Option<(JsString, Rc<Readable>)>>);

/// A Latin-1 text in the forms that `regress` reads.
struct Readable {
    /// None if it is not ASCII.
    ascii: Option<String>,
    /// It is made when an expression needs it.
    units: OnceCell<Vec<u16>>,
}

// === impl Expression ===

impl Expression {
    /// Compiles a source; none if it is not valid.
    pub(super) fn compile(source: &str, flags: Flags) -> Option<Self> {
        let anywhere = compiled(source, flags)?;
        // `\1` means a group only if there is one.
        let counts = source.as_bytes().windows(2).any(|pair| matches!(pair, [b'\\', b'1'..=b'9']));
        let last = if counts { "" } else { "()" };
        let always = compiled(&format!("(?:{source})|{last}"), flags)?;
        let empty = always.find_from_ucs2(&[], 0).next()?;
        let mut names: Vec<_> = empty.named_groups().map(|(name, _)| name.to_owned()).collect();
        let looks_back = source.contains("(?<=") || source.contains("(?<!");
        let numbers = (looks_back && !names.is_empty()).then(|| numbers(source));
        if let Some(numbers) = &numbers {
            names = numbers.iter().map(|(name, _)| name.clone()).collect();
            names.dedup();
        }
        let groups = empty.captures.len().saturating_sub(usize::from(!counts));
        Some(Self {
            anywhere,
            there: (!counts).then_some(always),
            unicode: flags.unicode,
            takes_ascii: names_ascii(source),
            groups,
            names,
            numbers: numbers.map(Rc::new),
        })
    }

    /// The number of its capturing groups.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    /// The names of its groups, in order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Searches for the first match that begins at `from` or later, or only at `from`.
    pub(super) fn find(
        &self,
        text: &JsString,
        from: usize,
        only_there: bool,
        recent: &Recent,
    ) -> Found {
        let regex = match &self.there {
            Some(there) if only_there => there,
            _ => &self.anywhere,
        };
        let found = match text.as_str().variant() {
            JsStrVariant::Utf16(units) if self.unicode => regex.find_from_utf16(units, from).next(),
            JsStrVariant::Utf16(units) => regex.find_from_ucs2(units, from).next(),
            JsStrVariant::Latin1(bytes) => self.find_in_latin1(regex, text, bytes, from, recent),
        };
        let found = found.filter(|found| {
            let is_other = self.there.is_some() && found.captures.len() > self.groups;
            let misses = is_other && found.captures.last().is_some_and(Option::is_some);
            !only_there || (found.start() == from && !misses)
        });
        Found(found, self.numbers.clone())
    }

    fn find_in_latin1(
        &self,
        regex: &Regex,
        text: &JsString,
        bytes: &[u8],
        from: usize,
        recent: &Recent,
    ) -> Option<Match> {
        if bytes.len() < KEPT_FROM {
            return match std::str::from_utf8(bytes) {
                Ok(ascii) if self.takes_ascii && bytes.is_ascii() => {
                    regex.find_from_ascii(ascii, from).next()
                }
                _ => regex.find_from_ucs2(&units(bytes), from).next(),
            };
        }
        let readable = recent.readable(text, bytes);
        match &readable.ascii {
            Some(ascii) if self.takes_ascii => regex.find_from_ascii(ascii, from).next(),
            _ => {
                let units = readable.units.get_or_init(|| units(bytes));
                regex.find_from_ucs2(units, from).next()
            }
        }
    }
}

/// The named groups of a source, by their numbers.
fn numbers(source: &str) -> Numbers {
    let mut numbers = Vec::new();
    let (mut number, mut in_class) = (0, false);
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => drop(rest.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let named = rest.as_str().strip_prefix("?<");
                let named = named.filter(|name| !name.starts_with(['=', '!']));
                if named.is_some() || !rest.as_str().starts_with('?') {
                    number += 1;
                }
                if let Some((name, _)) = named.and_then(|named| named.split_once('>')) {
                    numbers.push((name.to_owned(), number));
                }
            }
            _ => {}
        }
    }
    numbers
}

/// True if a source has only ASCII characters, also in escapes.
fn names_ascii(source: &str) -> bool {
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        let is_number =
            byte == b'\\' && matches!(bytes.next(), Some(b'u' | b'x' | b'p' | b'P' | b'0'..=b'9'));
        if is_number || !byte.is_ascii() {
            return false;
        }
    }
    true
}

/// Length of `uXXXX`.
const ESCAPE: usize = 5;

/// Compiles as the engine does: by characters with `u`, and otherwise by code units.
fn compiled(source: &str, flags: Flags) -> Option<Regex> {
    let regex = match flags.unicode {
        true => Regex::from_unicode(source.chars().map(u32::from), flags),
        false => Regex::from_unicode(code_units(source).into_iter().map(u32::from), flags),
    };
    regex.ok()
}

/// The code units of a source without `u`. Escapes of surrogates become the surrogates: otherwise
/// the matcher would take two such escapes for one character, which no code unit can match.
fn code_units(source: &str) -> Vec<u16> {
    let units: Vec<u16> = source.encode_utf16().collect();
    let mut written = Vec::with_capacity(units.len());
    let mut rest = units.as_slice();
    while let Some((unit, after)) = rest.split_first() {
        let is_escape = *unit == u16::from(b'\\');
        if let Some(half) = half(after).filter(|_| is_escape) {
            written.push(half);
            rest = after.get(ESCAPE..).unwrap_or_default();
            continue;
        }
        // A backslash after a backslash begins no escape.
        let length = if is_escape { 2 } else { 1 };
        let (read, after) = rest.split_at(length.min(rest.len()));
        written.extend(read);
        rest = after;
    }
    written
}

/// The surrogate that `uXXXX` names.
fn half(escape: &[u16]) -> Option<u16> {
    let (letter, digits) = escape.get(..ESCAPE)?.split_first()?;
    let digits = String::from_utf16(digits).ok()?;
    let is_number = *letter == u16::from(b'u') && digits.bytes().all(|it| it.is_ascii_hexdigit());
    let half = u16::from_str_radix(&digits, 16).ok().filter(|_| is_number)?;
    (0xd800..=0xdfff).contains(&half).then_some(half)
}

fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.iter().copied().map(u16::from).collect()
}

// === impl Found ===

impl Found {
    /// False if there is no match.
    pub(super) fn is_match(&self) -> bool {
        self.0.is_some()
    }

    /// Where the whole expression (0) or a group matched; none if it did not.
    pub(super) fn group(&self, number: usize) -> Option<Range<usize>> {
        self.0.as_ref()?.group(number)
    }

    /// Where the group of a name matched.
    pub(super) fn named(&self, name: &str) -> Option<Range<usize>> {
        match &self.1 {
            Some(numbers) => {
                let mut numbers = numbers.iter().filter(|(known, _)| known == name);
                numbers.find_map(|(_, number)| self.group(*number))
            }
            None => self.0.as_ref()?.named_group(name),
        }
    }

    /// Where the whole expression matched.
    pub(super) fn whole(&self) -> Range<usize> {
        self.group(0).unwrap_or_default()
    }
}

// === impl Recent ===

impl Recent {
    /// A text in a form that `regress` reads. Texts are told apart by their address, and a kept
    /// text keeps its address.
    fn readable(&self, text: &JsString, bytes: &[u8]) -> Rc<Readable> {
        if let Some((known, readable)) = &*self.0.borrow()
            && let JsStrVariant::Latin1(kept) = known.as_str().variant()
            && std::ptr::eq(kept, bytes)
        {
            return readable.clone();
        }
        let ascii = std::str::from_utf8(bytes).ok().filter(|_| bytes.is_ascii());
        let readable = Readable { ascii: ascii.map(str::to_owned), units: OnceCell::new() };
        let readable = Rc::new(readable);
        *self.0.borrow_mut() = Some((text.clone(), readable.clone()));
        readable
    }
}
