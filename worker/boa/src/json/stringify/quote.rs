//! A text as JSON has it (ECMA-262, QuoteJSONString).

use boa_engine::string::{JsStr, JsStrVariant};

use super::Output;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes a text between quotation marks. Halves of surrogate pairs that stand alone are escaped.
pub(super) fn quote(text: JsStr<'_>, out: &mut Output) {
    out.push_latin1(b"\"");
    match text.variant() {
        JsStrVariant::Latin1(bytes) => {
            let mut done = 0;
            for (at, byte) in bytes.iter().enumerate() {
                if is_escaped(u16::from(*byte)) {
                    out.push_latin1(bytes.get(done..at).unwrap_or_default());
                    escape(u16::from(*byte), out);
                    done = at + 1;
                }
            }
            out.push_latin1(bytes.get(done..).unwrap_or_default());
        }
        JsStrVariant::Utf16(units) => {
            let mut done = 0;
            let mut at = 0;
            while let Some(unit) = units.get(at) {
                let next = units.get(at + 1);
                if matches!(unit, 0xD800..=0xDBFF) && matches!(next, Some(0xDC00..=0xDFFF)) {
                    at += 2;
                    continue;
                }
                if is_escaped(*unit) || matches!(unit, 0xD800..=0xDFFF) {
                    out.push(JsStr::utf16(units.get(done..at).unwrap_or_default()));
                    escape(*unit, out);
                    done = at + 1;
                }
                at += 1;
            }
            out.push(JsStr::utf16(units.get(done..).unwrap_or_default()));
        }
    }
    out.push_latin1(b"\"");
}

fn is_escaped(unit: u16) -> bool {
    unit < 0x20 || unit == u16::from(b'"') || unit == u16::from(b'\\')
}

fn escape(unit: u16, out: &mut Output) {
    let short: &[u8] = match unit {
        0x08 => b"\\b",
        0x09 => b"\\t",
        0x0A => b"\\n",
        0x0C => b"\\f",
        0x0D => b"\\r",
        0x22 => b"\\\"",
        0x5C => b"\\\\",
        _ => {
            let digit = |shift: u32| HEX.get(usize::from(unit >> shift & 0xF)).copied();
            let digits = [12, 8, 4, 0].map(|shift| digit(shift).unwrap_or_default());
            out.push_latin1(b"\\u");
            return out.push_latin1(&digits);
        }
    };
    out.push_latin1(short);
}
