//! The viewers of the suite. Each uses a connection of its own and returns the number of its
//! requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::malformed;
use crate::origin::{BROKEN, Told};
use crate::wire::{Answer, Answers};

/// Most requests on one connection.
const REQUESTS_MAX: usize = 12;

pub struct Viewer {
    pub address: SocketAddr,
    /// Set for a viewer that speaks TLS.
    pub tls: Option<Arc<ClientConfig>>,
    pub rng: StdRng,
    /// The request that waits for its answer.
    pub asked: String,
}

/// A connection over TCP, with or without TLS.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

type Connection = Box<dyn Duplex>;

/// A request that is to be answered with 200.
struct Sound {
    method: &'static str,
    path: String,
    /// Bytes of its body.
    length: usize,
    bytes: Vec<u8>,
}

impl Viewer {
    /// Several valid requests, at once or one by one, in pieces of any size.
    pub async fn sound(&mut self) -> usize {
        let requests = self.requests();
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = Answers::new(from);
        if self.rng.random() {
            let all: Vec<u8> = requests.iter().flat_map(|r| r.bytes.iter().copied()).collect();
            let piece = self.piece();
            let sending = send(&mut to, &all, piece, Duration::ZERO);
            let reading = async {
                for request in &requests {
                    self.asked = request.to_string();
                    request.check(answers.next(request.method).await);
                }
            };
            tokio::join!(sending, reading);
        } else {
            for request in &requests {
                self.asked = request.to_string();
                send(&mut to, &request.bytes, self.piece(), Duration::ZERO).await;
                request.check(answers.next(request.method).await);
            }
        }
        to.shutdown().await.unwrap();
        assert_eq!(answers.rest().await, b"");
        requests.len()
    }

    /// A malformed request, sometimes after a valid one. Each gets one answer, and then the
    /// connection ends.
    pub async fn malformed(&mut self) -> usize {
        let mut sound = self.requests();
        sound.truncate(self.rng.random_range(0..2));
        let malformed = malformed::request(&mut self.rng);
        let mut all: Vec<u8> = sound.iter().flat_map(|r| r.bytes.iter().copied()).collect();
        all.extend_from_slice(&malformed);
        let shown = malformed.get(..300).unwrap_or(&malformed).escape_ascii();
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = Answers::new(from);
        let sending = send(&mut to, &all, self.piece(), Duration::ZERO);
        let reading = async {
            for request in &sound {
                request.check(answers.next(request.method).await);
            }
            let rejected = answers.next("GET").await;
            let rejected = rejected.unwrap_or_else(|| panic!("no answer to {shown}"));
            assert!(matches!(rejected.status, 400 | 403 | 413), "{shown}: {}", rejected.head);
            assert!(rejected.head.contains("connection: close"), "{shown}: {}", rejected.head);
            assert!(rejected.is_whole, "{shown}");
            let rest = answers.rest().await;
            assert!(rest.is_empty(), "{shown}: {}", rest.escape_ascii());
        };
        tokio::join!(sending, reading);
        sound.len() + 1
    }

    /// Valid requests with some bytes changed, added and left out. The answers must be valid HTTP
    /// and come to an end.
    pub async fn mutated(&mut self) -> usize {
        let requests = self.requests();
        let mut all: Vec<u8> = requests.iter().flat_map(|r| r.bytes.iter().copied()).collect();
        for _ in 0..self.rng.random_range(1..4) {
            let at = self.rng.random_range(0..all.len().max(1));
            let byte = b"\r\n \t:;,/0aX\x00\xff"[self.rng.random_range(0..13)];
            match self.rng.random_range(0..4) {
                0 => all.insert(at, byte),
                1 => all.truncate(at),
                _ if all.is_empty() => {}
                2 => all[at] = byte,
                _ => drop(all.remove(at)),
            }
        }
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let answers = Answers::new(from);
        let sending = async {
            send(&mut to, &all, self.piece(), Duration::ZERO).await;
            let _ = to.shutdown().await;
        };
        let ((), answered) = tokio::join!(sending, answers.rest());
        let is_http = answered.is_empty() || answered.starts_with(b"HTTP/1.");
        assert!(is_http, "{}: {}", all.escape_ascii(), answered.escape_ascii());
        requests.len()
    }

    /// Leaves in the middle of a request, or before its answer.
    pub async fn leaves(&mut self) -> usize {
        let requests = self.requests();
        let mut all: Vec<u8> = requests.iter().flat_map(|r| r.bytes.iter().copied()).collect();
        all.truncate(self.rng.random_range(0..=all.len()));
        let resets = self.rng.random();
        let mut stream = self.connect_and(resets).await;
        let piece = self.piece();
        send(&mut stream, &all, piece, Duration::ZERO).await;
        drop(stream);
        requests.len()
    }

    /// An origin that breaks off. The viewer gets an error, or can tell that it did not get all.
    pub async fn broken_origin(&mut self) -> usize {
        let (way, _, told) = BROKEN[self.rng.random_range(0..BROKEN.len())];
        let path = format!("/broken/{}/{way}", self.rng.random_range(0..1000));
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = Answers::new(from);
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        send(&mut to, request.as_bytes(), self.piece(), Duration::ZERO).await;
        let answer = answers.next("GET").await;
        let as_expected = match &answer {
            None => told == Told::Cut,
            Some(answer) if !answer.is_whole => told == Told::Cut,
            Some(answer) if answer.status == 502 => told != Told::Whole,
            Some(answer) => told == Told::Whole && answer.body == b"hello",
        };
        assert!(as_expected, "{path}: {answer:?}");
        1
    }

