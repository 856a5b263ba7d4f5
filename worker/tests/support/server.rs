//! A server that functions call: it counts connections and keeps them open.

#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// It answers with the number of the connection; `/slow` once it is told to.
pub struct Server {
    pub address: SocketAddr,
    /// Lets an answer of `/slow` go.
    pub slow: Arc<Notify>,
    /// How often `/slow` was asked for.
    pub waiting: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (slow, waiting) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let told = (slow.clone(), waiting.clone());
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Ok((socket, _)) = listener.accept().await {
                number += 1;
                tokio::spawn(serve(socket, number, address.port(), told.clone()));
            }
        });
        Self { address, slow, waiting, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    number: usize,
    port: u16,
    (slow, waiting): (Arc<Notify>, Arc<AtomicUsize>),
) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match socket.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let body = number.to_string();
        let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if head.starts_with("GET /slow ") {
            waiting.fetch_add(1, Ordering::SeqCst);
            slow.notified().await;
        } else if head.starts_with("GET /redirect-to-localhost ") {
            answer = format!(
                "HTTP/1.1 302 Found\r\nlocation: http://localhost:{port}/\r\ncontent-length: 0\r\n\r\n"
            );
        }
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
