//! Builds a text from parts.

use boa_engine::JsString;
use boa_engine::string::{JsStr, JsStrVariant};

/// A text under construction. It is Latin-1 as long as all of its parts are.
pub(in super::super) enum Output {
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

// === impl Output ===

impl Output {
    pub(in super::super) fn new(capacity: usize) -> Self {
        Self::Latin1(Vec::with_capacity(capacity))
    }

    pub(in super::super) fn push(&mut self, part: JsStr<'_>) {
        match (&mut *self, part.variant()) {
            (Self::Latin1(bytes), JsStrVariant::Latin1(part)) => bytes.extend_from_slice(part),
            (Self::Utf16(units), JsStrVariant::Utf16(part)) => units.extend_from_slice(part),
            (Self::Utf16(units), JsStrVariant::Latin1(part)) => {
                units.extend(part.iter().copied().map(u16::from));
            }
            (Self::Latin1(bytes), JsStrVariant::Utf16(part)) => {
                let mut units = Vec::with_capacity(bytes.capacity().max(bytes.len() + part.len()));
                units.extend(bytes.iter().copied().map(u16::from));
                units.extend_from_slice(part);
                *self = Self::Utf16(units);
            }
        }
    }

    /// Adds Latin-1.
    pub(in super::super) fn push_latin1(&mut self, part: &[u8]) {
        self.push(JsStr::latin1(part));
    }

    /// Takes units from the end.
    pub(in super::super) fn shorten(&mut self, by: usize) {
        match self {
            Self::Latin1(bytes) => bytes.truncate(bytes.len().saturating_sub(by)),
            Self::Utf16(units) => units.truncate(units.len().saturating_sub(by)),
        }
    }

    pub(in super::super) fn as_str(&self) -> JsStr<'_> {
        match self {
            Self::Latin1(bytes) => JsStr::latin1(bytes),
            Self::Utf16(units) => JsStr::utf16(units),
        }
    }

    pub(in super::super) fn push_part(&mut self, text: &JsString, from: usize, to: usize) {
        if let Some(part) = text.as_str().get(from..to) {
            self.push(part);
        }
    }

    pub(in super::super) fn into_text(self) -> JsString {
        JsString::from(self.as_str())
    }
}
