//! A client of the Chrome DevTools Protocol, as Chrome DevTools and VS Code speak it to Node.js.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::tool::SOON;

/// A debugger that is attached.
pub struct Cdp {
    stream: TcpStream,
    next: u64,
    events: VecDeque<Value>,
}

impl Cdp {
    /// Attaches to the program that the inspector lists.
    pub fn attach(address: &str) -> Self {
        let list = list(address);
        let url = list[0]["webSocketDebuggerUrl"].as_str().unwrap();
        // The address is the one that the debugger asked.
        let path = url.strip_prefix(&format!("ws://{address}")).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let head = head(&mut stream);
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self { stream, next: 1, events: VecDeque::new() }
    }

    /// Calls a method, and gives its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(json!({ "id": id, "method": method, "params": params }).to_string().as_bytes());
        loop {
            let message = self.read().unwrap_or_else(|| panic!("the inspector left at {method}"));
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event.
    pub fn event(&mut self, method: &str) -> Value {
        let known = self.events.iter().position(|event| event["method"] == method);
        if let Some(event) = known.and_then(|at| self.events.remove(at)) {
            return event["params"].clone();
        }
        loop {
            let message =
                self.read().unwrap_or_else(|| panic!("the inspector left before {method}"));
            if message["method"] == method {
                return message["params"].clone();
            }
            self.events.push_back(message);
        }
    }

    /// Waits until the inspector has closed the connection.
    pub fn ended(mut self) {
        while self.read().is_some() {}
    }

    /// A frame with a mask of zeros.
    fn send(&mut self, text: &[u8]) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81];
        match u8::try_from(length) {
            Ok(short @ ..126) => frame.push(0x80 | short),
            _ => frame.extend([[0x80 | 126].as_slice(), &length.to_be_bytes()].concat()),
        }
        frame.extend([0; 4]);
        frame.extend(text);
        self.stream.write_all(&frame).unwrap();
    }

    /// The next text; none after the end.
    fn read(&mut self) -> Option<Value> {
        loop {
            let [kind, length] = self.bytes()?;
            let length = match length {
                126 => u16::from_be_bytes(self.bytes()?).into(),
                127 => u64::from_be_bytes(self.bytes()?),
                short => short.into(),
            };
            let mut text = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut text).ok()?;
            match kind {
                0x81 => return Some(serde_json::from_slice(&text).unwrap()),
                0x88 => return None,
                _ => {}
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        match self.stream.read_exact(&mut bytes) {
            Ok(()) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("{error}"),
            Err(_) => None,
        }
    }
}

/// The programs that an inspector lists. It keeps the connection open, whatever the request says.
fn list(address: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let request = format!("GET /json/list HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let head = head(&mut stream);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.unwrap_or_else(|| panic!("{head}")).parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}
