//! The results of requests.

use std::time::Duration;

use brink_shared::wire::FailureKind;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::edge::returned;
use crate::logged_edge::{Log, LoggedEdge, Sent};
use crate::raw_origin::{Conn, RawOrigin};
use crate::stage::failed;

/// Bytes of a body that does not fit into the buffers of a connection.
const LARGE: usize = 32 << 20;

/// Answers each path in its own way.
fn serve(mut conn: Conn) {
    while let Some(request) = conn.request() {
        let request = request.to_ascii_lowercase();
        let path = request.split(' ').nth(1).unwrap();
        match path {
            "/tagged" if request.contains("if-none-match") => {
                conn.send("HTTP/1.1 304 Not Modified\r\nETag: \"t\"\r\n\r\n");
            }
            "/tagged" => conn.send(
                "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nETag: \"t\"\r\nContent-Length: 2\r\n\r\nok",
            ),
            "/missing" => conn.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
            "/malformed" => return conn.send("what?\r\n\r\n"),
            "/closed" => return,
            "/head" => return conn.send(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(64_000))),
            "/short" => return conn.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345"),
            "/chunk" => {
                return conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
            }
            "/pause" => {
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345");
                return conn.stall();
            }
            "/slow" | "/never" => return conn.stall(),
            "/large" => {
                conn.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n"));
                conn.send(vec![b'x'; LARGE]);
            }
            _ => conn.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=100\r\nContent-Length: 2\r\n\r\nok"),
        }
    }
}

fn document(origin: &RawOrigin, no_tls: &RawOrigin) -> Value {
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let rate = json!({"requests": 1, "per": "1h"});
    let viewer_request = json!({"viewer-request": "f:1"});
    json!({
        "id": "d",
        "aliases": ["shop.example"],
        "logging": {},
        "origins": {
            "web": {"url": url(origin.port), "attempts": 1, "read_timeout": "1s"},
            "patient": {"url": url(origin.port), "attempts": 1},
            "dead": {"url": url(RawOrigin::closed_port()), "attempts": 1},
            "nowhere": {"url": "http://nowhere.invalid", "attempts": 1},
            "no-tls": {"url": format!("https://127.0.0.1:{}", no_tls.port), "attempts": 1},
        },
        "behaviors": [
            {"path": "/f/*", "origin": "web", "functions": viewer_request},
            {"path": "/denied", "origin": "web", "access": {"deny": ["127.0.0.0/8"]}},
            {"path": "/rated", "origin": "web", "access": {"rate_limit": rate}},
            {"path": "/dead", "origin": "dead"},
            {"path": "/nowhere", "origin": "nowhere"},
            {"path": "/no-tls", "origin": "no-tls"},
            {"path": "/upload", "origin": "web", "methods": "all"},
            {"path": "/never", "origin": "patient"},
            {"path": "*", "origin": "web"},
        ],
        "error_pages": [{"status": 504, "path": "/sorry", "response_status": 503, "min_ttl": "0s"}],
    })
}

/// The function does what its path says.
fn act(event: &Value) -> brink_shared::wire::Verdict {
    let request = &event["Records"][0]["cf"]["request"];
    match request["uri"].as_str().unwrap() {
        "/f/invalid" => returned(&json!({"status": 42})),
        "/f/throws" => failed(FailureKind::Execution),
        "/f/limit" => failed(FailureKind::Limit),
        "/f/generated" => returned(&json!({"status": "403", "body": "no"})),
        _ => returned(request),
    }
}

async fn start(origin: &RawOrigin) -> LoggedEdge {
    let no_tls = RawOrigin::start(|mut conn| conn.send("this is not TLS\r\n"));
    LoggedEdge::start(document(origin, &no_tls), |event| act(&event)).await
}

async fn get(edge: &LoggedEdge, path: &str) -> Sent {
    let head = "Host: shop.example\r\nConnection: close\r\n\r\n";
    edge.send(format!("GET {path} HTTP/1.1\r\n{head}")).await
}

/// The status and the three results.
fn told<'l>(log: &'l Log, sent: &Sent) -> [&'l str; 4] {
    let line = log.of(sent);
    let [result, ready, detailed] = line.results();
    assert_eq!(line.get("sc-status"), sent.text().split(' ').nth(1).unwrap());
    [line.get("sc-status"), result, ready, detailed]
}

