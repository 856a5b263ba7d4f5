//! A Runtime API on loopback, the actor's side of it, and a client that sends any bytes.

#![allow(dead_code)]

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use brink_frames::{Bounds, EventId, FromSandbox, Invoke, Load};
use brink_shared::wire::{self, Failure, Payload, Run, UnixMillis};
use brink_worker::runtime_api::RuntimeApi;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long a step may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Most bytes of a response in these tests.
pub const RESPONSE_MAX: u64 = 64 * 1024;

/// A Runtime API and its messages.
pub struct Api {
    pub api: RuntimeApi,
    pub address: SocketAddr,
    pub heard: Pin<Box<dyn Stream<Item = FromSandbox> + Send>>,
}

/// A connection of a client.
pub struct Client(pub TcpStream);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head, as it was sent.
    pub head: String,
    pub body: Vec<u8>,
}

pub fn load() -> Load {
    Load {
        function: "greeter".to_owned(),
        version: 3,
        handler: "app.handler".to_owned(),
        memory_mb: 256,
        bounds: Bounds { response_size: RESPONSE_MAX, ..Bounds::default() },
        ..Load::default()
    }
}

// === impl Api ===

impl Api {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (api, heard) = RuntimeApi::serve(listener, &load());
        Self { api, address, heard: Box::pin(heard) }
    }

    /// Sends an event whose request id is `request-<id>`.
    pub fn invoke(&self, id: u64, json: &str) {
        let payload = Payload::Json(Bytes::copy_from_slice(json.as_bytes()));
        self.api.invoke(invocation(id, payload)).unwrap();
    }

    pub async fn client(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// The next message.
    pub async fn message(&mut self) -> FromSandbox {
        timeout(PATIENCE, self.heard.next()).await.expect("no message came").unwrap()
    }

    pub async fn expect_loaded(&mut self) {
        let message = self.message().await;
        assert!(matches!(message, FromSandbox::Loaded { .. }), "{message:?}");
    }

    /// The next message, which must be that this event began.
    pub async fn expect_started(&mut self, id: u64) {
        let message = self.message().await;
        assert!(matches!(message, FromSandbox::Started(EventId(n)) if n == id), "{message:?}");
    }

    /// The next message, which must be the outcome of this event.
    pub async fn outcome(&mut self, id: u64) -> (Result<Value, Failure>, Run) {
        match self.message().await {
            FromSandbox::Done { id: EventId(n), result, run } if n == id => {
                (result.map(|value| wire::decode_value(&value).unwrap()), run)
            }
            other => panic!("not the outcome of {id}: {other:?}"),
        }
    }
}

pub fn invocation(id: u64, payload: Payload) -> Invoke {
    Invoke {
        id: EventId(id),
        request_id: format!("request-{id}"),
        deadline: UnixMillis::now().after(PATIENCE),
        payload,
        fresh: false,
    }
}

// === impl Client ===

impl Client {
    /// Sends bytes as they are. The server may have closed the connection already.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.0.write_all(bytes)).await.expect("the server does not read");
    }

    /// Sends a request with a body.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let head = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: api\r\n{headers}Content-Length: \
             {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat()).await;
    }

    /// Asks for an event, and returns its request id.
    pub async fn next(&mut self) -> Answer {
        self.ask("GET", "invocation/next", "", b"").await;
        self.answer().await
    }

    pub async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, "", body.as_bytes()).await;
        self.answer().await
    }

    /// Reads an answer.
    pub async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read())
            .await
            .expect("no answer came")
            .expect("no answer, but the end")
    }

    /// Reads an answer; none if the connection ends before its end.
    pub async fn read(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = header(&head, "Content-Length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { status, head, body })
    }

    /// Reads until the connection ends, and returns all of it.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("it does not end");
        rest
    }
}

// === impl Answer ===

impl Answer {
    /// The value of a header with this name, in exactly these letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status, and the type of the error.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.json()["errorType"].as_str().unwrap_or_default().to_owned())
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(str::trim)
}
