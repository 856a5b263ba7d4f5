//! An origin with one object. It computes the bytes for each request.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::raw_origin::{Conn, RawOrigin};

/// How it answers.
#[derive(Clone)]
pub struct Film {
    pub total: usize,
    pub etag: &'static str,
    pub cache_control: &'static str,
    pub has_ranges: bool,
    /// After so many answers, it has another object of the same length.
    pub changes_after: Option<usize>,
}

/// The origin, listening.
pub struct Running {
    pub origin: RawOrigin,
}

/// The requests that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub range: Option<String>,
    pub if_range: Option<String>,
}

/// These bytes of the object.
pub fn bytes_of(range: Range<usize>) -> Vec<u8> {
    range.map(|n| (n % 251) as u8).collect()
}

impl Film {
    pub fn new(total: usize) -> Self {
        let (etag, cache_control) = ("\"v1\"", "max-age=60");
        Self { total, etag, cache_control, has_ranges: true, changes_after: None }
    }

    pub fn start(self) -> Running {
        let answers = Arc::new(AtomicUsize::new(0));
        let origin = RawOrigin::start(move |mut conn| {
            while let Some(request) = conn.request() {
                let changed =
                    self.changes_after.is_some_and(|n| answers.fetch_add(1, Ordering::SeqCst) >= n);
                self.answer(&mut conn, &request, changed);
            }
        });
        Running { origin }
    }

    fn answer(&self, conn: &mut Conn, request: &str, changed: bool) {
        let total = self.total;
        let etag = if changed { "\"v2\"" } else { self.etag };
        let common = format!(
            "ETag: {etag}\r\nCache-Control: {}\r\nContent-Type: video/mp4\r\n",
            self.cache_control
        );
        let matches = header(request, "if-range").is_none_or(|tag| tag == etag);
        let range = header(request, "range").filter(|_| self.has_ranges && matches);
        let (head, range) = match range.map(|range| wanted(range, total)) {
            None => (format!("HTTP/1.1 200 OK\r\n{common}"), 0..total),
            Some(range) if range.is_empty() => {
                let none = format!("HTTP/1.1 416 No\r\nContent-Range: bytes */{total}\r\n");
                (none, 0..0)
            }
            Some(range) => {
                let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
                (format!("HTTP/1.1 206 Partial\r\n{common}Content-Range: {told}\r\n"), range)
            }
        };
        conn.send(format!("{head}Content-Length: {}\r\n\r\n", range.len()));
        if request.starts_with("HEAD") {
            return;
        }
        for first in range.clone().step_by(1 << 20) {
            let mut bytes = bytes_of(first..range.end.min(first + (1 << 20)));
            if changed {
                bytes.iter_mut().for_each(|byte| *byte = !*byte);
            }
            conn.send(bytes);
        }
    }
}

impl Running {
    pub fn asked(&self) -> Vec<Asked> {
        let requests = self.origin.requests();
        let asked = requests.iter().map(|request| Asked {
            range: header(request, "range").map(str::to_owned),
            if_range: header(request, "if-range").map(str::to_owned),
        });
        asked.collect()
    }
}

fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let mut lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn wanted(range: &str, total: usize) -> Range<usize> {
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => first..total.min(last + 1),
        (Ok(first), Err(_)) => first..total,
        (Err(_), last) => total - last.unwrap()..total,
    }
}
