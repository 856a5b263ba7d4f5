//! Several parts of a body in one answer: `multipart/byteranges` (RFC 9110, 14.6).

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures_util::stream::{self, Stream, StreamExt as _};
use rand::RngCore as _;

use crate::cache::Body;
use crate::cache::range::ContentRange;
use crate::origin::BodyError;

/// Random bytes in a boundary. They make it impossible in practice that the body has the boundary.
const BOUNDARY_BYTES: usize = 18;

/// The parts of one answer.
pub(super) struct Multipart {
    boundary: String,
    /// For each part, the bytes before it and the part.
    parts: VecDeque<(String, Range<u64>)>,
    /// The bytes after the last part.
    end: String,
}

// === impl Multipart ===

impl Multipart {
    /// These parts of a body of that type and of `total` bytes.
    pub(super) fn new(content_type: Option<&str>, ranges: Vec<Range<u64>>, total: u64) -> Self {
        let mut bytes = [0; BOUNDARY_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        let boundary = BASE64URL_NOPAD.encode(&bytes);
        let content_type =
            content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let head = |range: &Range<u64>| {
            let told = ContentRange::of(range, total);
            format!("\r\n--{boundary}\r\n{content_type}Content-Range: {told}\r\n\r\n")
        };
        let parts = ranges.into_iter().map(|range| (head(&range), range)).collect();
        let end = format!("\r\n--{boundary}--\r\n");
        Self { boundary, parts, end }
    }

    /// The `Content-Type` of the answer.
    pub(super) fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The length of the whole body.
    pub(super) fn length(&self) -> u64 {
        let part =
            |(head, range): &(String, Range<u64>)| head.len() as u64 + range.end - range.start;
        self.parts.iter().map(part).sum::<u64>() + self.end.len() as u64
    }

    /// The answer's body, made from this body.
    pub(super) fn stream(self, body: Body) -> impl Stream<Item = Result<Bytes, BodyError>> {
        let text = |text: String| stream::iter([Ok(Bytes::from(text))]);
        let index = |index: u64| usize::try_from(index).unwrap_or(usize::MAX);
        let parts = stream::iter(self.parts).flat_map(move |(head, range)| {
            text(head).chain(body.stream(index(range.start)..index(range.end)))
        });
        parts.chain(text(self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_part_has_its_head_and_the_length_is_right() {
        let parts = Multipart::new(Some("text/plain"), vec![0..2, 5..9], 10);
        let (boundary, length) = (parts.boundary.clone(), parts.length());
        let body = Body::from(Bytes::from_static(b"0123456789"));
        let sent: Vec<Bytes> = parts.stream(body).map(|part| part.unwrap()).collect().await;
        let text = String::from_utf8(sent.concat()).unwrap();
        let head = format!("--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes");
        let expected = format!(
            "\r\n{head} 0-1/10\r\n\r\n01\r\n{head} 5-8/10\r\n\r\n5678\r\n--{boundary}--\r\n"
        );
        assert_eq!((text.as_str(), length), (expected.as_str(), expected.len() as u64));
    }
}
