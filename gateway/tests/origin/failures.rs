//! Origins that cannot be reached, do not answer, answer nonsense, or stop in the middle.

use super::*;

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
async fn unreachable_origins_are_told_apart() {
    let refused = error(get(RawOrigin::closed_port())).await;
    assert!(matches!(refused.cause, OriginFault::Connect(_)), "{refused}");
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
    assert_eq!(late.cause, OriginFault::ConnectTimeout(Duration::from_secs(1)));
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
    assert!(matches!(garbage.cause, OriginFault::Malformed(_)), "{garbage}");
    assert_eq!(garbage.status(), 502);

    let broken = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    let broken = error(get(RawOrigin::answering(broken).port)).await;
    assert!(matches!(broken.cause, OriginFault::Malformed(_)), "{broken}");

    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let upgrade = error(get(RawOrigin::answering(upgrade).port)).await;
    assert!(matches!(upgrade.cause, OriginFault::Malformed(_)), "{upgrade}");

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
async fn only_repeatable_requests_are_tried_again() {
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
async fn a_certificate_must_be_trusted_and_fit_the_name() {
    let port = tls_origin().await;
    let authority = include_bytes!("../testdata/authority.pem");
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
    assert!(matches!(wrong_name.cause, OriginFault::Tls(_)), "{wrong_name}");
    let untrusted = client().fetch(to("localhost")).await.unwrap_err();
    assert!(matches!(untrusted.cause, OriginFault::Tls(_)), "{untrusted}");
}

/// An origin with the test certificate that answers one request per connection.
async fn tls_origin() -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../testdata/origin.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../testdata/origin.key"));
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
