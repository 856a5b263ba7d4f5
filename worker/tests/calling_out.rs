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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_frames::{CallRequest, Redirect};
use brink_shared::id::VersionId;
use brink_shared::limits::CONNECTIONS_DEFAULT;
use brink_worker::WorkerLimits;
use brink_worker::egress::{Egress, MayAct, Resolver};
use bytes::Bytes;
use edge::{Edge, returned};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const FETCHES: &str = "
exports.handler = async (url) => {
  try {
    const response = await fetch(url, { headers: { 'X-From': 'brink' } });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { rejected: `${error} ${error.cause} ${error.cause && error.cause.code}` };
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
async fn private_addresses_are_rejected_unless_they_are_named() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let (address, origin) = origin("http://localhost/").await;
    let version = edge.publish("fetches", FETCHES).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", address.port());
        let answer = fetch(&edge, &version, url).await;
        let rejected = answer["rejected"].as_str().unwrap();
        assert!(rejected.contains("egress"), "{rejected}");
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
    assert!(answer["rejected"].as_str().unwrap().contains("loopback"), "{answer}");
    let answer = fetch(&edge, &named, format!("http://{address}/away")).await;
    assert!(answer["rejected"].as_str().unwrap().contains("loopback"), "{answer}");
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
    try { await fetch('http://127.0.0.1/'); } catch (error) { texts.push(String(error.cause)); }
  }
  return texts;
};";
    let version = edge.publish("loops", source).await;
    let (texts, _) = returned(edge.call(&version, json!({})).await);
    let texts = texts.as_array().unwrap();
    assert_eq!(texts.len(), 60);
    let over = |text: &&Value| text.as_str().unwrap().contains("made 51 outgoing calls");
    assert_eq!(texts.iter().filter(over).count(), 10, "{texts:?}");
    edge.stop().await;
}

/// A server that gives hostile answers, which the path chooses, until its client closes the
/// connection.
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
async fn the_cost_of_a_call_to_a_hostile_server_is_limited() {
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
            target: Bytes::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            redirect: Default::default(),
        };
        let begun = Instant::now();
        let until = tokio::time::Instant::now() + Duration::from_secs(1);
        let why = egress.call(request, until, always()).await.unwrap_err().message;
        assert!(why.contains(problem), "{path}: {why}");
        assert!(begun.elapsed() < Duration::from_millis(1200), "{path}: {:?}", begun.elapsed());
    }
    server.abort();
}

/// A server that counts how many connections it has at a time, and answers only after it has had
/// `until`.
async fn counting(until: usize) -> (SocketAddr, Arc<AtomicUsize>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let seen = most.clone();
    let task = tokio::spawn(async move {
        let mut waiting = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            waiting.push(socket);
            seen.fetch_max(waiting.len(), Ordering::Relaxed);
            if waiting.len() >= until {
                for mut socket in waiting.drain(..) {
                    let answer =
                        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = socket.read(&mut [0; 1024]).await;
                    socket.write_all(answer).await.unwrap();
                }
            }
        }
    });
    (address, most, task)
}

#[actix_rt::test]
async fn calls_beyond_those_at_once_wait_in_line() {
    let edge = Edge::start(WorkerLimits::default()).await;
    // It answers no call until there are as many as are allowed.
    let (address, most, server) = counting(CONNECTIONS_DEFAULT as usize).await;
    let source = "
exports.handler = async (url) => {
  const calls = Array.from({ length: 18 }, () => fetch(url).then((response) => response.status));
  return Promise.all(calls);
};";
    let named = json!({"egress": ["127.0.0.1"]});
    let version = edge.publish_with("many", source, named).await.unwrap().version;
    let answer = fetch(&edge, &version, format!("http://{address}/")).await;
    assert_eq!(answer, json!(vec![200; 18]));
    assert_eq!(most.load(Ordering::Relaxed), CONNECTIONS_DEFAULT as usize);
    server.abort();
    edge.stop().await;
}

fn get(url: &str) -> CallRequest {
    CallRequest {
        method: "GET".to_owned(),
        url: url.to_owned(),
        target: Bytes::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        redirect: Redirect::Follow,
    }
}

fn soon() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(5)
}

/// The event is never given up.
fn always() -> MayAct {
    Box::new(|| true)
}

/// A resolver that returns the next of these addresses at each call, and the number of calls.
fn changing(addresses: Vec<SocketAddr>) -> (Resolver, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let resolver = move |_: String, _: u16| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let address = addresses[at.min(addresses.len() - 1)];
        async move { Ok(vec![address]) }.boxed()
    };
    (Arc::new(resolver), asked)
}

