//! Origins that tell how often they were reached.

#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Starts an origin that lives as long as the test; its address. Each answer is the number of
/// requests before it.
pub fn counting_origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let _ = stream.and_then(|stream| answer(stream, count));
        }
    });
    address
}

/// The requests that an origin got: the path of each, and when it came.
pub type Asked = Arc<Mutex<Vec<(String, Instant)>>>;

/// Starts an origin that remembers its requests and lives as long as the test.
pub fn remembering_origin() -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let its = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let its = its.clone();
            std::thread::spawn(move || remember(stream, &its));
        }
    });
    (address, asked)
}

fn remember(mut stream: TcpStream, asked: &Asked) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push((path, Instant::now()));
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
}

fn answer(mut stream: TcpStream, count: usize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let text = count.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}
