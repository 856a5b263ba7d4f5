//! Checks the lines between the chunks of a body (RFC 9112, 7.1). Extensions and trailers have no
//! effect, so their size is limited.

use crate::rejected::Rejected;

/// Most bytes of one line with a size.
const LINE_MAX: usize = 1024;

/// Most bytes of extensions in one body.
pub(super) const EXTENSIONS_MAX: usize = 8 * 1024;

/// Most digits of a size.
const DIGITS_MAX: usize = 16;

/// Most bytes of the lines after the last chunk.
const TRAILERS_MAX: usize = 8 * 1024;

/// Most lines after the last chunk.
const TRAILER_LINES_MAX: usize = 32;

/// Reads the line with the size of a chunk. Returns the line's length, the size, and the length of
/// the extensions. None if the end of the line has not come yet.
pub(super) fn size(input: &[u8]) -> Result<Option<(usize, u64, usize)>, Rejected> {
    let Some(end) = memchr::memchr(b'\n', input) else {
        return if input.len() > LINE_MAX { Err(Rejected::TooLarge) } else { Ok(None) };
    };
    if end > LINE_MAX {
        return Err(Rejected::TooLarge);
    }
    let (line, _) = input.split_at(end);
    let line = line.strip_suffix(b"\r").ok_or(Rejected::Syntax)?;
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, extensions) = line.split_at(digits);
    if digits.is_empty() || digits.len() > DIGITS_MAX || !are_extensions(extensions) {
        return Err(Rejected::Syntax);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Rejected::Syntax)?;
    let size = u64::from_str_radix(digits, 16).map_err(|_| Rejected::Syntax)?;
    Ok(Some((end + 1, size, extensions.len())))
}

/// The length of the lines after the last chunk, with the empty line. None if the empty line has
/// not come yet.
pub(super) fn trailers(input: &[u8]) -> Result<Option<usize>, Rejected> {
    match input {
        [b'\r', b'\n', ..] => return Ok(Some(2)),
        [b'\r'] => return Ok(None),
        _ => {}
    }
    let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") else {
        return if input.len() > TRAILERS_MAX { Err(Rejected::TooLarge) } else { Ok(None) };
    };
    let (lines, _) = input.split_at(end + 4);
    if lines.len() > TRAILERS_MAX {
        return Err(Rejected::TooLarge);
    }
    // For the server, a line ends only with a carriage return.
    let mut ends = memchr::memchr_iter(b'\n', lines);
    let whole = ends.all(|at| lines.split_at(at).0.ends_with(b"\r"));
    let mut headers = [httparse::EMPTY_HEADER; TRAILER_LINES_MAX];
    match httparse::parse_headers(lines, &mut headers) {
        Ok(httparse::Status::Complete((len, _))) if whole && len == lines.len() => Ok(Some(len)),
        Err(httparse::Error::TooManyHeaders) => Err(Rejected::TooLarge),
        _ => Err(Rejected::Syntax),
    }
}

/// `*( BWS ";" BWS name [ BWS "=" BWS value ] )`
fn are_extensions(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let Some(named) = after(rest, b';').and_then(after_token) else { return false };
        rest = match after(named, b'=') {
            None => named,
            Some(value) => match after_token(value).or_else(|| after_quoted(value)) {
                None => return false,
                Some(rest) => rest,
            },
        };
    }
    true
}

/// The rest after this byte and the white space around it.
fn after(input: &[u8], byte: u8) -> Option<&[u8]> {
    Some(after_blanks(after_blanks(input).strip_prefix(&[byte])?))
}

fn after_blanks(input: &[u8]) -> &[u8] {
    let blanks = input.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    input.split_at(blanks).1
}

fn after_token(input: &[u8]) -> Option<&[u8]> {
    let len = input.iter().take_while(|byte| is_token(**byte)).count();
    (len > 0).then(|| input.split_at(len).1)
}

fn after_quoted(input: &[u8]) -> Option<&[u8]> {
    let mut rest = input.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', escaped, rest @ ..] if is_text(*escaped) => rest,
            [byte, rest @ ..] if is_text(*byte) && *byte != b'\\' => rest,
            _ => return None,
        };
    }
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_strictly() {
        assert_eq!(size(b"1aF\r\nx"), Ok(Some((5, 0x1af, 0))));
        assert_eq!(size(b"0000000000000005\r\n"), Ok(Some((18, 5, 0))));
        assert_eq!(size(b"5;a;b=c ; d = \"e\\\"\xe9;\"\r\n"), Ok(Some((23, 5, 20))));
        for partial in [&b""[..], b"5", b"5\r", b"5;a"] {
            assert_eq!(size(partial), Ok(None), "{}", partial.escape_ascii());
        }
        let broken: [&[u8]; 16] = [
            b"\r\n",
            b"\n",
            b"5\n",
            b"-5\r\n",
            b"+5\r\n",
            b"0x5\r\n",
            b" 5\r\n",
            b"5 \r\n",
            b"g\r\n",
            b"5;\r\n",
            b"5; a=\r\n",
            b"5;a=\"b\r\n",
            b"5;a\r;\r\n",
            b"5;a=\x00\r\n",
            b"5 6\r\n",
            b"00000000000000005\r\n",
        ];
        for line in broken {
            assert_eq!(size(line), Err(Rejected::Syntax), "{}", line.escape_ascii());
        }
        assert_eq!(size(&[b'0'; LINE_MAX + 1]), Err(Rejected::TooLarge));
    }

    #[test]
    fn trailers_are_headers_within_bounds() {
        assert_eq!(trailers(b"\r\nGET"), Ok(Some(2)));
        assert_eq!(trailers(b"X: \xe9\r\nY: 1\r\n\r\nGET"), Ok(Some(14)));
        for partial in [&b"\r"[..], b"X", b"X: 1\r\n", b"X: 1\r\n\r"] {
            assert_eq!(trailers(partial), Ok(None), "{}", partial.escape_ascii());
        }
        let broken: [&[u8]; 4] =
            [b"\n\r\n\r\n", b"X: 1\nY: 2\r\n\r\n", b"X\r\n\r\n", b"X: a\rb\r\n\r\n"];
        for lines in broken {
            assert_eq!(trailers(lines), Err(Rejected::Syntax), "{}", lines.escape_ascii());
        }
        let many = [b"X: 1\r\n".repeat(TRAILER_LINES_MAX + 1), b"\r\n".to_vec()].concat();
        assert_eq!(trailers(&many), Err(Rejected::TooLarge));
        assert_eq!(trailers(&[b'a'; TRAILERS_MAX + 1]), Err(Rejected::TooLarge));
    }
}
