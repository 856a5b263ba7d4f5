//! The fields of the standard log.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::logged_edge::LoggedEdge;
use crate::raw_origin::{Conn, RawOrigin};
use crate::stage::failed;

const OBJECT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=100\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\n0123456789";

fn document(origin: &RawOrigin, logging: Value) -> Value {
    let url = format!("http://127.0.0.1:{}", origin.port);
    json!({
        "id": "d",
        "logging": logging,
        "origins": {"web": {"url": url, "attempts": 1}},
        "behaviors": [{"path": "*", "origin": "web", "methods": "all"}],
    })
}

async fn start(origin: &RawOrigin, logging: Value) -> LoggedEdge {
    let never = |_| failed(brink_shared::wire::FailureKind::Execution);
    LoggedEdge::start(document(origin, logging), never).await
}

#[actix_rt::test]
async fn every_field_tells_of_the_request_and_its_answer() {
    // It thinks for a while, and pauses within the body.
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        std::thread::sleep(Duration::from_millis(60));
        let (head, rest) = OBJECT.split_at(OBJECT.len() - 5);
        conn.send(head);
        std::thread::sleep(Duration::from_millis(60));
        conn.send(rest);
    });
    let edge = start(&origin, json!({"include_cookies": true})).await;
    let request = "GET /a%20b/caf\u{e9}?q='1'&r=%22 HTTP/1.1\r\nHost: shop.example:8080\r\n\
        Referer: https://from.example/?a=b#c \u{e9}\r\nUser-Agent: Agent \"1.0\" (x; \u{9f})\r\n\
        Cookie: a=b; c=d\r\nCookie: e=f\r\nX-Forwarded-For: 192.0.2.7, 10.0.0.1\r\n\
        Connection: close\r\n\r\n";
    let before = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let sent = edge.send(request).await;
    let after = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let log = edge.log().await;
    let line = log.of(&sent);
    assert_eq!(line.file, "d");
    let at = format!("{}T{}Z", line.get("date"), line.get("time"));
    assert!(before <= at && at <= after, "{before} {at} {after}");
    for (field, expected) in [
        ("x-edge-location", "g1"),
        ("sc-bytes", sent.answer.len().to_string().as_str()),
        ("c-ip", "127.0.0.1"),
        ("cs-method", "GET"),
        ("cs(Host)", "d.brink.localhost"),
        ("cs-uri-stem", "/a%2520b/caf%C3%A9"),
        ("sc-status", "200"),
        ("cs(Referer)", "https://from.example/?a=b%23c%20%C3%A9"),
        ("cs(User-Agent)", "Agent%20%221.0%22%20(x;%20%C2%9F)"),
        ("cs-uri-query", "q=%271%27&r=%2522"),
        ("cs(Cookie)", "a=b;%20c=d;%20e=f"),
        ("x-edge-result-type", "Miss"),
        ("x-edge-request-id", sent.header("x-amz-cf-id").as_str()),
        ("x-host-header", "shop.example:8080"),
        ("cs-protocol", "http"),
        ("cs-bytes", request.len().to_string().as_str()),
        ("x-forwarded-for", "192.0.2.7,%2010.0.0.1"),
        ("ssl-protocol", "-"),
        ("ssl-cipher", "-"),
        ("x-edge-response-result-type", "Miss"),
        ("cs-protocol-version", "HTTP/1.1"),
        ("fle-status", "-"),
        ("fle-encrypted-fields", "-"),
        ("c-port", sent.port.to_string().as_str()),
        ("x-edge-detailed-result-type", "Miss"),
        ("sc-content-type", "text/plain;%20charset=utf-8"),
        ("sc-content-len", "10"),
        ("sc-range-start", "-"),
        ("sc-range-end", "-"),
    ] {
        assert_eq!(line.get(field), expected, "{field}");
    }
    let (first, taken) = (line.number("time-to-first-byte"), line.number("time-taken"));
    assert!(first >= 0.060 && taken >= first + 0.040 && taken < 20.0, "{first} {taken}");
}

