//! The origin of the suite. It answers with the request that it got, or breaks off in the way that
//! the path names.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How a viewer learns that an origin breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// By a status of the proxy's.
    Status,
    /// By an answer that is not whole, or that does not even begin.
    Cut,
    /// The viewer cannot tell: the end of the connection is the end of the body.
    Whole,
}

/// The ways in which it breaks off, with the bytes that it sends. The names are the last part of
/// paths below `/broken/`.
pub const BROKEN: [(&str, &str, Told); 16] = [
    ("nothing", "", Told::Status),
    ("part-of-head", "HTTP/1.1 200 OK\r\nContent-Le", Told::Status),
    ("garbage", "\0what is this?\r\n\r\n", Told::Status),
    ("no-version", "200 OK\r\n\r\n", Told::Status),
    ("bad-status", "HTTP/1.1 2000 OK\r\n\r\n", Told::Status),
    ("bad-header", "HTTP/1.1 200 OK\r\nContent Length: 5\r\n\r\nhello", Told::Status),
    (
        "two-lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        Told::Status,
    ),
    ("no-length", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", Told::Status),
    ("gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Told::Status),
    ("old-chunks", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Told::Status),
    ("switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", Told::Status),
    ("short", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", Told::Cut),
    ("short-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello", Told::Cut),
    (
        "no-last-chunk",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        Told::Cut,
    ),
    (
        "bad-chunk",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
        Told::Cut,
    ),
    ("until-the-end", "HTTP/1.1 200 OK\r\n\r\nhello", Told::Whole),
];

/// A listening origin. Its threads end with their connections.
pub struct SuiteOrigin {
    pub port: u16,
    smuggled: Arc<AtomicUsize>,
}

impl SuiteOrigin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let smuggled = Arc::new(AtomicUsize::new(0));
        let counter = smuggled.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                stream.set_nodelay(true).unwrap();
                let counter = counter.clone();
                std::thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn(move || serve(stream, &counter))
                    .unwrap();
            }
        });
        Self { port, smuggled }
    }

    /// Requests that viewers only sent hidden in others.
    pub fn smuggled(&self) -> usize {
        self.smuggled.load(Ordering::Relaxed)
    }
}

/// Answers until the client leaves or the path says otherwise.
fn serve(stream: TcpStream, smuggled: &AtomicUsize) {
    let mut reader = BufReader::new(stream);
    while let Some(head) = head(&mut reader) {
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if path.contains("smuggled") {
            smuggled.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(way) = path.strip_prefix("/broken/") {
            let way = way.split('/').next_back().unwrap();
            let (_, bytes, _) = BROKEN.iter().find(|(name, ..)| *name == way).unwrap();
            let _ = reader.get_mut().write_all(bytes.as_bytes());
            let _ = reader.get_mut().shutdown(Shutdown::Write);
            return;
        }
        if path.starts_with("/early/") {
            let answer =
                b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly";
            let _ = reader.get_mut().write_all(answer);
            return;
        }
        let Some(length) = body(&mut reader, &head) else { return };
        let told =
            if method == "GET" || method == "HEAD" { path.to_owned() } else { length.to_string() };
        let cache = if path.starts_with("/kept/") { "max-age=1" } else { "no-store" };
        let sent = if method == "HEAD" { "" } else { &told };
        let framing = match path.len() % 2 {
            0 => format!("Content-Length: {}\r\n\r\n{sent}", told.len()),
            _ if method == "HEAD" => "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
            _ => {
                format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{told}\r\n0\r\n\r\n", told.len())
            }
        };
        let answer =
            format!("HTTP/1.1 200 OK\r\nX-Path: {path}\r\nCache-Control: {cache}\r\n{framing}");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn head(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Reads a body to its end; its length.
fn body(reader: &mut BufReader<TcpStream>, head: &str) -> Option<usize> {
    let head = head.to_ascii_lowercase();
    let mut read = |len: usize| {
        let mut bytes = vec![0; len];
        reader.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    if let Some((_, rest)) = head.split_once("content-length: ") {
        let length = rest.split("\r\n").next()?.parse().ok()?;
        return read(length).map(|bytes| bytes.len());
    }
    if !head.contains("transfer-encoding: chunked") {
        return Some(0);
    }
    let mut all = 0;
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(read(1)?);
        }
        let size = usize::from_str_radix(std::str::from_utf8(&line).ok()?.trim(), 16).ok()?;
        read(size + 2)?;
        all += size;
        if size == 0 {
            return Some(all);
        }
    }
}
