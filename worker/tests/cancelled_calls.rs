//! Cancelled outgoing calls: they end at the server, and other calls take their place.
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

use brink_shared::id::VersionId;
use brink_shared::limits::CONNECTIONS_DEFAULT;
use brink_worker::WorkerLimits;
use edge::{Edge, eventually, failed, returned};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// Calls that an event may have under way at a time.
const AT_ONCE: usize = CONNECTIONS_DEFAULT as usize;

/// Shorter than the time of an event, because its calls are closed at its end in any case.
const AT_ONCE_WITHIN: Duration = Duration::from_secs(4);

/// Uses all connections but one for calls that get no answer, and returns once the server has all
/// of them.
const FILLS: &str = "
const http = require('http');
const ignore = () => {};
const ways = {
  abort(url) {
    const controller = new AbortController();
    fetch(url, { signal: controller.signal }).catch(ignore);
    return () => controller.abort();
  },
  destroy(url) {
    const request = http.get(url).on('error', ignore);
    return () => request.destroy();
  },
  signal(url) {
    const controller = new AbortController();
    http.get(url, { signal: controller.signal }).on('error', ignore);
    return () => controller.abort();
  },
  nothing(url) {
    fetch(url).catch(ignore);
  },
};
async function fill({ base, way, count }) {
  const stops = Array.from({ length: count - 1 }, () => ways[way](base + '/slow'));
  await fetch(base + '/full');
  return stops;
}
";

/// A server that keeps callers waiting.
struct Slow {
    address: SocketAddr,
    /// Callers that gave up while they waited.
    closed: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

/// What all its connections share.
struct Seats {
    full: Barrier,
    together: Barrier,
    closed: Arc<AtomicUsize>,
}

impl Slow {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let closed = Arc::new(AtomicUsize::new(0));
        let seats = Seats {
            full: Barrier::new(AT_ONCE),
            together: Barrier::new(AT_ONCE),
            closed: closed.clone(),
        };
        let seats = Arc::new(seats);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, seats.clone()));
            }
        });
        Self { address, closed, _task: AbortOnDropHandle::new(task) }
    }

    async fn publish(&self, edge: &Edge, source: &str) -> VersionId {
        let source = format!("{FILLS}{source}");
        let settings = json!({"egress": [self.address.to_string()], "timeout": "5s"});
        edge.publish_with("calls", &source, settings).await.unwrap().version
    }

    fn event(&self, way: &str) -> serde_json::Value {
        json!({"base": format!("http://{}", self.address), "way": way, "count": AT_ONCE})
    }

    async fn all_closed(&self, times: usize) {
        let all = times * (AT_ONCE - 1);
        let what = format!("{all} calls are closed");
        eventually(&what, async || self.closed.load(Ordering::Relaxed) == all).await;
    }
}

/// `/slow` is never answered, `/full` once all seats are taken, and `/together` once all seats are
/// taken by such calls.
async fn serve(mut socket: TcpStream, seats: Arc<Seats>) {
    let mut head = vec![0; 1024];
    let length = socket.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    match head.split(' ').nth(1) {
        Some("/slow") => {
            seats.full.wait().await;
            if !matches!(socket.read(&mut [0; 1]).await, Ok(1..)) {
                seats.closed.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        Some("/full") => seats.full.wait().await,
        _ => seats.together.wait().await,
    };
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    socket.write_all(answer).await.unwrap();
}

#[actix_rt::test]
async fn a_call_that_is_given_up_makes_room_for_the_next() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let server = Slow::start().await;
    let source = "
exports.handler = async (event) => {
  for (const stop of await fill(event)) stop();
  const calls = Array.from({ length: event.count }, () => fetch(event.base + '/together'));
  return (await Promise.all(calls)).map(({ status }) => status);
};";
    let version = server.publish(&edge, source).await;
    for (way, times) in [("abort", 1), ("destroy", 2), ("signal", 3)] {
        let (statuses, _) = returned(edge.call(&version, server.event(way)).await);
        assert_eq!(statuses, json!(vec![200; AT_ONCE]), "{way}");
        server.all_closed(times).await;
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_call_that_is_given_up_with_the_answer_ends_with_it() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let server = Slow::start().await;
    let source = "
exports.handler = async (event) => {
  const stops = await fill(event);
  stops.forEach((stop) => stop());
  return stops.length;
};";
    let version = server.publish(&edge, source).await;
    for (way, times) in [("abort", 1), ("destroy", 2)] {
        let begun = Instant::now();
        let (stopped, _) = returned(edge.call(&version, server.event(way)).await);
        assert_eq!(stopped, AT_ONCE - 1);
        server.all_closed(times).await;
        assert!(begun.elapsed() < AT_ONCE_WITHIN, "{way}: {:?}", begun.elapsed());
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn calls_end_with_their_environment() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let server = Slow::start().await;
    let source = "
exports.handler = async (event) => {
  await fill(event);
  if (event.fails) setTimeout(() => { throw new RangeError('it fails'); });
  return new Promise(ignore);
};
setInterval(ignore, 1000);";
    let version = server.publish(&edge, source).await;
    let mut event = server.event("nothing");
    event["fails"] = json!(true);
    let begun = Instant::now();
    let failure = failed(edge.call(&version, event).await);
    assert_eq!(failure.error_type, "RangeError");
    server.all_closed(1).await;
    assert!(begun.elapsed() < AT_ONCE_WITHIN, "{:?}", begun.elapsed());
    // An event that only waits ends at its timeout, and its calls end with it.
    let settings = json!({"egress": [server.address.to_string()], "timeout": "1s"});
    let source = format!("{FILLS}{source}");
    let short = edge.publish_with("calls", &source, settings).await.unwrap().version;
    let begun = Instant::now();
    let failure = failed(edge.call(&short, server.event("nothing")).await);
    assert_eq!(failure.error_type, "Sandbox.Timedout");
    server.all_closed(2).await;
    assert!(begun.elapsed() < AT_ONCE_WITHIN, "{:?}", begun.elapsed());
    edge.stop().await;
}