    /// A head and a body that take their time.
    pub async fn slow(&mut self) -> usize {
        let mut requests = self.requests();
        requests.truncate(1);
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = Answers::new(from);
        let bytes = &requests[0].bytes;
        send(&mut to, bytes, (bytes.len() / 40).max(1), Duration::from_millis(2)).await;
        requests[0].check(answers.next(requests[0].method).await);
        1
    }

    /// An upload that is rejected. The viewer must still be able to read the answer.
    pub async fn unwanted_upload(&mut self) -> usize {
        let path = if self.rng.random() { "/read/only" } else { "/early/answer" };
        let length = self.rng.random_range(1..400_000);
        let stream = self.connect().await;
        let (from, mut to) = tokio::io::split(stream);
        let mut answers = Answers::new(from);
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        let all = [head.into_bytes(), vec![b'x'; length]].concat();
        let sending = send(&mut to, &all, usize::MAX, Duration::ZERO);
        let ((), answer) = tokio::join!(sending, answers.next("POST"));
        let answer = answer.unwrap_or_else(|| panic!("no answer to {length} bytes for {path}"));
        // The origin may have closed before the gateway could read its answer.
        let expected = answer.status == 403 || (path == "/early/answer" && answer.status == 502);
        assert!(expected && answer.is_whole, "{path}: {}", answer.head);
        1
    }

    async fn connect(&self) -> Connection {
        self.connect_and(false).await
    }

    /// A connection that may end by a reset.
    async fn connect_and(&self, resets: bool) -> Connection {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        if resets {
            stream.set_zero_linger().unwrap();
        }
        let Some(config) = &self.tls else { return Box::new(stream) };
        let name = ServerName::try_from("localhost").unwrap();
        Box::new(TlsConnector::from(config.clone()).connect(name, stream).await.unwrap())
    }

    fn piece(&mut self) -> usize {
        [1 + self.rng.random_range(0..64), 700, usize::MAX][self.rng.random_range(0..3)]
    }

    fn requests(&mut self) -> Vec<Sound> {
        (0..self.rng.random_range(1..=REQUESTS_MAX)).map(|_| self.request()).collect()
    }

    fn request(&mut self) -> Sound {
        let number = self.rng.random_range(0..1_000_000);
        let folder = ["kept", "read", "any"][self.rng.random_range(0..3)];
        // There are few of these paths: they are kept and requested again.
        let number = if folder == "kept" { number % 16 } else { number };
        let path = format!("/{folder}/{number}");
        let method = match (folder, self.rng.random_range(0..6)) {
            (_, 0) => "HEAD",
            ("any", 1 | 2) => "POST",
            ("any", 3) => "PUT",
            _ => "GET",
        };
        let odd = ["", "\r\n", "X: \u{e9}\r\n", "Connection: keep-alive\r\n", "accept:*/*\r\n"];
        let odd = odd[self.rng.random_range(0..odd.len())];
        let (before, more) = if odd == "\r\n" { (odd, "") } else { ("", odd) };
        let head = format!("{before}{method} {path} HTTP/1.1\r\nHost: a\r\n{more}");
        let length =
            if matches!(method, "POST" | "PUT") { self.rng.random_range(0..3000) } else { 0 };
        let mut bytes = head.into_bytes();
        if length > 0 && self.rng.random() {
            bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            let mut left = length;
            while left > 0 {
                let size = self.rng.random_range(1..=left);
                let extension =
                    ["", ";a", " ; a = \"\\\"\"", ";b=1;c"][self.rng.random_range(0..4)];
                bytes.extend_from_slice(format!("{size:x}{extension}\r\n").as_bytes());
                bytes.extend(std::iter::repeat_n(b'\n', size));
                bytes.extend_from_slice(b"\r\n");
                left -= size;
            }
            let end = ["0\r\n\r\n", "000\r\nX: a\r\n\r\n"][self.rng.random_range(0..2)];
            bytes.extend_from_slice(end.as_bytes());
        } else if length > 0 || method == "POST" {
            bytes.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
            bytes.extend(std::iter::repeat_n(b'\n', length));
        } else {
            bytes.extend_from_slice(b"\r\n");
        }
        Sound { method, path, length, bytes }
    }
}

impl std::fmt::Display for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.bytes.escape_ascii().to_string())
    }
}

impl Sound {
    fn check(&self, answer: Option<Answer>) {
        let Self { method, path, length, .. } = self;
        let answer = answer.unwrap_or_else(|| panic!("no answer to {method} {path}"));
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.head);
        assert!(answer.head.contains(&format!("x-path: {path}\r\n")), "{path}: {}", answer.head);
        let expected = match *method {
            "HEAD" => String::new(),
            "GET" => path.clone(),
            _ => length.to_string(),
        };
        assert!(
            answer.is_whole && answer.body == expected.as_bytes(),
            "{method} {path}: {answer:?}"
        );
    }
}

/// Sends bytes in pieces of this size. Errors are ignored.
async fn send(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8], size: usize, pause: Duration) {
    for piece in bytes.chunks(size) {
        // TLS keeps what the socket does not take at once.
        if to.write_all(piece).await.is_err() || to.flush().await.is_err() {
            return;
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}
