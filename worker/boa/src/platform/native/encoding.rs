//! The encodings of `Buffer`: text to bytes and back, as leniently as Node.js.

use std::borrow::Cow;

use boa_engine::string::{JsStr, JsStrVariant};
use boa_engine::{JsString, JsValue};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

use super::super::super::text::text;

/// Longest name of an encoding, in letters.
const NAME_MAX: usize = 9;

/// An encoding of bytes as text, or of text as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Encoding {
    Utf8,
    Utf16le,
    Latin1,
    Ascii,
    Base64,
    Base64url,
    Hex,
}

// === impl Encoding ===

impl Encoding {
    /// The encoding of a name, in any case.
    pub(in super::super) fn parse(name: &JsString) -> Option<Self> {
        // Strings that the engine made may be wide with nothing wide in them.
        if name.len() > NAME_MAX || name.iter().any(|unit| unit > 0x7f) {
            return None;
        }
        let name = &*low_bytes(name.as_str());
        const NAMES: [(&[u8], Encoding); 11] = [
            (b"utf8", Encoding::Utf8),
            (b"utf-8", Encoding::Utf8),
            (b"base64", Encoding::Base64),
            (b"hex", Encoding::Hex),
            (b"latin1", Encoding::Latin1),
            (b"binary", Encoding::Latin1),
            (b"base64url", Encoding::Base64url),
            (b"ascii", Encoding::Ascii),
            (b"utf16le", Encoding::Utf16le),
            (b"utf-16le", Encoding::Utf16le),
            (b"ucs2", Encoding::Utf16le),
        ];
        let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known
            .map(|(_, encoding)| *encoding)
            .or_else(|| name.eq_ignore_ascii_case(b"ucs-2").then_some(Encoding::Utf16le))
    }

    /// The encoding that a value names; UTF-8 for undefined, and none if there is no such encoding.
    pub(in super::super) fn named(value: &JsValue) -> Option<Self> {
        match value.is_undefined() {
            true => Some(Self::Utf8),
            false => value.as_string().and_then(|name| Self::parse(&name)),
        }
    }

    /// The bytes that text stands for.
    pub(in super::super) fn encode(self, text: JsStr<'_>) -> Vec<u8> {
        match self {
            Self::Utf8 => utf8(text).into_owned(),
            Self::Latin1 | Self::Ascii => low_bytes(text).into_owned(),
            Self::Utf16le => match text.variant() {
                JsStrVariant::Latin1(bytes) => bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
                JsStrVariant::Utf16(units) => {
                    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
                }
            },
            Self::Base64 | Self::Base64url => from_base64(&low_bytes(text)),
            Self::Hex => from_hex(&low_bytes(text)),
        }
    }

    /// The number of bytes for a string. For base64 and hex it is an upper bound.
    pub(in super::super) fn byte_length(self, text: JsStr<'_>) -> usize {
        match self {
            Self::Utf8 => utf8_length(text),
            Self::Latin1 | Self::Ascii => text.len(),
            Self::Utf16le => text.len() * 2,
            Self::Hex => text.len() / 2,
            Self::Base64 | Self::Base64url => {
                let is_padding = |at: Option<usize>| {
                    at.and_then(|at| text.get(at)).is_some_and(|unit| unit == u16::from(b'='))
                };
                let mut length = text.len();
                if is_padding(length.checked_sub(1)) {
                    length -= 1;
                }
                if length > 1 && is_padding(length.checked_sub(1)) {
                    length -= 1;
                }
                length * 3 / 4
            }
        }
    }

