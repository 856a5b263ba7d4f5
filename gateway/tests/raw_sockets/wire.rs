//! Reads answers strictly by their framing.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The part of an answer that came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: Vec<u8>,
    /// True if its framing says that this is all.
    pub is_whole: bool,
}

/// The answers on one connection.
pub struct Answers<R> {
    stream: R,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Answers<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new(), ended: false }
    }

    /// The answer to a request with this method; none if the connection ends before it.
    pub async fn next(&mut self, method: &str) -> Option<Answer> {
        loop {
            let Some(end) = self.until(b"\r\n\r\n").await else {
                assert!(self.buffer.is_empty(), "half a head: {}", self.buffer.escape_ascii());
                return None;
            };
            let head: Vec<u8> = self.buffer.drain(..end).collect();
            let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
            let status = head.strip_prefix("http/1.").and_then(|rest| rest.get(2..5)).unwrap();
            let status: u16 = status.parse().unwrap_or_else(|_| panic!("{head}"));
            if status < 200 {
                continue;
            }
            for header in ["x-cache: ", "via: ", "x-amz-cf-id: "] {
                assert!(head.contains(header), "{head}");
            }
            let (body, is_whole) = self.body(method, status, &head).await;
            return Some(Answer { status, head, body, is_whole });
        }
    }

    /// The bytes after the last answer.
    pub async fn rest(mut self) -> Vec<u8> {
        while !self.ended {
            self.read().await;
        }
        self.buffer
    }

    async fn body(&mut self, method: &str, status: u16, head: &str) -> (Vec<u8>, bool) {
        let value =
            |name: &str| Some(head.split_once(name)?.1.split("\r\n").next().unwrap().trim());
        let (length, coding) = (value("\r\ncontent-length:"), value("\r\ntransfer-encoding:"));
        assert!(length.is_none() || coding.is_none(), "{head}");
        if method == "HEAD" || matches!(status, 204 | 304) {
            return (Vec::new(), true);
        }
        if let Some(length) = length {
            return self.take(length.parse().unwrap()).await;
        }
        if coding.is_none() {
            assert!(head.contains("connection: close") || head.starts_with("http/1.0"), "{head}");
            while !self.ended {
                self.read().await;
            }
            return (std::mem::take(&mut self.buffer), true);
        }
        assert_eq!(coding, Some("chunked"), "{head}");
        let mut body = Vec::new();
        loop {
            let Some(end) = self.until(b"\r\n").await else { return (body, false) };
            let line: Vec<u8> = self.buffer.drain(..end).collect();
            let line = std::str::from_utf8(&line).unwrap().trim_end();
            let size = usize::from_str_radix(line, 16).unwrap_or_else(|_| panic!("{line:?}"));
            let (chunk, is_whole) = self.take(size).await;
            body.extend(chunk);
            let (end, is_ended) = self.take(2).await;
            if !is_whole || !is_ended {
                return (body, false);
            }
            assert_eq!(end, b"\r\n");
            if size == 0 {
                return (body, true);
            }
        }
    }

    async fn take(&mut self, len: usize) -> (Vec<u8>, bool) {
        while self.buffer.len() < len && !self.ended {
            self.read().await;
        }
        let is_whole = self.buffer.len() >= len;
        let len = len.min(self.buffer.len());
        (self.buffer.drain(..len).collect(), is_whole)
    }

    /// The length of the bytes up to the end of this marker.
    async fn until(&mut self, end: &[u8]) -> Option<usize> {
        loop {
            let found = self.buffer.windows(end.len()).position(|window| window == end);
            if let Some(found) = found {
                return Some(found + end.len());
            }
            if self.ended {
                return None;
            }
            self.read().await;
        }
    }

    async fn read(&mut self) {
        // A reset ends a connection too.
        let read = self.stream.read_buf(&mut self.buffer).await.unwrap_or(0);
        self.ended |= read == 0;
    }
}