#[actix_rt::test]
async fn what_is_not_there_is_a_hyphen_and_cookies_are_a_choice() {
    let origin =
        RawOrigin::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    let edge = start(&origin, json!({})).await;
    let sent = edge
        .send("GET / HTTP/1.1\r\nHost: a\r\nCookie: secret=1\r\nConnection: close\r\n\r\n")
        .await;
    let log = edge.log().await;
    let line = log.of(&sent);
    for field in [
        "cs(Referer)",
        "cs(User-Agent)",
        "cs-uri-query",
        "cs(Cookie)",
        "x-forwarded-for",
        "sc-content-type",
        "sc-content-len",
    ] {
        assert_eq!(line.get(field), "-", "{field}");
    }
}

#[actix_rt::test]
async fn ranges_heads_and_old_versions_are_told() {
    let origin = RawOrigin::answering(OBJECT);
    let edge = start(&origin, json!({})).await;
    let ask = async |method: &str, version: &str, more: &str| {
        let request =
            format!("{method} /a HTTP/{version}\r\nHost: a\r\n{more}Connection: close\r\n\r\n");
        edge.send(request).await
    };
    ask("GET", "1.1", "").await;
    let range = ask("GET", "1.1", "Range: bytes=2-4\r\n").await;
    let ranges = ask("GET", "1.1", "Range: bytes=0-1,8-9\r\n").await;
    let head = ask("HEAD", "1.1", "").await;
    let old = ask("GET", "1.0", "").await;
    let log = edge.log().await;
    let fields = |sent, names: [&'static str; 4]| names.map(|name| log.of(sent).get(name));
    let names = ["sc-status", "sc-content-len", "sc-range-start", "sc-range-end"];
    assert_eq!(fields(&range, names), ["206", "3", "2", "4"]);
    let [status, _, start, end] = fields(&ranges, names);
    assert_eq!([status, start, end], ["206", "-", "-"]);
    assert!(log.of(&ranges).get("sc-content-type").starts_with("multipart/byteranges;%20"));
    let names = ["cs-method", "sc-content-len", "cs-protocol-version", "x-edge-result-type"];
    assert_eq!(fields(&head, names), ["HEAD", "10", "HTTP/1.1", "Hit"]);
    assert_eq!(fields(&old, names), ["GET", "10", "HTTP/1.0", "Hit"]);
    for sent in [&range, &ranges, &head, &old] {
        assert_eq!(log.of(sent).number("sc-bytes"), sent.answer.len() as f64);
    }
}

#[actix_rt::test]
async fn each_request_of_a_connection_has_its_own_bytes() {
    let origin = RawOrigin::answering(OBJECT);
    let edge = start(&origin, json!({})).await;
    let post = |path: &str, body: &str| {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    let chunked = "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        3;x=y\r\nabc\r\n0\r\n\r\n";
    let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let requests =
        [post("/one", "x"), post("/two", &"y".repeat(50_000)), chunked.into(), last.into()];
    // All of them at once.
    let sent = edge.send(requests.concat()).await;
    let log = edge.log().await;
    let paths = ["/one", "/two", "/chunked", "/last"];
    for (request, path) in requests.iter().zip(paths) {
        let line = log.by("cs-uri-stem", path);
        assert_eq!(line.number("cs-bytes"), request.len() as f64, "{path}");
        assert_eq!(line.get("c-port"), sent.port.to_string());
    }
    let bytes = paths.map(|path| log.by("cs-uri-stem", path).number("sc-bytes"));
    assert_eq!(bytes.iter().sum::<f64>(), sent.answer.len() as f64);
    let texts = sent.text();
    let answers: Vec<f64> =
        texts.split_inclusive("0123456789").map(|answer| answer.len() as f64).collect();
    assert_eq!(bytes.to_vec(), answers);
}

#[actix_rt::test]
async fn a_web_socket_is_one_request_until_its_end() {
    let agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\n\r\n";
    let origin = RawOrigin::start(move |mut conn: Conn| {
        conn.request();
        conn.send(agreed);
        let bytes = conn.read();
        conn.send([b"echo ", bytes.as_slice()].concat());
    });
    let edge = start(&origin, json!({})).await;
    let handshake = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\n\r\n";
    let mut viewer = TcpStream::connect(edge.edge.address()).await.unwrap();
    viewer.write_all(handshake.as_bytes()).await.unwrap();
    viewer.write_all(b"hello").await.unwrap();
    let mut answer = Vec::new();
    viewer.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"echo hello"), "{}", answer.escape_ascii());
    let log = edge.log().await;
    let line = log.by("cs-uri-stem", "/chat");
    for (field, expected) in [
        ("cs-protocol", "ws".to_owned()),
        ("sc-status", "101".to_owned()),
        ("x-edge-result-type", "Miss".to_owned()),
        ("sc-bytes", answer.len().to_string()),
        ("cs-bytes", (handshake.len() + "hello".len()).to_string()),
        ("sc-content-len", "-".to_owned()),
    ] {
        assert_eq!(line.get(field), expected, "{field}");
    }
}

