//! Clients that harm: all of them are the function's own code, and harm only its own events.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{Api, PATIENCE};

/// The event `id` still arrives and is answered.
async fn still_serves(api: &mut Api, id: u64) {
    let mut client = api.client().await;
    api.invoke(id, "1");
    let event = client.next().await;
    assert_eq!(event.status, 200, "{event:?}");
    client.post(&format!("invocation/request-{id}/response"), "1").await;
    if id == 1 {
        api.expect_loaded().await;
    }
    api.expect_started(id).await;
    api.outcome(id).await.0.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_request_end_their_connection_only() {
    let mut api = Api::start().await;
    still_serves(&mut api, 1).await;
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(10_000)).into_bytes();
    let large_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes();
    let long_path = format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(1 << 20)).into_bytes();
    let garbage: Vec<u8> =
        (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [
        &garbage[..],
        &many_headers,
        &large_header,
        &long_path,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let mut client = api.client().await;
        client.send(bytes).await;
        let answer = client.rest().await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    still_serves(&mut api, 2).await;
}

#[tokio::test]
async fn a_slow_body_keeps_only_its_own_event() {
    let mut api = Api::start().await;
    let (mut slow, mut other) = (api.client().await, api.client().await);
    api.invoke(1, "1");
    slow.next().await;
    api.expect_loaded().await;
    api.expect_started(1).await;
    let head = "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: \
                api\r\nContent-Length: 4\r\n\r\n";
    slow.send(head.as_bytes()).await;
    slow.send(b"1").await;
    // The other one waits for the state to change, not for a time.
    loop {
        let answer = other.next().await;
        match answer.status {
            // The head of the slow one was not read yet.
            200 => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => break assert_eq!(answer.error().1, "InvalidStateTransition"),
        }
    }
    let refused = other.post("invocation/request-1/response", "2").await;
    assert_eq!(refused.error().1, "InvalidStateTransition");
    slow.send(b"234").await;
    assert_eq!(slow.answer().await.status, 202);
    assert_eq!(api.outcome(1).await.0.unwrap(), serde_json::json!(1234));
    still_serves(&mut api, 2).await;
}

#[tokio::test]
async fn further_connections_wait_in_the_backlog() {
    let mut api = Api::start().await;
    still_serves(&mut api, 1).await;
    let (told, mut answered) = mpsc::channel(100);
    let mut waiting = JoinSet::new();
    for _ in 0..100 {
        let (mut client, told) = (api.client().await, told.clone());
        waiting.spawn(async move {
            client.send(b"GET / HTTP/1.1\r\nHost: api\r\n\r\n").await;
            assert_eq!(client.answer().await.status, 404);
            told.send(client).await.unwrap();
        });
    }
    drop(told);
    let mut kept = Vec::new();
    for _ in 0..32 {
        kept.push(timeout(PATIENCE, answered.recv()).await.unwrap().unwrap());
    }
    let further = timeout(Duration::from_millis(200), answered.recv()).await;
    assert!(further.is_err(), "a further connection was served");
    drop(kept);
    let mut rest = 0;
    while let Some(client) = timeout(PATIENCE, answered.recv()).await.unwrap() {
        drop(client);
        rest += 1;
    }
    assert_eq!(rest, 68);
}

#[tokio::test]
async fn thousands_of_connections_delay_nothing_once_they_are_gone() {
    let mut api = Api::start().await;
    still_serves(&mut api, 1).await;
    let mut connecting = JoinSet::new();
    for _ in 0..3_000 {
        let address = api.address;
        connecting.spawn(timeout(Duration::from_millis(500), TcpStream::connect(address)));
    }
    // Most of them do not even find room in the backlog.
    drop(connecting.join_all().await);
    timeout(PATIENCE, still_serves(&mut api, 2)).await.unwrap();
}

#[tokio::test]
async fn many_requests_for_an_event_leave_one() {
    let mut api = Api::start().await;
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let mut client = api.client().await;
        asking.spawn(async move { client.next().await });
    }
    for _ in 0..19 {
        let answer = timeout(PATIENCE, asking.join_next()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.status, 403);
    }
    api.invoke(1, "1");
    let answer = timeout(PATIENCE, asking.join_next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.body, b"1");
    api.expect_loaded().await;
    api.expect_started(1).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let mut api = Api::start().await;
    let mut client = api.client().await;
    api.invoke(1, "1");
    api.invoke(2, "2");
    let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: api\r\n\r\n";
    let response = "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: \
                    api\r\nContent-Length: 1\r\n\r\n7";
    client.send(format!("{next}{response}{next}").as_bytes()).await;
    assert_eq!(client.answer().await.body, b"1");
    assert_eq!(client.answer().await.status, 202);
    assert_eq!(client.answer().await.body, b"2");
    api.expect_loaded().await;
    api.expect_started(1).await;
    assert_eq!(api.outcome(1).await.0.unwrap(), serde_json::json!(7));
    api.expect_started(2).await;
}
