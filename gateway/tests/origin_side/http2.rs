//! HTTP/2 to origins of Node.js.

use std::time::{Duration, Instant};

use brink_gateway::origin::{OriginFault, OutgoingBody};
use brink_shared::registry::distribution::HttpVersion;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};

use super::node_origins::{NodeOrigins, client, custom, fetch, request, told};

/// Longest wait for a sign.
const BOUND: Duration = Duration::from_secs(30);

#[actix_rt::test]
async fn requests_share_a_connection() {
    let origins = NodeOrigins::start();
    let (client, port) = (client(), origins.port("http2"));
    let asked = (0..40).map(|_| told(&client, request("GET", port, "/?n=200")));
    let all = join_all(asked).await;
    for told in &all {
        assert_eq!(told["version"], "2.0", "{told}");
        assert_eq!(told["session"], all[0]["session"], "one connection for all: {told}");
    }
    assert_eq!(client.idle_connections(), 1);
    // More than fit into one connection open another one.
    let asked = (0..100).map(|_| told(&client, request("GET", port, "/?n=200")));
    let mut sessions: Vec<_> =
        join_all(asked).await.iter().map(|told| told["session"].as_u64()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    assert_eq!(sessions.len(), 2, "{sessions:?}");
}

#[actix_rt::test]
async fn a_request_is_sent_as_it_is() {
    let origins = NodeOrigins::start();
    let mut asked = request("POST", origins.port("http2"), "/a//../%7e b?x=%20&&y={1}");
    asked.headers.append("X-Two", "1");
    asked.headers.append("Connection", "X-Two");
    asked.headers.append("X-Two", "2");
    asked.headers.append("Cookie", "a=1; b=2");
    custom(&mut asked).path = "/base".into();
    custom(&mut asked).custom_headers = [("X-Secret", "s")].into_iter().collect();
    asked.body = OutgoingBody::stream(
        stream::iter(["hel", "lo"].map(|text| Ok::<_, String>(Bytes::from(text)))),
        Some(5),
    );
    let told = told(&client(), asked).await;
    assert_eq!(told["method"], "POST");
    assert_eq!(told["target"], "/base/a//../%7e%20b?x=%20&&y={1}");
    assert_eq!(told["authority"], "origin.test");
    assert_eq!((&told["body"], &told["headers"]["content-length"]), (&5.into(), &"5".into()));
    assert_eq!(told["headers"]["x-two"], "1, 2");
    assert_eq!(told["headers"]["cookie"], "a=1; b=2");
    assert_eq!(told["headers"]["x-secret"], "s");
    assert!(told["headers"].get("connection").is_none() && told["headers"].get("host").is_none());
}

#[actix_rt::test]
async fn a_viewers_body_that_breaks_off_is_no_fault_of_the_origin() {
    let origins = NodeOrigins::start();
    let client = client();
    let mut asked = request("POST", origins.port("http2"), "/");
    let chunks = stream::iter([Ok(Bytes::from_static(b"part")), Err("the viewer left")]);
    asked.body = OutgoingBody::stream(chunks, Some(10));
    let error = client.fetch(asked).await.unwrap_err();
    assert_eq!((error.status(), error.is_origins_fault()), (400, false), "{error}");
    assert!(error.to_string().contains("the viewer left"), "{error}");
    assert_eq!(told(&client, request("GET", origins.port("http2"), "/")).await["version"], "2.0");
}

#[actix_rt::test]
async fn http1_is_spoken_where_the_origin_or_the_settings_want_it() {
    let origins = NodeOrigins::start();
    let client = client();
    let asked = (0..8).map(|_| told(&client, request("GET", origins.port("http1"), "/?n=100")));
    for told in join_all(asked).await {
        assert_eq!(told["version"], "1.1", "{told}");
    }
    let mut plain = request("GET", origins.port("http2"), "/");
    plain.access.http_version = HttpVersion::Http1;
    assert_eq!(told(&client, plain).await["version"], "1.1");
    let http2 = request("GET", origins.port("http2"), "/");
    assert_eq!(told(&client, http2).await["version"], "2.0");
}

#[actix_rt::test]
async fn an_origin_that_allows_few_streams_gets_more_connections() {
    let origins = NodeOrigins::start();
    let (client, port) = (client(), origins.port("narrow"));
    // Tells the client the limit, which the task of the connection takes over.
    told(&client, request("GET", port, "/")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = (0..6).map(|_| told(&client, request("GET", port, "/?n=200")));
    let mut sessions: Vec<_> =
        join_all(asked).await.iter().map(|told| told["session"].as_u64()).collect();
    sessions.sort_unstable();
    for of_one in sessions.chunk_by(|a, b| a == b) {
        assert!(of_one.len() <= 2, "{sessions:?}");
    }
}

#[actix_rt::test]
async fn a_silent_stream_ends_alone() {
    let origins = NodeOrigins::start();
    let (client, port) = (client(), origins.port("http2"));
    let first = told(&client, request("GET", port, "/")).await;
    let patient = |uri: &str| {
        let mut request = request("GET", port, uri);
        custom(&mut request).read_timeout = 1;
        request
    };
    let steady = fetch(&client, patient("/drip?n=25"));
    let (steady, silent, stalled) = futures_util::join!(
        steady,
        client.fetch(patient("/silent")),
        fetch(&client, patient("/stalls"))
    );
    assert_eq!(steady.unwrap().2.len(), 25);
    let silent = silent.unwrap_err();
    assert_eq!(
        (silent.status(), &silent.cause),
        (504, &OriginFault::HeadTimeout(Duration::from_secs(1)))
    );
    assert!(stalled.unwrap_err().contains("sent nothing for 1s"));
    // Nothing more is sent on a connection that was silent.
    let next = told(&client, request("GET", port, "/")).await;
    assert_ne!(first["session"], next["session"]);
}

#[actix_rt::test]
async fn a_connection_that_the_origin_ends_gets_no_more_requests() {
    let origins = NodeOrigins::start();
    let (client, port) = (client(), origins.port("http2"));
    let mut before = None;
    for _ in 0..5 {
        let told = told(&client, request("POST", port, "/last")).await;
        assert_ne!(before, told["session"].as_u64());
        before = told["session"].as_u64();
    }
}

#[actix_rt::test]
async fn an_idle_connection_is_closed_in_time() {
    let origins = NodeOrigins::start();
    let client = client();
    let mut asked = request("GET", origins.port("http2"), "/");
    custom(&mut asked).keepalive_timeout = 1;
    told(&client, asked).await;
    let deadline = Instant::now() + BOUND;
    while client.idle_connections() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(client.idle_connections(), 0);
}

#[actix_rt::test]
async fn answers_of_all_kinds_arrive_whole() {
    let origins = NodeOrigins::start();
    let (client, port) = (client(), origins.port("http2"));
    let (status, headers, body) =
        fetch(&client, request("GET", port, "/big?n=3000000")).await.unwrap();
    assert_eq!((status, body.len()), (200, 3_000_000));
    assert_eq!(headers.get("Content-Length"), Some("3000000"));
    let head = client.fetch(request("HEAD", port, "/big?n=3000000")).await.unwrap();
    assert_eq!(head.body.length(), Some(0));
    let head = fetch(&client, request("HEAD", port, "/big?n=3000000")).await.unwrap();
    assert_eq!((head.0, head.2.len()), (200, 0));
    for status in [204, 304] {
        let uri = format!("/nothing?n={status}");
        let (found, _, body) = fetch(&client, request("GET", port, &uri)).await.unwrap();
        assert_eq!((found, body.len()), (status, 0));
    }
    assert_eq!(fetch(&client, request("GET", port, "/trailers")).await.unwrap().2, b"whole");
    assert_eq!(told(&client, request("GET", port, "/early")).await["version"], "2.0");
    let error = client.fetch(request("GET", port, "/large-head")).await.unwrap_err();
    assert_eq!(error.status(), 502, "{error}");
}

#[actix_rt::test]
async fn an_exchange_is_bound_as_a_whole() {
    let origins = NodeOrigins::start();
    let client = client();
    for (port, version) in [("http2", HttpVersion::Http2), ("http1", HttpVersion::Http1)] {
        let bound = |uri: &str| {
            let mut request = request("GET", origins.port(port), uri);
            request.access.http_version = version;
            request.completion_timeout = Some(Duration::from_secs(1));
            request
        };
        let silent = client.fetch(bound("/silent")).await.unwrap_err();
        assert_eq!(silent.status(), 504, "{silent}");
        // Its packets come in time, but the whole does not.
        let slow = fetch(&client, bound("/drip?n=200")).await.unwrap_err();
        assert!(slow.contains("not complete within 1s"), "{slow}");
        let mut answer = client.fetch(bound("/drip?n=2")).await.unwrap();
        assert!(answer.body.next().await.unwrap().is_ok());
    }
}
