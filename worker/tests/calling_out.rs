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
use std::time::{Duration, Instant};

use brink_shared::id::VersionId;
use brink_worker::WorkerLimits;
use brink_worker::egress::Egress;
use brink_worker::sandbox::frame::CallRequest;
use bytes::Bytes;
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

/// A server that answers as no honest one does, by path, until its client hangs up.
async fn nasty() -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = vec![0; 1024];
            let length = socket.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let (start, again, pause) = match head.split(' ').nth(1).unwrap() {
                "/circle" => (
                    "HTTP/1.1 302 Found\r\nlocation: /circle\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    None,
                    0,
                ),
                "/endless" => (
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                    Some(format!("10000\r\n{}\r\n", "x".repeat(0x10000))),
                    0,
                ),
                "/claims" => ("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", None, 0),
                "/drips" => {
                    ("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", Some("x".to_owned()), 20)
                }
                _ => ("", Some("x".repeat(1024)), 0),
            };
            socket.write_all(start.as_bytes()).await.unwrap();
            while let Some(again) = &again {
                if socket.write_all(again.as_bytes()).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    });
    (address, task)
}

#[actix_rt::test]
async fn what_a_server_can_make_a_call_cost_is_bounded() {
    let (address, server) = nasty().await;
    let egress = Egress::new(&[address.to_string()]);
    for (path, problem) in [
        ("circle", "redirect count exceeded"),
        ("endless", "the body of the response is larger"),
        ("claims", "the body of the response is larger"),
        ("drips", "the event's time was over"),
        ("rubbish", "Parse Error"),
    ] {
        let request = CallRequest {
            method: "GET".to_owned(),
            url: format!("http://{address}/{path}"),
            headers: Vec::new(),
            body: Bytes::new(),
            redirect: Default::default(),
        };
        let begun = Instant::now();
        let until = tokio::time::Instant::now() + Duration::from_secs(1);
        let why = egress.call(request, until).await.unwrap_err().message;
        assert!(why.contains(problem), "{path}: {why}");
        assert!(begun.elapsed() < Duration::from_millis(1200), "{path}: {:?}", begun.elapsed());
    }
    server.abort();
}

#[actix_rt::test]
async fn an_https_url_is_never_called_in_the_clear() {
    let (address, server) = nasty().await;
    let egress = Egress::new(&[address.to_string()]);
    let request = CallRequest {
        method: "GET".to_owned(),
        url: format!("https://{address}/rubbish"),
        headers: Vec::new(),
        body: Bytes::new(),
        redirect: Default::default(),
    };
    let until = tokio::time::Instant::now() + Duration::from_secs(5);
    let why = egress.call(request, until).await.unwrap_err().message;
    assert!(why.contains("wrong version number"), "{why}");
    server.abort();
}
