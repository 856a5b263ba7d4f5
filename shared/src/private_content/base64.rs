//! Base64 in which `+`, `=` and `/` are `-`, `_` and `~`, so it needs no escapes in URLs and cookies
//! (`contract.md` 7.17).

use data_encoding::BASE64;

/// The text of some bytes.
pub fn encode(bytes: &[u8]) -> String {
    let swap = |c| match c {
        '+' => '-',
        '=' => '_',
        '/' => '~',
        other => other,
    };
    BASE64.encode(bytes).chars().map(swap).collect()
}

/// The bytes of a text. Only the text that [`encode`] writes for them is accepted.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let swap = |byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'='),
        b'~' => Some(b'/'),
        b'+' | b'=' | b'/' => None,
        other => Some(other),
    };
    let standard: Vec<u8> = text.bytes().map(swap).collect::<Option<_>>()?;
    // The decoder also takes several texts with padding after each other.
    BASE64.decode(&standard).ok().filter(|bytes| encode(bytes) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_no_character_that_urls_escape() {
        assert_eq!(encode(b"\xfb\xff\xfe"), "-~~-");
        assert_eq!(encode(b"a"), "YQ__");
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"\xff\xff\xff\xff"] {
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn other_spellings_are_rejected() {
        for text in ["YQ==", "YQ", "YR__", "Y Q_", "+//+", "YQ__YQ__", "é", "YQ_"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