#[actix_rt::test]
async fn a_distribution_without_logging_is_not_logged() {
    let origin = RawOrigin::answering(OBJECT);
    let edge = start(&origin, Value::Null).await;
    edge.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let log = edge.log().await;
    assert!(log.lines().all(|line| line.file == "unmatched.requests"));
    assert!(
        log.lines().all(|line| line.get("cs-uri-stem") == "/" && line.get("cs-method") == "TRACE")
    );
}

#[actix_rt::test]
async fn a_line_of_json_has_the_same_fields_whatever_a_viewer_sends() {
    let origin = RawOrigin::answering(OBJECT);
    let never = |_| failed(brink_shared::wire::FailureKind::Execution);
    let mut document = document(&origin, json!({"include_cookies": true}));
    document["logging"]["real_time"] = json!({"fields": ["c-ip", "sc-status"]});
    let edge = LoggedEdge::in_json(document, never).await;
    let hostile = edge
        .send(
            "GET /a\"},{\"date\":\"caf\u{e9}?q='1'&r=\\ HTTP/1.1\r\nHost: shop.example\r\n\
             User-Agent: Agent \"1.0\"\\ \u{9f}\r\nCookie: a=\"b\\\r\nConnection: close\r\n\r\n",
        )
        .await;
    let plain =
        edge.send("GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").await;
    let garbage = edge.send("\"} what\\\r\n\r\n").await;
    assert!(garbage.text().contains("400"), "{}", garbage.text());
    let log = edge.log().await;
    let (real_time, standard): (Vec<_>, Vec<_>) =
        log.lines().partition(|line| line.file == "d.real-time");
    assert!(standard.iter().all(|line| line.len() == 33), "{standard:?}");
    assert!(real_time.len() >= 2 && real_time.iter().all(|line| line.len() == 2));
    let of = |id: &str| *standard.iter().find(|line| line.get("x-edge-request-id") == id).unwrap();
    let line = of(&hostile.header("x-amz-cf-id"));
    for (field, expected) in [
        ("cs-uri-stem", "/a%22%7D,%7B%22date%22:%22caf%C3%A9"),
        ("cs-uri-query", "q=%271%27&r=%5C"),
        ("cs(User-Agent)", "Agent%20%221.0%22%5C%20%C2%9F"),
        ("cs(Cookie)", "a=%22b%5C"),
        ("sc-status", "200"),
        ("fle-status", "-"),
    ] {
        assert_eq!(line.get(field), expected, "{field}");
    }
    assert_eq!(of(&garbage.header("x-amz-cf-id")).get("sc-status"), "400");
    let line = of(&plain.header("x-amz-cf-id"));
    assert_eq!((line.get("cs(Cookie)"), line.get("x-edge-result-type")), ("-", "Miss"));
}