#[actix_rt::test]
async fn answers_of_cache_origin_and_functions_have_the_results_of_x_cache() {
    let origin = RawOrigin::start(serve);
    let edge = start(&origin).await;
    let mut all = Vec::new();
    for (path, status, result) in [
        ("/a", "200", "Miss"),
        ("/a", "200", "Hit"),
        ("/tagged", "200", "Miss"),
        ("/tagged", "200", "RefreshHit"),
        ("/missing", "404", "Error"),
        ("/missing", "404", "Error"),
        ("/f/passed", "200", "Miss"),
        ("/f/generated", "403", "LambdaGeneratedResponse"),
        ("/f/invalid", "502", "LambdaValidationError"),
        ("/f/throws", "503", "LambdaExecutionError"),
        ("/f/limit", "503", "LambdaLimitExceeded"),
    ] {
        let sent = get(&edge, path).await;
        assert_eq!(sent.header("x-cache"), format!("{result} from brink"), "{path}");
        all.push((sent, [status, result, result, result]));
    }
    let log = edge.log().await;
    for (sent, expected) in all {
        assert_eq!(told(&log, &sent), expected);
    }
}

#[actix_rt::test]
async fn viewers_who_are_refused_are_logged() {
    let origin = RawOrigin::start(serve);
    let edge = start(&origin).await;
    let mut all = Vec::new();
    for (path, expected) in [
        ("/denied", ["403", "Error", "Error", "Error"]),
        ("/rated", ["200", "Miss", "Miss", "Miss"]),
        ("/rated", ["429", "LimitExceeded", "LimitExceeded", "LimitExceeded"]),
    ] {
        all.push((get(&edge, path).await, expected));
    }
    let log = edge.log().await;
    for (sent, expected) in all {
        assert_eq!(told(&log, &sent), expected);
    }
}

#[actix_rt::test]
async fn failures_of_origins_say_what_failed() {
    let origin = RawOrigin::start(serve);
    let edge = start(&origin).await;
    let mut all = Vec::new();
    for (path, status, detailed) in [
        ("/dead", "502", "OriginConnectError"),
        ("/no-tls", "502", "OriginConnectError"),
        ("/nowhere", "502", "OriginDnsError"),
        ("/closed", "502", "OriginReadError"),
        ("/malformed", "502", "OriginInvalidResponseError"),
        ("/head", "502", "OriginHeaderTooBigError"),
        // With an error page.
        ("/slow", "503", "OriginCommError"),
    ] {
        all.push((get(&edge, path).await, [status, "Error", "Error", detailed]));
    }
    // The head was sent before the body broke off.
    for (path, detailed) in [
        ("/short", "OriginReadError"),
        ("/chunk", "OriginInvalidResponseError"),
        ("/pause", "OriginCommError"),
    ] {
        all.push((get(&edge, path).await, ["200", "Error", "Miss", detailed]));
    }
    let log = edge.log().await;
    for (sent, expected) in all {
        assert_eq!(told(&log, &sent), expected, "{}", sent.text());
        assert_eq!(log.of(&sent).number("sc-bytes"), sent.answer.len() as f64);
    }
}

