//! Checks a request's head before the server reads it.
//!
//! The server accepts every head that passes this check: none of the server's own rules
//! (actix-http, `h1/decoder.rs`) rejects it. Otherwise the viewer would get an answer without the
//! proxy's headers.

use std::io::Write as _;

use http::Uri;

use crate::rejected::{HEAD_MAX, Rejected, URL_MAX};

/// The most header lines. The server takes no more.
const LINES_MAX: usize = 96;

/// The framing of the bytes after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    Nothing,
    /// This many bytes, at least one.
    Body(u64),
    Chunks,
    /// Bytes of another protocol, if the upgrade is accepted. Otherwise the connection ends with
    /// the answer.
    AnotherProtocol,
}

/// A head that the server accepts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its bytes.
    pub(super) len: usize,
    pub(super) follows: Follows,
    /// True if the viewer wants no further request answered.
    pub(super) closes: bool,
    /// The head that the server reads instead, with the target in ASCII.
    pub(super) encoded: Option<Vec<u8>>,
    /// The original target, if it is not ASCII.
    pub(super) target: Option<Vec<u8>>,
}

/// Reads the head at the beginning of these bytes. None if its end has not come yet.
pub(super) fn read(input: &[u8]) -> Result<Option<Head>, Rejected> {
    let line = memchr::memchr(b'\n', input).map(|end| input.split_at(end + 1));
    let Some((line, rest)) = line.filter(|(line, _)| !line.is_ascii()) else {
        if !input.is_ascii() && line.is_none() {
            // The first bytes may already show that this is not HTTP, but TLS for example.
            let ascii = input.iter().take_while(|byte| byte.is_ascii()).count();
            parse(input.split_at(ascii).0, 0)?;
            return bounded(input);
        }
        return parse(input, 0);
    };
    let target = target(line).ok_or(Rejected::Syntax)?.to_vec();
    let encoded = [encoded(line).as_slice(), rest].concat();
    let added = encoded.len() - input.len();
    let Some(head) = parse(&encoded, added)? else { return Ok(None) };
    let len = head.len - added;
    let encoded = encoded.split_at(head.len).0.to_vec();
    Ok(Some(Head { len, encoded: Some(encoded), target: Some(target), ..head }))
}

/// Rejects a head that is too large already.
pub(super) fn bounded<T>(input: &[u8]) -> Result<Option<T>, Rejected> {
    if input.len() > HEAD_MAX { Err(Rejected::TooLarge) } else { Ok(None) }
}

/// The request that the server reads in place of a rejected one.
pub(super) fn stand_in(input: &[u8]) -> &'static [u8] {
    if input.starts_with(b"HEAD ") {
        b"HEAD / HTTP/1.1\r\nHost: rejected\r\nConnection: close\r\n\r\n"
    } else {
        b"GET / HTTP/1.1\r\nHost: rejected\r\nConnection: close\r\n\r\n"
    }
}

/// Reads a head whose request line is ASCII. `added` bytes of its target come from percent-encoding
/// and do not count.
fn parse(input: &[u8], added: usize) -> Result<Option<Head>, Rejected> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut request = httparse::Request::new(&mut lines);
    let len = match request.parse(input) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) if input.len() - added > HEAD_MAX => {
            return Err(Rejected::TooLarge);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Rejected::TooLarge),
        Err(_) => return Err(Rejected::Syntax),
    };
    let target = request.path.unwrap_or_default();
    if len - added > HEAD_MAX || target.len() - added > URL_MAX {
        return Err(Rejected::TooLarge);
    }
    if request.method == Some("CONNECT") {
        return Err(Rejected::Connect);
    }
    Uri::try_from(target).map_err(|_| Rejected::Syntax)?;
    let (follows, closes) = framing(&request)?;
    Ok(Some(Head { len, follows, closes, encoded: None, target: None }))
}

/// How the request ends, and whether the connection ends with it.
fn framing(request: &httparse::Request<'_, '_>) -> Result<(Follows, bool), Rejected> {
    let is_old = request.version == Some(0);
    let (mut host, mut length, mut coding) = (None, None, None);
    let (mut wants_close, mut wants_keep, mut is_upgrade) = (false, false, false);
    for header in request.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let value = header.value;
        if is("host") && host.replace(value).is_some() {
            return Err(Rejected::NoHost);
        } else if is("content-length") && length.replace(value).is_some()
            || is("transfer-encoding") && coding.replace(value).is_some()
        {
            return Err(Rejected::Framing);
        } else if is("connection") {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                wants_close |= option.eq_ignore_ascii_case(b"close");
                wants_keep |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("upgrade") {
            is_upgrade |= value.trim_ascii().eq_ignore_ascii_case(b"websocket");
        }
    }
    if host.is_none() && !is_old {
        return Err(Rejected::NoHost);
    }
    let length = match length.map(digits) {
        Some(None) => return Err(Rejected::Framing),
        Some(length) => length,
        None => None,
    };
    let follows = match (coding, length) {
        // An old server on the way would take the body for a request.
        (Some(_), _) if is_old => return Err(Rejected::Framing),
        // Servers differ in whether the body comes first or the other protocol.
        (Some(_), _) | (None, Some(1..)) if is_upgrade => return Err(Rejected::Framing),
        (Some(coding), None) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
            Follows::Chunks
        }
        (Some(_), _) => return Err(Rejected::Framing),
        _ if is_upgrade => Follows::AnotherProtocol,
        (None, None) if is_old && request.method == Some("POST") => return Err(Rejected::Framing),
        (None, None | Some(0)) => Follows::Nothing,
        (None, Some(length)) => Follows::Body(length),
    };
    Ok((follows, wants_close || (is_old && !wants_keep)))
}

/// Reads a number that consists of digits only.
fn digits(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn encoded(line: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(line.len() * 2);
    for byte in line {
        if byte.is_ascii() {
            encoded.push(*byte);
        } else {
            // Writing into memory does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The target: the bytes between the method and the version, both in ASCII.
fn target(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let begin = memchr::memchr(b' ', line)? + 1;
    let end = memchr::memrchr(b' ', line).filter(|end| *end >= begin)?;
    let outside = line.get(..begin)?.is_ascii() && line.get(end..)?.is_ascii();
    line.get(begin..end).filter(|_| outside)
}
