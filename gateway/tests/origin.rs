//! The origin client against origins that behave and origins that do not, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "origin/raw_origin.rs"]
mod raw_origin;

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use brink_gateway::origin::{
    BodyError, OriginBody, OriginClient, OriginError, OriginFault, OriginRequest, OriginResponse,
    OriginTls, OutgoingBody,
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
        viewer_protocol: OriginProtocol::Http,
        connect_timeout: Duration::from_secs(1),
        attempts: 1,
        method: method.into(),
        uri: "/a".into(),
        querystring: String::new(),
        headers: [("Host", "origin.test")].into_iter().collect(),
        body: OutgoingBody::Empty,
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

async fn body_error(answer: impl Into<Vec<u8>>) -> BodyError {
    let answer = answer.into();
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        conn.send(&answer);
    });
    let answer = client().fetch(get(origin.port)).await.unwrap();
    whole(answer.body).await.unwrap_err()
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
        (
            "GET",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n",
        ),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (
            "GET",
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        ),
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
async fn unreachable_origins_are_told_apart() {
    let refused = error(get(RawOrigin::closed_port())).await;
    assert!(
        matches!(refused.cause, OriginFault::Connect(_)),
        "{refused}"
    );
    assert_eq!(refused.status(), 502);

    let mut unknown = get(80);
    custom(&mut unknown).domain_name = format!("{}.test", "x".repeat(64));
    let unknown = error(unknown).await;
    assert!(matches!(unknown.cause, OriginFault::Dns(_)), "{unknown}");
    assert_eq!(unknown.status(), 502);

    let silent = RawOrigin::start(|mut conn| conn.stall());
    let mut no_handshake = get(silent.port);
    custom(&mut no_handshake).protocol = OriginProtocol::Https;
    let late = error(no_handshake).await;
    assert_eq!(
        late.cause,
        OriginFault::ConnectTimeout(Duration::from_secs(1))
    );
    assert_eq!(late.status(), 504);

    let plain = RawOrigin::start(|mut conn| {
        conn.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        conn.stall();
    });
    let mut no_tls = get(plain.port);
    custom(&mut no_tls).protocol = OriginProtocol::Https;
    let no_tls = error(no_tls).await;
    assert!(matches!(no_tls.cause, OriginFault::Tls(_)), "{no_tls}");
    assert_eq!(no_tls.status(), 502);
}

#[actix_rt::test]
async fn answers_that_are_none_are_told_apart() {
    let silent = RawOrigin::start(|mut conn| conn.stall());
    let late = error(get(silent.port)).await;
    assert_eq!(late.cause, OriginFault::HeadTimeout(Duration::from_secs(1)));
    assert_eq!(late.status(), 504);

    let garbage = RawOrigin::answering("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    let garbage = error(get(garbage.port)).await;
    assert!(
        matches!(garbage.cause, OriginFault::Malformed(_)),
        "{garbage}"
    );
    assert_eq!(garbage.status(), 502);

    let broken = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    let broken = error(get(RawOrigin::answering(broken).port)).await;
    assert!(
        matches!(broken.cause, OriginFault::Malformed(_)),
        "{broken}"
    );

    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let upgrade = error(get(RawOrigin::answering(upgrade).port)).await;
    assert!(
        matches!(upgrade.cause, OriginFault::Malformed(_)),
        "{upgrade}"
    );

    let large = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "x".repeat(20_480));
    let large = error(get(RawOrigin::answering(large).port)).await;
    assert_eq!(large.cause, OriginFault::HeadTooLarge);
    assert_eq!(large.status(), 502);

    let endless = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send("HTTP/1.1 200 OK\r\nX-Large: ");
        conn.send(vec![b'x'; 4 << 20]);
        conn.stall();
    });
    let endless = error(get(endless.port)).await;
    assert_eq!(endless.cause, OriginFault::HeadTooLarge);
}

