//! Outgoing calls of functions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::net::SocketAddr;

use brink_shared::id::VersionId;
use brink_worker::WorkerLimits;
use edge::{Edge, returned};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const FETCHES: &str = "
exports.handler = async (url) => {
  try {
    const response = await fetch(url, { headers: { 'X-From': 'brink' } });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { refused: String(error) };
  }
};";

/// A server that answers every request with its own head, and `/away` with a redirect.
async fn origin(away: &'static str) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match socket.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8(head).unwrap();
            let answer = if head.starts_with("GET /away ") {
                format!(
                    "HTTP/1.1 302 Found\r\nlocation: {away}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            } else {
                let length = head.len();
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{head}"
                )
            };
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, task)
}

async fn fetch(edge: &Edge, version: &VersionId, url: String) -> Value {
    returned(edge.call(version, json!(url)).await).0
}

#[actix_rt::test]
async fn private_addresses_are_refused_unless_they_are_named() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let (address, origin) = origin("http://localhost/").await;
    let version = edge.publish("fetches", FETCHES).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", address.port());
        let answer = fetch(&edge, &version, url).await;
        let refused = answer["refused"].as_str().unwrap();
        assert!(refused.contains("egress"), "{refused}");
    }
    let named = json!({"egress": [address.to_string()]});
    let named = edge.publish_with("fetches", FETCHES, named).await.unwrap().version;
    let answer = fetch(&edge, &named, format!("http://{address}/x?y=1")).await;
    assert_eq!(answer["status"], 200, "{answer}");
    let head = answer["text"].as_str().unwrap().to_lowercase();
    assert!(head.starts_with("get /x?y=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: {address}")), "{head}");
    assert!(head.contains("x-from: brink"), "{head}");
    let answer = fetch(&edge, &named, format!("http://localhost:{}/", address.port())).await;
    assert!(answer["refused"].as_str().unwrap().contains("loopback"), "{answer}");
    let answer = fetch(&edge, &named, format!("http://{address}/away")).await;
    assert!(answer["refused"].as_str().unwrap().contains("loopback"), "{answer}");
    origin.abort();
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_makes_so_many_calls_and_no_more() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
exports.handler = async () => {
  const texts = [];
  for (let n = 0; n < 60; n++) {
    try { await fetch('ftp://nowhere.example/'); } catch (error) { texts.push(String(error)); }
  }
  return texts;
};";
    let version = edge.publish("loops", source).await;
    let (texts, _) = returned(edge.call(&version, json!({})).await);
    let texts = texts.as_array().unwrap();
    assert_eq!(texts.len(), 60);
    let over = |text: &&Value| text.as_str().unwrap().contains("more than 50 calls");
    assert_eq!(texts.iter().filter(over).count(), 10, "{texts:?}");
    edge.stop().await;
}
