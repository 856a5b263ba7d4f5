//! Finds the request lines in what a viewer sends, and percent-encodes their bytes beyond ASCII.
//!
//! Where a request ends is told by its head and its chunks, as the server reads them too. After
//! anything else (an upgrade, a head that is no HTTP) the rest of the connection passes as it is:
//! then the server refuses such a line, and nothing that belongs to a body is ever changed.

use std::io::Write as _;
use std::rc::Rc;

use super::ReceivedTargets;

/// Longest head that is followed, in bytes. The server takes none that is longer.
const HEAD_MAX: usize = 128 * 1024;

/// Most header lines that are followed: as many as the server takes.
const HEADERS_MAX: usize = 96;

/// Where in the viewer's bytes the next one stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// In a request line, or before one.
    #[default]
    Line,
    /// In the lines after it.
    Head,
    /// In a body that goes on for so many bytes.
    Body(u64),
    /// In the line with the size of a chunk.
    ChunkSize,
    /// In a chunk, which with the end of its line goes on for so many bytes.
    Chunk(u64),
    /// In the lines after the last chunk.
    Trailers,
    /// In what is not followed.
    Elsewhere,
}

/// The bytes of one connection, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct RequestLines {
    /// Targets as they came.
    pub(super) received: Rc<ReceivedTargets>,
    at: At,
    /// The request line as it came.
    line: Vec<u8>,
    /// The head as the server reads it: the encoded line, and what follows. Among chunks, the line
    /// that is under way.
    head: Vec<u8>,
    /// Bytes of the line that is under way.
    line_len: usize,
    /// Requests before this one.
    requests: u64,
}

// === impl RequestLines ===

impl RequestLines {
    /// What the server is to read in the place of `input`; none if that is the same.
    pub(super) fn pass(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let mut changed: Option<Vec<u8>> = None;
        let mut rest = input;
        while !rest.is_empty() {
            let done = input.len() - rest.len();
            let len = match self.at {
                At::Line | At::Head | At::ChunkSize | At::Trailers => {
                    memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)
                }
                At::Body(left) | At::Chunk(left) => {
                    usize::try_from(left).map_or(rest.len(), |l| l.min(rest.len()))
                }
                At::Elsewhere => rest.len(),
            };
            let (piece, after) = rest.split_at(len);
            rest = after;
            if self.at == At::Line && !piece.is_ascii() {
                let changed = changed.get_or_insert_with(|| input.split_at(done).0.to_vec());
                let encoded = encoded(piece);
                changed.extend_from_slice(&encoded);
                self.line.extend_from_slice(piece);
                self.follow(&encoded);
                continue;
            }
            if let Some(changed) = &mut changed {
                changed.extend_from_slice(piece);
            }
            match self.at {
                At::Line => {
                    self.line.extend_from_slice(piece);
                    self.follow(piece);
                }
                At::Head | At::ChunkSize | At::Trailers => self.follow(piece),
                At::Body(left) if left > len as u64 => self.at = At::Body(left - len as u64),
                At::Body(_) => self.at = At::Line,
                At::Chunk(left) if left > len as u64 => self.at = At::Chunk(left - len as u64),
                At::Chunk(_) => self.at = At::ChunkSize,
                At::Elsewhere => {}
            }
        }
        changed
    }

    /// Takes in a piece of a line that ends with it, or before.
    fn follow(&mut self, piece: &[u8]) {
        self.head.extend_from_slice(piece);
        self.line_len += piece.len();
        if self.head.len() > HEAD_MAX {
            self.at = At::Elsewhere;
            return;
        }
        if !piece.ends_with(b"\n") {
            return;
        }
        let line_len = std::mem::take(&mut self.line_len);
        let blank = line_len == 1 || (line_len == 2 && self.head.ends_with(b"\r\n"));
        match self.at {
            // Empty lines before a request are allowed (RFC 9112, 2.2).
            At::Line if blank => {
                self.line.clear();
                self.head.clear();
            }
            At::Line => {
                if !self.line.is_ascii() {
                    self.received.keep(self.requests, target(&self.line));
                }
                self.line.clear();
                self.at = At::Head;
            }
            At::Head if blank => {
                self.at = what_follows(&self.head);
                self.head.clear();
                self.requests += 1;
            }
            At::ChunkSize => {
                self.at = chunk(&self.head);
                self.head.clear();
            }
            At::Trailers => {
                // The server takes a line feed alone for a part of the line.
                match self.head.as_slice() {
                    b"\r\n" => self.at = At::Line,
                    line if line.ends_with(b"\r\n") => {}
                    _ => self.at = At::Elsewhere,
                }
                self.head.clear();
            }
            At::Head | At::Body(_) | At::Chunk(_) | At::Elsewhere => {}
        }
    }
}

/// What stands behind a whole head.
fn what_follows(head: &[u8]) -> At {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(len)) if len == head.len()) {
        return At::Elsewhere;
    }
    if request.method == Some("CONNECT") {
        return At::Elsewhere;
    }
    let (mut length, mut coding) = (None, None);
    for header in request.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let told_before = if is("content-length") {
            length.replace(header.value).is_some()
        } else if is("transfer-encoding") {
            coding.replace(header.value).is_some()
        } else {
            is("upgrade")
        };
        if told_before {
            return At::Elsewhere;
        }
    }
    match (length.map(digits), coding) {
        (None | Some(Some(0)), None) => At::Line,
        (Some(Some(length)), None) => At::Body(length),
        (None, Some(coding)) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
            At::ChunkSize
        }
        _ => At::Elsewhere,
    }
}