#[actix_rt::test]
async fn bodies_that_break_are_told_apart() {
    let short = body_error("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await;
    assert_eq!(short, BodyError::Short { received: 5 });

    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let unfinished = body_error(format!("{head}5\r\nhello\r\n")).await;
    assert_eq!(unfinished, BodyError::Short { received: 5 });
    let garbled = body_error(format!("{head}xyz\r\nhello\r\n")).await;
    assert!(matches!(garbled, BodyError::Malformed(_)), "{garbled}");
}

#[actix_rt::test]
async fn a_body_that_stalls_is_given_up() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        conn.stall();
    });
    let started = Instant::now();
    let mut body = client().fetch(get(origin.port)).await.unwrap().body;
    assert_eq!(body.next().await.unwrap().unwrap(), "hello");
    let stalled = BodyError::Stalled(Duration::from_secs(1));
    assert_eq!(body.next().await, Some(Err(stalled)));
    assert!(body.next().await.is_none());
    assert!(started.elapsed() < BOUND);
}

#[actix_rt::test]
async fn a_reset_within_the_body_is_seen() {
    let (reset, told) = mpsc::channel::<()>();
    let told = Mutex::new(told);
    let origin = RawOrigin::start(move |mut conn| {
        conn.wait_unread();
        conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        told.lock().recv().unwrap();
    });
    let mut body = client().fetch(get(origin.port)).await.unwrap().body;
    assert_eq!(body.next().await.unwrap().unwrap(), "hello");
    reset.send(()).unwrap();
    let broken = body.next().await.unwrap().unwrap_err();
    assert!(matches!(broken, BodyError::Reset(_)), "{broken:?}");
}

#[actix_rt::test]
async fn more_than_was_promised_is_cut_and_the_connection_with_it() {
    let origin = RawOrigin::answering(format!("{OK} HTTP/1.1 200 OK\r\n\r\n"));
    let client = client();
    for _ in 0..2 {
        assert_eq!(ok(&client, get(origin.port)).await, (200, "hello".into()));
    }
    assert_eq!(origin.connections(), 2);
}

#[actix_rt::test]
async fn only_what_may_be_repeated_is_tried_again() {
    // Takes each request and hangs up, until the third connection.
    let flaky = || {
        RawOrigin::start(|mut conn| {
            conn.request();
            if conn.number == 2 {
                conn.send(OK);
            }
        })
    };
    let attempts = |method: &str, port, attempts| {
        let mut request = request(method, port);
        request.attempts = attempts;
        request
    };
    let origin = flaky();
    let client = client();
    assert_eq!(ok(&client, attempts("GET", origin.port, 3)).await.0, 200);
    assert_eq!(origin.connections(), 3);

    let origin = flaky();
    let closed = error(attempts("GET", origin.port, 2)).await;
    assert!(matches!(closed.cause, OriginFault::Closed(_)), "{closed}");
    assert_eq!(origin.connections(), 2);

    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let origin = flaky();
        let closed = error(attempts(method, origin.port, 3)).await;
        assert_eq!(closed.status(), 502);
        assert_eq!(origin.connections(), 1, "{method}");
    }

    let silent = RawOrigin::start(|mut conn| conn.stall());
    let late = error(attempts("HEAD", silent.port, 2)).await;
    assert_eq!(late.status(), 504);
    assert_eq!(silent.connections(), 2);
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

#[actix_rt::test]
async fn request_bodies_are_framed_by_what_is_known() {
    let origin = RawOrigin::answering(OK);
    let client = client();
    let chunks = || stream::iter(["ab", "c"].map(|c| Ok::<_, String>(Bytes::from(c))));
    for body in [
        OutgoingBody::Whole(Bytes::from("abc")),
        OutgoingBody::stream(chunks(), Some(3)),
        OutgoingBody::stream(chunks(), None),
        OutgoingBody::Empty,
    ] {
        let mut post = request("POST", origin.port);
        post.headers.append("Content-Length", "77");
        post.body = body;
        assert_eq!(ok(&client, post).await.0, 200);
    }
    let requests = origin.requests();
    let tails: Vec<&str> = requests
        .iter()
        .map(|request| request.split_once("origin.test\r\n").unwrap().1)
        .collect();
    assert_eq!(
        tails,
        [
            "Content-Length: 3\r\n\r\nabc",
            "Content-Length: 3\r\n\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            "Content-Length: 0\r\n\r\n",
        ]
    );
}