    /// The text that bytes stand for.
    pub(in super::super) fn decode(self, bytes: &[u8]) -> JsString {
        match self {
            Self::Utf8 => from_utf8(bytes),
            Self::Latin1 => JsString::from(JsStr::latin1(bytes)),
            Self::Ascii => {
                let bytes: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
                JsString::from(JsStr::latin1(&bytes))
            }
            Self::Utf16le => {
                let units: Vec<u16> = bytes
                    .chunks_exact(2)
                    .filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes))
                    .collect();
                from_units(&units)
            }
            Self::Base64 => JsString::from(BASE64.encode(bytes)),
            Self::Base64url => JsString::from(BASE64URL_NOPAD.encode(bytes)),
            Self::Hex => JsString::from(HEXLOWER.encode(bytes)),
        }
    }
}

/// Text as UTF-8. A lone surrogate becomes U+FFFD.
pub(in super::super) fn utf8(string: JsStr<'_>) -> Cow<'_, [u8]> {
    match text(string) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Bytes as text. Bytes that are not UTF-8 become U+FFFD.
pub(in super::super) fn from_utf8(bytes: &[u8]) -> JsString {
    match bytes.is_ascii() {
        true => JsString::from(JsStr::latin1(bytes)),
        false => JsString::from(&*String::from_utf8_lossy(bytes)),
    }
}

/// A string of UTF-16 units, stored as bytes if possible.
pub(in super::super) fn from_units(units: &[u16]) -> JsString {
    let bytes: Option<Vec<u8>> = units.iter().map(|unit| u8::try_from(*unit).ok()).collect();
    match bytes {
        Some(bytes) => JsString::from(JsStr::latin1(&bytes)),
        None => JsString::from(units),
    }
}

fn utf8_length(text: JsStr<'_>) -> usize {
    match text.variant() {
        JsStrVariant::Latin1(bytes) => {
            bytes.len() + bytes.iter().filter(|byte| !byte.is_ascii()).count()
        }
        JsStrVariant::Utf16(units) => char::decode_utf16(units.iter().copied())
            .map(|unit| unit.map_or(char::REPLACEMENT_CHARACTER.len_utf8(), char::len_utf8))
            .sum(),
    }
}

/// The low byte of every UTF-16 unit.
pub(in super::super) fn low_bytes(text: JsStr<'_>) -> Cow<'_, [u8]> {
    match text.variant() {
        JsStrVariant::Latin1(bytes) => Cow::Borrowed(bytes),
        JsStrVariant::Utf16(units) => {
            Cow::Owned(units.iter().map(|unit| unit.to_le_bytes()[0]).collect())
        }
    }
}

/// Reads both alphabets of base64. Other characters are skipped, and padding ends the text.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let end = text.iter().position(|byte| *byte == b'=').unwrap_or(text.len());
    if let (0..=2, Ok(bytes)) = (text.len() - end, BASE64.decode(text)) {
        return bytes;
    }
    let (text, _) = text.split_at(end);
    if let Ok(bytes) = BASE64URL_NOPAD.decode(text) {
        return bytes;
    }
    let mut letters: Vec<u8> = Vec::with_capacity(text.len());
    letters.extend(text.iter().filter_map(|byte| match byte {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b'-' | b'_' => Some(*byte),
        byte => byte.is_ascii_alphanumeric().then_some(*byte),
    }));
    let odd = letters.len() % 4;
    if odd == 1 {
        letters.pop();
    }
    // The last letter's surplus bits count for nothing.
    if let (2 | 3, Some(last)) = (odd, letters.last_mut()) {
        let bits = sextet(*last) & if odd == 2 { 0b11_0000 } else { 0b11_1100 };
        *last = letter(bits);
    }
    BASE64URL_NOPAD.decode(&letters).unwrap_or_default()
}

const fn sextet(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        _ => 63,
    }
}

const fn letter(sextet: u8) -> u8 {
    match sextet {
        0..26 => b'A' + sextet,
        26..52 => b'a' + sextet - 26,
        52..62 => b'0' + sextet - 52,
        62 => b'-',
        _ => b'_',
    }
}

/// Reads pairs of hexadecimal digits up to the first other character.
fn from_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.chunks_exact(2).map_while(pair).collect()
}
