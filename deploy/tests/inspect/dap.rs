//! A client of the Debug Adapter Protocol, as VS Code speaks it to debugpy.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::tool::SOON;

/// A debugger that is attached.
pub struct Dap {
    stream: BufReader<TcpStream>,
    next: u64,
    events: VecDeque<Value>,
}

impl Dap {
    /// Attaches, with the files of `folder` for those in `/var/task`.
    pub fn attach(address: &str, folder: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let mut dap = Self { stream: BufReader::new(stream), next: 1, events: VecDeque::new() };
        dap.call("initialize", json!({ "adapterID": "debugpy", "pathFormat": "path" }));
        let mappings = json!([{ "localRoot": folder, "remoteRoot": "/var/task" }]);
        dap.call("attach", json!({ "pathMappings": mappings }));
        dap.event("initialized");
        dap
    }

    /// Sends a request, and gives the body of its answer.
    pub fn call(&mut self, command: &str, arguments: Value) -> Value {
        let seq = self.next;
        self.next += 1;
        let request =
            json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments });
        let text = request.to_string();
        let message = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.stream.get_mut().write_all(message.as_bytes()).unwrap();
        loop {
            let message = self.read();
            if message["request_seq"] == seq {
                assert_eq!(message["success"], true, "{command}: {message}");
                return message["body"].clone();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event.
    pub fn event(&mut self, name: &str) -> Value {
        let known = self.events.iter().position(|event| event["event"] == name);
        if let Some(event) = known.and_then(|at| self.events.remove(at)) {
            return event["body"].clone();
        }
        loop {
            let message = self.read();
            if message["event"] == name {
                return message["body"].clone();
            }
            self.events.push_back(message);
        }
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "debugpy left");
            let line = line.trim().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}
