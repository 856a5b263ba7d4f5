//! The text that replaces a match, with signs like `$1` and `$<name>`.

use std::ops::Range;

use boa_engine::JsString;

use crate::text::Output;

const DOLLAR: u16 = b'$' as u16;
const CLOSE: u16 = b'>' as u16;

/// A replacement, parsed once for all matches.
pub(in super::super) struct Substitution {
    template: JsString,
    pieces: Vec<Piece>,
}

/// A piece of a replacement.
enum Piece {
    /// A text of the template itself.
    Plain(Range<usize>),
    Dollar,
    Matched,
    Before,
    After,
    Group(usize),
    Named(JsString),
}

// === impl Substitution ===

impl Substitution {
    /// Parses a template, for matches with this many groups, which may have names.
    pub(in super::super) fn new(template: &JsString, groups: usize, named: bool) -> Self {
        let units = |at: usize| template.code_unit_at(at);
        let digit = |at: usize| {
            units(at)
                .and_then(|unit| char::from_u32(unit.into()))
                .and_then(|unit| unit.to_digit(10))
        };
        let mut pieces = Vec::new();
        let (mut at, mut plain) = (0, 0);
        let last_close =
            (0..if named { template.len() } else { 0 }).rfind(|at| units(*at) == Some(CLOSE));
        if !template.contains(b'$') {
            at = template.len();
        }
        while at < template.len() {
            if units(at) != Some(DOLLAR) {
                at += 1;
                continue;
            }
            let sign = units(at + 1).and_then(|unit| u8::try_from(unit).ok());
            let (piece, length) = match sign {
                Some(b'$') => (Piece::Dollar, 2),
                Some(b'&') => (Piece::Matched, 2),
                Some(b'`') => (Piece::Before, 2),
                Some(b'\'') => (Piece::After, 2),
                Some(b'<') if named => {
                    let Some(last) = last_close.filter(|last| *last >= at + 2) else {
                        at += 1;
                        continue;
                    };
                    let close = (at + 2..last).find(|at| units(*at) == Some(CLOSE));
                    let close = close.unwrap_or(last);
                    (Piece::Named(template.slice(at + 2, close)), close + 1 - at)
                }
                Some(b'0'..=b'9') => {
                    let one = digit(at + 1).unwrap_or_default() as usize;
                    let two = digit(at + 2).map(|second| 10 * one + second as usize);
                    match two {
                        Some(two) if (1..=groups).contains(&two) => (Piece::Group(two), 3),
                        _ if (1..=groups).contains(&one) => (Piece::Group(one), 2),
                        _ => {
                            at += 1;
                            continue;
                        }
                    }
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            if plain < at {
                pieces.push(Piece::Plain(plain..at));
            }
            pieces.push(piece);
            at += length;
            plain = at;
        }
        if plain < template.len() {
            pieces.push(Piece::Plain(plain..template.len()));
        }
        Self { template: template.clone(), pieces }
    }

    /// Writes the replacement for the match at `place` of the text.
    pub(in super::super) fn write(
        &self,
        output: &mut Output,
        text: &JsString,
        place: Range<usize>,
        group: impl Fn(usize) -> Option<Range<usize>>,
        named: impl Fn(&JsString) -> Option<Range<usize>>,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Plain(range) => output.push_part(&self.template, range.start, range.end),
                Piece::Dollar => output.push(JsString::from("$").as_str()),
                Piece::Matched => output.push_part(text, place.start, place.end),
                Piece::Before => output.push_part(text, 0, place.start),
                Piece::After => output.push_part(text, place.end, text.len()),
                Piece::Group(number) => {
                    if let Some(range) = group(*number) {
                        output.push_part(text, range.start, range.end);
                    }
                }
                Piece::Named(name) => {
                    if let Some(range) = named(name) {
                        output.push_part(text, range.start, range.end);
                    }
                }
            }
        }
    }
}