/// What stands behind the line with the size of a chunk.
fn chunk(line: &[u8]) -> At {
    match httparse::parse_chunk_size(line) {
        Ok(httparse::Status::Complete((len, size))) if len == line.len() => match size {
            0 => At::Trailers,
            _ => size.checked_add(2).map_or(At::Elsewhere, At::Chunk),
        },
        _ => At::Elsewhere,
    }
}

/// The number that is written in digits and nothing else.
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

/// What stands between method and version.
fn target(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let begin = memchr::memchr(b' ', line).map_or(0, |space| space + 1);
    let end = memchr::memrchr(b' ', line).filter(|end| *end >= begin).unwrap_or(line.len());
    line.get(begin..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the server reads when the bytes come in pieces of such a size, and the targets.
    fn passed(input: &[u8], size: usize) -> (Vec<u8>, Vec<(u64, Vec<u8>)>) {
        let mut lines = RequestLines::default();
        let mut out = Vec::new();
        for piece in input.chunks(size) {
            out.extend(lines.pass(piece).unwrap_or_else(|| piece.to_vec()));
        }
        let targets = lines.received.targets.take();
        (out, targets.into())
    }

    fn passes(input: &[u8], expected: &[u8], targets: &[(u64, &[u8])]) {
        let targets: Vec<_> = targets.iter().map(|(of, raw)| (*of, raw.to_vec())).collect();
        for size in [1, 2, 3, 7, 1000] {
            let (out, kept) = passed(input, size);
            let text = String::from_utf8_lossy(&out);
            assert_eq!(text, String::from_utf8_lossy(expected), "in pieces of {size}");
            assert_eq!(kept, targets, "in pieces of {size}");
        }
    }

    #[test]
    fn lines_are_encoded_and_what_stood_there_is_kept() {
        passes(
            b"\r\nGET /caf\xe9?\xc3\xa9 HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n\
              GET /b HTTP/1.1\nHost: a\n\n\
              POST /\xff HTTP/1.1\r\nContent-Length: 17\r\n\r\nGET /\xe9 HTTP/1.1\r\n\
              GET /\xe9 HTTP/1.1\r\n\r\n",
            b"\r\nGET /caf%E9?%C3%A9 HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n\
              GET /b HTTP/1.1\nHost: a\n\n\
              POST /%FF HTTP/1.1\r\nContent-Length: 17\r\n\r\nGET /\xe9 HTTP/1.1\r\n\
              GET /%E9 HTTP/1.1\r\n\r\n",
            &[(0, b"/caf\xe9?\xc3\xa9"), (2, b"/\xff"), (3, b"/\xe9")],
        );
    }

    #[test]
    fn chunks_are_followed_and_left_alone() {
        passes(
            b"POST /\xe9 HTTP/1.1\r\ntransfer-encoding: Chunked \r\n\r\n\
              5\r\nGET /\r\n18; of=\xe9\r\nGET /\xe9 HTTP/1.1\r\n\r\n0\r\n\r\n\r\n\
              0\r\nX: \xe9\r\n\r\nGET /\xe9 HTTP/1.1\r\n\r\n",
            b"POST /%E9 HTTP/1.1\r\ntransfer-encoding: Chunked \r\n\r\n\
              5\r\nGET /\r\n18; of=\xe9\r\nGET /\xe9 HTTP/1.1\r\n\r\n0\r\n\r\n\r\n\
              0\r\nX: \xe9\r\n\r\nGET /%E9 HTTP/1.1\r\n\r\n",
            &[(0, b"/\xe9"), (1, b"/\xe9")],
        );
    }

    #[test]
    fn what_is_not_followed_passes_as_it_is() {
        let heads: [&[u8]; 13] = [
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n\r\n0\r\n\r\n",
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n0\r\n\r\n",
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\n\r\n",
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n\r\n",
            b"POST /a HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
            b"POST /a HTTP/1.1\r\nContent-Length:\r\n\r\n",
            b"POST /a HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n",
            b"GET /a HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
            b"no request at all\r\n\r\n",
            b"GET /a HTTP/1.1\r\nno header\r\n\r\n",
        ];
        for head in heads {
            let input = [head, b"GET /\xe9 HTTP/1.1\r\n\r\n"].concat();
            passes(&input, &input, &[]);
        }
        let long = [b"GET /".repeat(HEAD_MAX), b"\xe9".to_vec()].concat();
        assert_eq!(passed(&long, 1000).0, long);
    }

    proptest! {
        #[test]
        fn any_bytes_pass_alike_in_any_pieces(
            input in prop::collection::vec(
                prop_oneof![
                    Just(b"GET /".to_vec()), Just(b" HTTP/1.1\r\n".to_vec()), Just(b"\r\n".to_vec()),
                    Just(b"\n".to_vec()), Just(b"Content-Length: 5\r\n".to_vec()),
                    Just(b"Transfer-Encoding: chunked\r\n\r\n".to_vec()), Just(b"0\r\n".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ],
                0..24,
            ),
            size in 1..9usize,
        ) {
            let input = input.concat();
            let (whole, targets) = passed(&input, input.len().max(1));
            let (pieces, kept) = passed(&input, size);
            prop_assert_eq!(&whole, &pieces);
            prop_assert_eq!(targets, kept);
            prop_assert!(whole.len() <= input.len() * 3);
            // An ASCII line is never touched.
            if input.is_ascii() {
                prop_assert_eq!(whole, input);
            }
        }
    }
}
