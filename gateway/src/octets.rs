//! Header values as text that keeps their bytes.
//!
//! If a value is not UTF-8, functions see it as ISO-8859-1 (`contract.md` 2.7). If no function
//! changes the value, the gateway sends on the original bytes.
//!
//! Within the gateway, a value that is not UTF-8 is a text. Each byte beyond ASCII becomes one
//! character from the end of Unicode's private use area, where characters have no meaning. So these
//! values are compared, kept and copied like any other text, and two of them are equal only if
//! their bytes are equal.

use std::borrow::Cow;

use brink_shared::event::Headers;

/// The character for byte 0.
const BASE: u32 = 0x10_FF00;

/// A received value as text.
pub fn from_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_odd(text) => text.to_owned(),
        _ => bytes.iter().map(|byte| character(*byte)).collect(),
    }
}

/// The bytes to send for a value.
pub fn to_bytes(value: &str) -> Cow<'_, [u8]> {
    if !is_odd(value) {
        return Cow::Borrowed(value.as_bytes());
    }
    let mut bytes = Vec::with_capacity(value.len());
    for c in value.chars() {
        match byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// A value as functions see it.
pub fn shown(value: &str) -> Cow<'_, str> {
    if !is_odd(value) {
        return Cow::Borrowed(value);
    }
    match String::from_utf8(to_bytes(value).into_owned()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => {
            let latin = |c| byte(c).map_or(c, char::from);
            Cow::Owned(value.chars().map(latin).collect())
        }
    }
}

/// Headers in the form for functions.
pub fn shown_headers(headers: &Headers) -> Headers {
    headers.iter().map(|header| (header.key.as_str(), shown(&header.value))).collect()
}

/// The headers that a function returned. A line that the function did not change gets its own bytes
/// back.
pub fn restored(returned: Headers, before: &Headers) -> Headers {
    let odd: Vec<_> = before
        .iter()
        .filter(|header| is_odd(&header.value))
        .map(|header| (header, shown(&header.value)))
        .collect();
    if odd.is_empty() && returned.iter().all(|header| header.value.is_ascii()) {
        return returned;
    }
    let restore = |key: &str, value: &str| {
        let kept = odd.iter().find(|(header, shown)| header.is(key) && shown == value);
        kept.map_or_else(|| from_bytes(value.as_bytes()), |(header, _)| header.value.clone())
    };
    returned.iter().map(|h| (h.key.as_str(), restore(&h.key, &h.value))).collect()
}

/// True if some characters of this text stand for bytes.
fn is_odd(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| u32::from(c) >= BASE)
}

fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(BASE)?).ok()
}

fn character(byte: u8) -> char {
    let stands = char::from_u32(BASE + u32::from(byte)).filter(|_| !byte.is_ascii());
    stands.unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn functions_see_utf8_as_it_is_and_all_else_as_latin() {
        let seen = |bytes: &[u8]| shown(&from_bytes(bytes)).into_owned();
        assert_eq!(seen(b"plain"), "plain");
        assert_eq!(seen("caf\u{e9} \u{1F600}".as_bytes()), "caf\u{e9} \u{1F600}");
        assert_eq!(seen(b"caf\xe9"), "caf\u{e9}");
        // A text that has these characters by itself stays as it is.
        assert_eq!(seen("\u{10FFE9}".as_bytes()), "\u{10FFE9}");
    }

    #[test]
    fn an_unchanged_value_keeps_its_bytes() {
        let before: Headers = [("X", b"a\xe9"), ("Y", b"b\xe9")]
            .map(|(k, v)| (k, from_bytes(v)))
            .into_iter()
            .collect();
        let mut returned = shown_headers(&before);
        returned.set("y", "bé!");
        returned.append("Z", "aé");
        returned.append("W", "\u{10FFE9}");
        let after = restored(returned, &before);
        let sent = |name| to_bytes(after.get(name).unwrap()).into_owned();
        assert_eq!(sent("x"), b"a\xe9");
        assert_eq!(sent("y"), "bé!".as_bytes());
        assert_eq!(sent("z"), "aé".as_bytes());
        assert_eq!(sent("w"), "\u{10FFE9}".as_bytes());
    }

    proptest! {
        #[test]
        fn bytes_come_back_and_differ_where_they_differed(
            a in proptest::collection::vec(any::<u8>(), 0..9),
            b in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let (text_a, text_b) = (from_bytes(&a), from_bytes(&b));
            prop_assert_eq!(text_a == text_b, a == b);
            prop_assert_eq!(to_bytes(&text_a).into_owned(), a);
        }

        #[test]
        fn text_of_any_kind_comes_back(text in any::<String>(), end in 0x10_FF80..0x11_0000_u32) {
            let text = format!("{text}{}", char::from_u32(end).unwrap());
            let kept = from_bytes(text.as_bytes());
            prop_assert_eq!(to_bytes(&kept).into_owned(), text.as_bytes());
            prop_assert_eq!(shown(&kept).into_owned(), text);
        }
    }
}