#[actix_rt::test]
async fn a_viewers_body_that_breaks_off_is_the_viewers_fault() {
    let origin = RawOrigin::answering(OK);
    for length in [None, Some(10)] {
        let mut post = request("POST", origin.port);
        let chunks = [Ok(Bytes::from("ab")), Err("viewer left".to_owned())];
        post.body = OutgoingBody::stream(stream::iter(chunks), length);
        let broken = error(post).await;
        assert!(
            matches!(broken.cause, OriginFault::ViewerBody(_)),
            "{broken}"
        );
        assert_eq!(broken.status(), 400);
    }
    let mut post = request("POST", origin.port);
    post.body = OutgoingBody::stream(stream::pending::<Result<_, String>>(), None);
    let stuck = error(post).await;
    assert!(matches!(stuck.cause, OriginFault::ViewerBody(_)), "{stuck}");
}

#[actix_rt::test]
async fn an_upload_may_take_longer_than_the_answer() {
    let origin = RawOrigin::answering(OK);
    let mut post = request("POST", origin.port);
    let ticks = tokio::time::interval(Duration::from_millis(400));
    let chunks = stream::unfold((ticks, 0), |(mut ticks, n)| async move {
        ticks.tick().await;
        (n < 5).then(|| (Ok::<_, String>(Bytes::from("x")), (ticks, n + 1)))
    });
    post.body = OutgoingBody::stream(chunks, None);
    assert_eq!(ok(&client(), post).await.0, 200);
}

#[actix_rt::test]
async fn an_origin_may_answer_before_the_upload_ends() {
    let origin = RawOrigin::start(|mut conn| {
        conn.wait_unread();
        conn.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        conn.stall();
    });
    let mut post = request("POST", origin.port);
    post.body = OutgoingBody::stream(stream::pending::<Result<_, String>>(), None);
    assert_eq!(ok(&client(), post).await, (413, "no".into()));
}

#[actix_rt::test]
async fn a_certificate_must_be_trusted_and_fit_the_name() {
    let port = tls_origin().await;
    let authority = include_bytes!("testdata/authority.pem");
    let authority = CertificateDer::from_pem_slice(authority).unwrap();
    let trusting = OriginClient::new(OriginTls::trusting([authority]).unwrap());
    let to = |name: &str| {
        let mut request = get(port);
        custom(&mut request).protocol = OriginProtocol::Https;
        custom(&mut request).domain_name = name.into();
        request
    };
    assert_eq!(ok(&trusting, to("localhost")).await, (200, "hello".into()));
    let wrong_name = trusting.fetch(to("127.0.0.1")).await.unwrap_err();
    assert!(
        matches!(wrong_name.cause, OriginFault::Tls(_)),
        "{wrong_name}"
    );
    let untrusted = client().fetch(to("localhost")).await.unwrap_err();
    assert!(
        matches!(untrusted.cause, OriginFault::Tls(_)),
        "{untrusted}"
    );
}

/// An origin with the test certificate that answers one request per connection.
async fn tls_origin() -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("testdata/origin.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("testdata/origin.key"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut session) = acceptor.accept(tcp).await {
                let mut request = [0; 1024];
                if session.read(&mut request).await.is_ok() {
                    let _ = session.write_all(OK.as_bytes()).await;
                    let _ = session.shutdown().await;
                }
            }
        }
    });
    port
}
