//! Values of viewers and origins as they stand in a line (`contract.md` 8.3).
//!
//! Space, control characters and all bytes beyond ASCII are percent-encoded. So a value never ends
//! its field or its line, whatever a viewer sends.

/// Stands for a value that is missing.
pub(super) const NOTHING: char = '-';

/// Characters that are percent-encoded, in addition to bytes 0 to 32 and from 127 on.
const ENCODED: &[u8] = b"<>\"#%{}|\\^~[]'`";

/// Appends a value.
pub(super) fn push(line: &mut String, value: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit =
        |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    if value.is_empty() {
        return line.push(NOTHING);
    }
    line.reserve(value.len());
    for byte in value {
        if *byte <= 32 || *byte >= 127 || ENCODED.contains(byte) {
            line.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        } else {
            line.push(char::from(*byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &[u8]) -> String {
        let mut line = String::new();
        push(&mut line, value);
        line
    }

    #[test]
    fn the_documented_characters_are_encoded_and_no_others() {
        for byte in 0..=255_u8 {
            let listed = b"<>\"#%{}|\\^~[]'` ".contains(&byte);
            let expected = if byte <= 32 || byte >= 127 || listed {
                format!("%{byte:02X}")
            } else {
                char::from(byte).to_string()
            };
            assert_eq!(encoded(&[byte]), expected, "{byte}");
        }
        assert_eq!(encoded(b"text/html; charset=utf-8"), "text/html;%20charset=utf-8");
        assert_eq!(encoded(b""), "-");
    }
}