#[actix_rt::test]
async fn rejected_requests_are_logged_with_what_is_known_of_them() {
    let origin = RawOrigin::start(serve);
    let edge = start(&origin).await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: shop.example\r\n\r\n", "x".repeat(9_000));
    let looped = ["brink"; 100].join(", ");
    let looped = format!(
        "GET / HTTP/1.1\r\nHost: shop.example\r\nCDN-Loop: {looped}\r\nConnection: close\r\n\r\n"
    );
    let close = "Host: shop.example\r\nConnection: close\r\n\r\n";
    let mut all = Vec::new();
    for (request, file, expected, path) in [
        ("what is this\r\n\r\n", "unmatched.requests", ["400", "Error", "InvalidRequest"], "-"),
        (
            "GET / HTTP/1.1\r\n\r\n",
            "unmatched.requests",
            ["400", "Error", "InvalidRequestHeader"],
            "-",
        ),
        (&long, "unmatched.requests", ["413", "LimitExceeded", "LimitExceeded"], "-"),
        (
            "CONNECT a:1 HTTP/1.1\r\nHost: shop.example\r\n\r\n",
            "unmatched.requests",
            ["403", "Error", "InvalidRequestMethod"],
            "-",
        ),
        (
            "GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
            "unmatched.requests",
            ["403", "Error", "InvalidRequest"],
            "/",
        ),
        (
            &format!("GET /../.. HTTP/1.1\r\n{close}"),
            "d",
            ["400", "Error", "InvalidRequest"],
            "/../..",
        ),
        // The target counts, and not `Host`.
        (
            "GET http://shop.example/t/../.. HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
            "d",
            ["400", "Error", "InvalidRequest"],
            "/t/../..",
        ),
        (
            &format!("GET http://other.example/u/../.. HTTP/1.1\r\n{close}"),
            "unmatched.requests",
            ["400", "Error", "InvalidRequest"],
            "/u/../..",
        ),
        (
            &format!("GET http://me:secret@shop.example/v HTTP/1.1\r\n{close}"),
            "d",
            ["400", "Error", "InvalidRequestHeader"],
            "/v",
        ),
        (
            &format!("GET /b HTTP/1.1\r\nContent-Length: 1\r\n{close}x"),
            "d",
            ["403", "Error", "InvalidRequest"],
            "/b",
        ),
        (&looped, "d", ["403", "Error", "InvalidRequestBlocked"], "/"),
        (
            &format!("DELETE /c HTTP/1.1\r\n{close}"),
            "d",
            ["403", "Error", "InvalidRequestMethod"],
            "/c",
        ),
    ] {
        all.push((edge.send(request).await, request.len(), file, expected, path));
    }
    let log = edge.log().await;
    for (sent, len, file, [status, result, detailed], path) in all {
        assert_eq!(told(&log, &sent), [status, result, result, detailed], "{}", sent.text());
        let line = log.of(&sent);
        assert_eq!((line.file.as_str(), line.get("cs-uri-stem")), (file, path));
        let domain = if file == "d" { "d.brink.localhost" } else { "-" };
        assert_eq!(line.get("cs(Host)"), domain);
        assert!(!line.get("x-host-header").contains("secret"));
        assert_eq!(line.number("sc-bytes"), sent.answer.len() as f64);
        assert!(line.number("cs-bytes") <= len as f64 && line.number("cs-bytes") > 0.0);
        assert_eq!(line.get("c-port"), sent.port.to_string());
    }
}

/// Closes a connection with a reset, as a viewer that was switched off.
fn reset(viewer: TcpStream) {
    viewer.set_zero_linger().unwrap();
    drop(viewer);
}

#[actix_rt::test]
async fn viewers_who_leave_are_logged_with_what_they_got() {
    let origin = RawOrigin::start(serve);
    let edge = start(&origin).await;
    let ask = async |request: &str| {
        let mut viewer = TcpStream::connect(edge.edge.address()).await.unwrap();
        viewer.write_all(request.as_bytes()).await.unwrap();
        viewer
    };
    let head = "Host: shop.example\r\n\r\n";
    // Within the body.
    let mut viewer = ask(&format!("GET /large HTTP/1.1\r\n{head}")).await;
    let mut got = vec![0; 1000];
    viewer.read_exact(&mut got).await.unwrap();
    reset(viewer);
    // Before an answer.
    let request = format!("GET /never HTTP/1.1\r\n{head}");
    let viewer = ask(&request).await;
    let asked = || origin.requests().iter().any(|request| request.starts_with("GET /never"));
    while !asked() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    reset(viewer);
    // Within its own body.
    let mut viewer =
        ask("POST /upload HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nab").await;
    viewer.shutdown().await.unwrap();
    let mut answer = Vec::new();
    viewer.read_to_end(&mut answer).await.unwrap();
    let log = edge.log().await;
    let line = log.by("cs-uri-stem", "/large");
    assert_eq!(line.get("sc-status"), "200");
    assert_eq!(line.results(), ["Error", "Miss", "ClientCommError"]);
    let sent = line.number("sc-bytes");
    assert!((1000.0..LARGE as f64).contains(&sent), "{sent}");
    assert_eq!(line.number("sc-content-len"), LARGE as f64);
    let line = log.by("cs-uri-stem", "/never");
    assert_eq!(line.get("sc-status"), "000");
    assert_eq!(line.results(), ["Error", "Error", "ClientHungUpRequest"]);
    assert_eq!((line.number("sc-bytes"), line.number("cs-bytes")), (0.0, request.len() as f64));
    let line = log.by("cs-uri-stem", "/upload");
    assert_eq!(line.get("sc-status"), "400");
    assert_eq!(line.results(), ["Error", "Error", "ClientHungUpRequest"]);
}
