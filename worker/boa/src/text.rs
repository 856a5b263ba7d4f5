//! The text of the engine's strings.

mod output;

use std::borrow::Cow;

use boa_engine::string::{JsStr, JsStrVariant};
use encoding_rs::mem::decode_latin1;

pub(super) use output::Output;

/// A string as UTF-8. A lone surrogate becomes U+FFFD.
///
/// The engine's own conversion is slow: it goes through a formatter, character by character.
pub(super) fn text(string: JsStr<'_>) -> Cow<'_, str> {
    match string.variant() {
        JsStrVariant::Latin1(bytes) => decode_latin1(bytes),
        JsStrVariant::Utf16(units) => Cow::Owned(String::from_utf16_lossy(units)),
    }
}

/// Shortens a text to at most `max` bytes.
pub(super) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
    }
    text
}
