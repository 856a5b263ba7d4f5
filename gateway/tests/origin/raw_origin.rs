//! An origin that does exactly what a test tells it, byte for byte.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// No test origin waits longer than this for its client.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listening origin. Its threads end with their connections.
pub struct RawOrigin {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// One connection to it.
pub struct Conn {
    stream: TcpStream,
    /// Counted from 0.
    pub number: usize,
    requests: Arc<Mutex<Vec<String>>>,
}

impl RawOrigin {
    /// Serves every connection with `serve`, each on a thread of its own.
    pub fn start(serve: impl Fn(Conn) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (origin.connections.clone(), origin.requests.clone());
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                let conn = Conn {
                    stream,
                    number: connections.fetch_add(1, Ordering::SeqCst),
                    requests: requests.clone(),
                };
                let serve = serve.clone();
                std::thread::spawn(move || serve(conn));
            }
        });
        origin
    }

    /// Answers every request on every connection with the same bytes.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut conn| {
            while conn.request().is_some() {
                conn.send(&answer);
            }
        })
    }

    /// A port on which nothing listens.
    pub fn closed_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Heads and bodies of the requests so far. Bytes that are not UTF-8 are escaped.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().clone()
    }
}

impl Conn {
    /// Reads one request with its body; none when the client has closed.
    pub fn request(&mut self) -> Option<String> {
        let mut text = self.read_until("\r\n\r\n")?;
        let head = text.to_ascii_lowercase();
        if head.contains("transfer-encoding: chunked") {
            text.push_str(&self.read_until("0\r\n\r\n")?);
        } else if let Some((_, rest)) = head.split_once("content-length: ") {
            let length = rest.split("\r\n").next()?.parse().ok()?;
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).ok()?;
            text.push_str(&String::from_utf8_lossy(&body));
        }
        self.requests.lock().push(text.clone());
        Some(text)
    }

    /// Sends bytes; a client that has left is no concern.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Reads the next bytes; none when the client has closed.
    pub fn read(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        let len = self.stream.read(&mut bytes).unwrap_or(0);
        bytes.truncate(len);
        bytes
    }

    /// Says nothing more until the client closes.
    pub fn stall(&mut self) {
        let mut sink = [0; 1024];
        while matches!(self.stream.read(&mut sink), Ok(n) if n > 0) {}
    }

    /// Waits until the client has sent something, and leaves it unread: closing the connection
    /// now resets it.
    pub fn wait_unread(&mut self) {
        self.stream.peek(&mut [0]).unwrap();
    }

    fn read_until(&mut self, end: &str) -> Option<String> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).ok()?;
            bytes.push(byte[0]);
        }
        Some(String::from_utf8(bytes).unwrap_or_else(|e| e.as_bytes().escape_ascii().to_string()))
    }
}
