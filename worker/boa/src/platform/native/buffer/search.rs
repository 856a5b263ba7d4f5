//! `indexOf`, `lastIndexOf`, `includes`.

use boa_engine::{Context, JsArgs, JsResult, JsValue};

use super::super::coded::{invalid_type, unknown_encoding};
use super::super::encoding::Encoding;
use super::Method;
use super::arguments::uint8;

pub(super) const METHODS: &[Method] = &[
    ("indexOf", "indexOf", 3, |this, arguments, context| {
        Ok(index(find(true, this, arguments, context)?))
    }),
    ("lastIndexOf", "lastIndexOf", 3, |this, arguments, context| {
        Ok(index(find(false, this, arguments, context)?))
    }),
    ("includes", "includes", 3, |this, arguments, context| {
        Ok(find(true, this, arguments, context)?.is_some().into())
    }),
];

fn index(found: Option<usize>) -> JsValue {
    found.map_or(JsValue::from(-1), JsValue::from)
}

/// Searches for a number, a text or bytes, from an offset forwards or backwards. Returns where they
/// begin.
fn find(
    forward: bool,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<Option<usize>> {
    let bytes = uint8("buffer", this, context)?;
    let [value, offset, name] = [0, 1, 2].map(|at| arguments.get_or_undefined(at));
    let none = JsValue::undefined();
    let (offset, name) = if offset.is_string() { (&none, offset) } else { (offset, name) };
    let offset = offset.to_number(context)?;
    let length = bytes.with(<[u8]>::len);
    let offset = match offset.is_nan() {
        true if forward => 0.0,
        true => length as f64,
        false => offset.clamp(-2_147_483_648.0, 2_147_483_647.0).trunc(),
    };
    if value.is_number() {
        let number = value.to_uint8(context)?;
        let at = start(length, offset, 1, forward);
        return Ok(at.and_then(|at| bytes.with(|bytes| search(bytes, &[number], at, forward, 1))));
    }
    let encoding = Encoding::named(name);
    let needle = match value.as_string() {
        Some(text) => match encoding {
            Some(encoding) => encoding.encode(text.as_str()),
            None => return Err(unknown_encoding(name, context)),
        },
        None => {
            let Ok(needle) = uint8("value", value, context) else {
                let expected =
                    "one of type number or string or an instance of Buffer or Uint8Array";
                return Err(invalid_type("value", expected, value, context));
            };
            needle.to_vec()
        }
    };
    let at = start(length, offset, needle.len(), forward);
    let unit = if encoding == Some(Encoding::Utf16le) { 2 } else { 1 };
    Ok(match at {
        at if needle.is_empty() => at,
        Some(at) => bytes.with(|bytes| search(bytes, &needle, at, forward, unit)),
        None => None,
    })
}

/// Where the search begins. Negative offsets count from the end.
fn start(length: usize, offset: f64, needle: usize, forward: bool) -> Option<usize> {
    let max = length as f64;
    let at = if offset < 0.0 {
        match offset + max {
            at if at >= 0.0 => at,
            _ if forward || needle == 0 => 0.0,
            _ => return None,
        }
    } else {
        match offset + needle as f64 {
            end if end <= max => offset,
            _ if needle == 0 => max,
            _ if forward => return None,
            _ => max - 1.0,
        }
    };
    (at >= 0.0).then_some(at as usize)
}

/// The first (or last) match at or after (or before) `at`, at multiples of `unit` bytes.
fn search(bytes: &[u8], needle: &[u8], at: usize, forward: bool, unit: usize) -> Option<usize> {
    if needle.len() > bytes.len() || needle.len() < unit {
        return None;
    }
    let at = at / unit * unit;
    if unit == 1 {
        return match forward {
            true => memchr::memmem::find(bytes.get(at..)?, needle).map(|found| at + found),
            false => {
                let end = at.saturating_add(needle.len()).min(bytes.len());
                memchr::memmem::rfind(bytes.get(..end)?, needle)
            }
        };
    }
    let (mut from, mut end) = (at, at.saturating_add(needle.len()).min(bytes.len()));
    loop {
        let found = match forward {
            true => from + memchr::memmem::find(bytes.get(from..)?, needle)?,
            false => memchr::memmem::rfind(bytes.get(..end)?, needle)?,
        };
        if found % unit == 0 {
            return Some(found);
        }
        (from, end) = (found + 1, found + needle.len() - 1);
    }
}
