//! The origin client against origins that behave and origins that do not, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "origin/failures.rs"]
mod failures;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "origin/uploads.rs"]
mod uploads;

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use brink_gateway::origin::{
    BodyError, OriginAccess, OriginBody, OriginClient, OriginError, OriginFault, OriginRequest,
    OriginResponse, OriginTls, OutgoingBody,
};
use brink_shared::event::{CustomOrigin, Headers, Origin, OriginProtocol};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use parking_lot::Mutex;
use raw_origin::RawOrigin;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
/// Failures must be told well within this.
const BOUND: Duration = Duration::from_secs(8);

fn client() -> OriginClient {
    OriginClient::new(OriginTls::trusting([]).unwrap())
}

fn request(method: &str, port: u16) -> OriginRequest {
    OriginRequest {
        origin: Origin::Custom(CustomOrigin {
            custom_headers: Headers::new(),
            domain_name: "127.0.0.1".into(),
            keepalive_timeout: 5,
            path: String::new(),
            port,
            protocol: OriginProtocol::Http,
            read_timeout: 1,
            ssl_protocols: vec!["TLSv1.2".into()],
        }),
        endpoint: None,
        connect_timeout: Duration::from_secs(1),
        attempts: 1,
        completion_timeout: None,
        access: OriginAccess::default(),
        method: method.into(),
        uri: "/a".into(),
        querystring: String::new(),
        headers: [("Host", "origin.test")].into_iter().collect(),
        body: OutgoingBody::Empty,
        is_upgrade: false,
        is_call: false,
    }
}

fn get(port: u16) -> OriginRequest {
    request("GET", port)
}

fn custom(request: &mut OriginRequest) -> &mut CustomOrigin {
    match &mut request.origin {
        Origin::Custom(custom) => custom,
        Origin::S3(_) => panic!("a bucket"),
    }
}

async fn whole(mut body: OriginBody) -> Result<String, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    assert!(body.next().await.is_none(), "the end is the end");
    Ok(String::from_utf8(bytes).unwrap())
}

async fn ok(client: &OriginClient, request: OriginRequest) -> (u16, String) {
    let answer = client.fetch(request).await.unwrap();
    (answer.status, whole(answer.body).await.unwrap())
}

/// The error of a fetch, which must come within bounds and name the origin.
async fn error(request: OriginRequest) -> OriginError {
    let started = Instant::now();
    let port = match &request.origin {
        Origin::Custom(custom) => custom.port,
        Origin::S3(_) => panic!("a bucket"),
    };
    let error = client().fetch(request).await.unwrap_err();
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    error
}

#[actix_rt::test]
async fn a_request_is_sent_as_it_is() {
    let origin = RawOrigin::answering(OK);
    let mut asked = get(origin.port);
    asked.uri = "/a//../%7e b".into();
    asked.querystring = "x=%20&&y={1}".into();
    asked.headers.append("X-Two", "1");
    asked.headers.append("User-Agent", "Amazon CloudFront");
    asked.headers.append("X-Two", "2");
    custom(&mut asked).path = "/base".into();
    custom(&mut asked).custom_headers = [("X-Secret", "s")].into_iter().collect();
    assert_eq!(ok(&client(), asked).await, (200, "hello".into()));
    assert_eq!(
        origin.requests(),
        ["GET /base/a//../%7e%20b?x=%20&&y={1} HTTP/1.1\r\n\
          Host: origin.test\r\nX-Two: 1\r\nX-Two: 2\r\nUser-Agent: Amazon CloudFront\r\n\
          X-Secret: s\r\n\r\n"]
    );
}

#[actix_rt::test]
async fn an_answer_arrives_with_its_words_and_headers() {
    let answer = "HTTP/1.1 404 Nothing Here\r\nset-cookie: a=1\r\nX-PLACE: caf\u{e9}\r\n\
                  Set-Cookie: b=2\r\nContent-Length: 2\r\n\r\nno";
    let origin = RawOrigin::answering(answer);
    let answer = client().fetch(get(origin.port)).await.unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.status_description, "Nothing Here");
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(answer.headers.get("x-place"), Some("café"));
    assert_eq!(answer.body.length(), Some(2));
    assert_eq!(whole(answer.body).await.unwrap(), "no");
}

#[actix_rt::test]
async fn a_connection_is_used_again() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n",
    );
    let client = client();
    for _ in 0..3 {
        assert_eq!(ok(&client, get(origin.port)).await, (200, "hello".into()));
    }
    assert_eq!(origin.connections(), 1);
    assert_eq!(client.idle_connections(), 1);

    let mut unkept = get(origin.port);
    custom(&mut unkept).keepalive_timeout = 0;
    ok(&client, unkept).await;
    assert_eq!(client.idle_connections(), 0);
}

#[actix_rt::test]
async fn a_body_may_end_with_its_connection() {
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let origin = RawOrigin::start(move |mut conn| {
            conn.request();
            conn.send(format!("{version} 200 OK\r\n\r\nhello"));
        });
        let answer = client().fetch(get(origin.port)).await.unwrap();
        assert_eq!(answer.body.length(), None);
        assert_eq!(whole(answer.body).await.unwrap(), "hello", "{version}");
    }
}

#[actix_rt::test]
async fn answers_without_a_body_are_complete_at_once() {
    for (method, head) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("GET", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
    ] {
        let origin = RawOrigin::answering(head);
        let client = client();
        for _ in 0..2 {
            let (status, body) = ok(&client, request(method, origin.port)).await;
            assert!(status != 103 && body.is_empty(), "{head}");
        }
        assert_eq!(origin.connections(), 1, "{head}");
    }
}

#[actix_rt::test]
async fn a_kept_connection_that_was_closed_is_no_failure() {
    let (closed, told) = mpsc::channel();
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        conn.send(OK);
        drop(conn);
        closed.send(()).unwrap();
    });
    let client = client();
    for _ in 0..5 {
        let mut post = request("POST", origin.port);
        post.body = OutgoingBody::Whole(Bytes::from("x"));
        assert_eq!(ok(&client, post).await.0, 200);
        told.recv().unwrap();
        // Lets the connection's task see what the origin did.
        let deadline = Instant::now() + BOUND;
        while client.idle_connections() > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(client.idle_connections(), 0, "closed connections are swept");
    }
    assert_eq!(origin.connections(), 5);
}

#[actix_rt::test]
async fn a_body_that_is_dropped_closes_the_connection() {
    let (closed, told) = mpsc::channel();
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        conn.stall();
        closed.send(()).unwrap();
    });
    let client = client();
    let answer: OriginResponse = client.fetch(get(origin.port)).await.unwrap();
    drop(answer);
    let seen = actix_rt::task::spawn_blocking(move || told.recv_timeout(BOUND)).await;
    assert!(seen.unwrap().is_ok());
    assert_eq!(client.idle_connections(), 0);
}