#[actix_rt::test]
async fn a_name_that_becomes_private_is_not_followed_there() {
    let (address, server) = origin("http://rebinds.example/secret").await;
    // The first answer is checked and connected to. A second one would not matter.
    let (resolver, asked) = changing(vec![address]);
    let egress = Egress::resolving(&[], resolver);
    let error = egress.call(get("http://rebinds.example/"), soon(), always()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.syscall.as_str()), ("EACCES", "connect"), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // A redirect is checked again, by its own host.
    let (resolver, asked) = changing(vec![address, address]);
    let egress = Egress::resolving(&["first.example".to_owned()], resolver);
    let error = egress.call(get("http://first.example/away"), soon(), always()).await.unwrap_err();
    assert_eq!(error.code, "EACCES", "{error}");
    assert!(error.message.contains("rebinds.example"), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    server.abort();
}

#[actix_rt::test]
async fn an_event_that_is_given_up_sends_nothing_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (resolver, lookups) = changing(vec![listener.local_addr().unwrap()]);
    let egress = Egress::resolving(&["named.example".to_owned()], resolver);
    // It is given up while the name is looked up. The connection is made then.
    let looked_up = lookups.clone();
    let may_act: MayAct = Box::new(move || looked_up.load(Ordering::Relaxed) == 0);
    let error = egress.call(get("http://named.example/"), soon(), may_act).await.unwrap_err();
    assert_eq!(error.code, "ECONNABORTED", "{error}");
    assert_eq!(lookups.load(Ordering::Relaxed), 1);
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut sent = Vec::new();
    socket.read_to_end(&mut sent).await.unwrap();
    assert!(sent.is_empty(), "{:?}", String::from_utf8_lossy(&sent));
}

#[actix_rt::test]
async fn redirects_are_the_callers_choice() {
    let (address, server) = origin("/there").await;
    let egress = Egress::new(&[address.to_string()]);
    let call = |redirect| {
        let request = CallRequest { redirect, ..get(&format!("http://{address}/away")) };
        egress.call(request, soon(), always())
    };
    let followed = call(Redirect::Follow).await.unwrap();
    assert_eq!((followed.status, followed.redirected), (200, true));
    assert_eq!(followed.url, format!("http://{address}/there"));
    let manual = call(Redirect::Manual).await.unwrap();
    assert_eq!((manual.status, manual.redirected), (302, false));
    assert_eq!(manual.reason, "Found");
    let rejected = call(Redirect::Error).await.unwrap_err();
    assert_eq!(rejected.message, "unexpected redirect");
    server.abort();
}

#[actix_rt::test]
async fn failures_have_the_codes_of_node() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let egress = Egress::new(&["127.0.0.1".to_owned()]);
    let error = egress.call(get(&format!("http://{unused}/")), soon(), always()).await.unwrap_err();
    assert_eq!(error.message, format!("connect ECONNREFUSED {unused}"));
    assert_eq!((error.host.as_str(), error.port), ("127.0.0.1", unused.port()));
    let nothing = |_: String, _: u16| async { Ok(Vec::new()) }.boxed();
    let egress = Egress::resolving(&[], Arc::new(nothing));
    let error = egress.call(get("http://nowhere.example/"), soon(), always()).await.unwrap_err();
    assert_eq!(error.message, "getaddrinfo ENOTFOUND nowhere.example");
    let body = Bytes::from(vec![0; 6 * 1024 * 1024 + 1]);
    let request = CallRequest { body, ..get("http://nowhere.example/") };
    assert_eq!(egress.call(request, soon(), always()).await.unwrap_err().code, "EMSGSIZE");
    for url in ["ftp://a.example/", "file:///etc/passwd", "nonsense"] {
        let error = egress.call(get(url), soon(), always()).await.unwrap_err();
        assert!(error.code.starts_with("ERR_INVALID"), "{url}: {error}");
    }
}

#[actix_rt::test]
async fn an_https_url_is_never_called_in_the_clear() {
    let (address, server) = nasty().await;
    let egress = Egress::new(&[address.to_string()]);
    let request = CallRequest {
        method: "GET".to_owned(),
        url: format!("https://{address}/rubbish"),
        target: Bytes::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        redirect: Default::default(),
    };
    let until = tokio::time::Instant::now() + Duration::from_secs(5);
    let why = egress.call(request, until, always()).await.unwrap_err().message;
    assert!(why.contains("wrong version number"), "{why}");
    server.abort();
}
