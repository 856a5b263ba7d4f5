//! The parts of a request that reach the origin and its functions.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, head, header, line, set};

/// The head of the last request that the origin got.
fn sent(origin: &RawOrigin) -> String {
    head(&origin.requests().pop().unwrap())
}

#[actix_rt::test]
async fn decision_20_an_upgrade_that_is_declined_is_an_ordinary_request() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&TRIGGERS);
    behavior["forward"] = json!({"headers": "none"});
    let stage = Stage::passing(document(&origin, behavior)).await;
    let mut viewer = tokio::net::TcpStream::connect(stage.edge.address()).await.unwrap();
    let handshake = "GET /chat HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: Upgrade\r\n\
                     Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                     Sec-WebSocket-Version: 13\r\n\r\n";
    viewer.write_all(handshake.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let reading = async {
        while !answer.ends_with("hello") {
            let mut bytes = [0; 1024];
            let read = viewer.read(&mut bytes).await.unwrap();
            assert!(read > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(stage.ran(), TRIGGERS);
    let sent = sent(&origin);
    assert!(
        sent.contains("\r\nupgrade: websocket") && sent.contains("sec-websocket-key: "),
        "{sent}"
    );
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_24_the_viewer_request_adds_what_is_selected_and_the_origin_request_anything() {
    let origin = RawOrigin::answering(HELLO);
    for (behavior, selected) in [
        (json!({}), false),
        (json!({"forward": {"headers": ["X-Viewer-Request"]}}), true),
        (json!({"cache": {"headers": ["X-Viewer-Request"]}}), true),
    ] {
        let mut whole = at(&["viewer-request", "origin-request"]);
        whole.as_object_mut().unwrap().extend(behavior.as_object().unwrap().clone());
        let stage = Stage::start(document(&origin, whole), |trigger, request| {
            set(request, &format!("x-{trigger}"), "1");
        })
        .await;
        stage.get("/a").await;
        let sent = sent(&origin);
        assert_eq!(sent.contains("x-viewer-request: 1"), selected, "{sent}");
        assert!(sent.contains("x-origin-request: 1"), "{sent}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_26_the_origin_side_query_is_what_is_selected() {
    let origin = RawOrigin::answering(HELLO);
    for (selection, shown) in
        [(json!("none"), ""), (json!(["b"]), "b=2&b"), (json!("all"), "a=1&b=2&b")]
    {
        let mut behavior = at(&TRIGGERS);
        behavior["forward"] = json!({ "query_strings": selection });
        let stage = Stage::passing(document(&origin, behavior)).await;
        stage.get("/a?a=1&b=2&b").await;
        for (trigger, expected) in [
            ("viewer-request", "a=1&b=2&b"),
            ("origin-request", shown),
            ("origin-response", shown),
            ("viewer-response", "a=1&b=2&b"),
        ] {
            let seen = stage.shown(trigger)["request"]["querystring"].clone();
            assert_eq!(seen, expected, "{trigger}");
        }
        let target = if shown.is_empty() { "/a" } else { &format!("/a?{shown}") };
        assert!(sent(&origin).starts_with(&format!("get {target} ")), "{}", sent(&origin));
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_28_the_origins_path_is_no_part_of_the_uri() {
    let origin = RawOrigin::answering(HELLO);
    let mut document = document(&origin, at(&["origin-request", "origin-response"]));
    document["origins"]["web"]["url"] = json!(format!("http://127.0.0.1:{}/base", origin.port));
    let cases = [
        ("/origin/custom/path", json!("/base")),
        ("/origin/custom/path", json!("/other")),
        ("/origin/custom/path", json!("")),
        ("/origin/custom/path", json!("/")),
    ];
    let stage = Stage::putting(document, "origin-request", cases).await;
    for (number, path) in ["/base/0", "/other/1", "/2"].into_iter().enumerate() {
        stage.get(&format!("/{number}")).await;
        let request = stage.shown("origin-request")["request"].clone();
        assert_eq!(request["uri"], format!("/{number}"));
        assert_eq!(request["origin"]["custom"]["path"], "/base");
        assert!(sent(&origin).starts_with(&format!("get {path} ")), "{}", sent(&origin));
    }
    assert_eq!(stage.get("/3").await.status, 502);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_29_with_include_body_there_is_always_one() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in ["viewer-request", "origin-request"] {
        let functions = json!({trigger: {"function": "f:1", "include_body": true}});
        let behavior = json!({"methods": "all", "functions": functions});
        let stage = Stage::passing(document(&origin, behavior)).await;
        for (method, body, data) in [("GET", "", ""), ("POST", "", ""), ("POST", "hi", "aGk=")] {
            stage.edge.request(method, "/a", &[], body.as_bytes()).await;
            let shown = json!({"action": "read-only", "data": data, "encoding": "base64",
                "inputTruncated": false});
            assert_eq!(stage.shown(trigger)["request"]["body"], shown, "{trigger} {method}");
        }
        stage.stop().await;
        let stage = Stage::passing(document(&origin, at(&[trigger]))).await;
        stage.post("/a", b"hi").await;
        assert_eq!(stage.shown(trigger)["request"].get("body"), None);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_40_nothing_of_the_viewer_reaches_the_origin_unless_selected() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, json!({}))).await;
    let viewers = [
        ("User-Agent", "theirs"),
        ("Accept", "text/html"),
        ("Cookie", "a=1"),
        ("Authorization", "Basic x"),
        ("Referer", "http://a/"),
        ("Cache-Control", "no-cache"),
        ("X-Own", "1"),
    ];
    stage.get_with("/a?q=1", &viewers).await;
    let sent = sent(&origin);
    assert!(sent.starts_with("get /a http/1.1\r\n"), "{sent}");
    let mut names: Vec<_> =
        sent.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    let expected = ["cdn-loop", "host", "user-agent", "via", "x-amz-cf-id", "x-forwarded-for"];
    assert_eq!(names, expected);
    assert!(sent.contains("user-agent: amazon cloudfront"), "{sent}");
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_41_a_custom_header_takes_the_viewers_place_and_no_function_may_send_it_too() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&["origin-request"]);
    behavior["forward"] = json!({"headers": ["X-Key"]});
    let mut document = document(&origin, behavior);
    document["origins"]["web"]["custom_headers"] = json!({"X-Key": "operator"});
    let cases: [(_, Value); 2] = [("/uri", json!("/a")), ("/headers/x-key", line("function"))];
    let stage = Stage::putting(document, "origin-request", cases).await;
    let viewers = [("X-Key", "viewer")];
    assert_eq!(stage.get_with("/0", &viewers).await.status, 200);
    let request = stage.shown("origin-request")["request"].clone();
    assert_eq!(header(&request, "x-key"), "");
    let custom = &request["origin"]["custom"]["customHeaders"]["x-key"][0]["value"];
    assert_eq!(custom, "operator");
    let sent = sent(&origin);
    assert_eq!(sent.matches("x-key: ").count(), 1, "{sent}");
    assert!(sent.contains("x-key: operator"), "{sent}");
    assert_eq!(stage.get_with("/1", &viewers).await.status, 502);
    stage.stop().await;
}

/// The answer to a viewer who sends these lines beside `Host`.
async fn get_with_lines(stage: &Stage, lines: &str) -> String {
    let head = format!("GET /a HTTP/1.1\r\nHost: d.brink.localhost\r\n{lines}\r\n\r\n");
    stage.raw(&head).await
}

#[actix_rt::test]
async fn decision_60_the_key_has_no_header_that_the_origin_did_not_get() {
    for behavior in [
        json!({"cache": {"headers": ["Accept-Language"]}}),
        json!({"forward": {"headers": ["Accept-Language"]}}),
    ] {
        let origin = RawOrigin::start(|mut conn| {
            while let Some(request) = conn.request() {
                let is_german = head(&request).contains("accept-language: de");
                let body = if is_german { "guten" } else { "hello" };
                let lines = "Cache-Control: max-age=60\r\nVary: Accept-Language";
                conn.send(format!("HTTP/1.1 200 OK\r\n{lines}\r\nContent-Length: 5\r\n\r\n{body}"));
            }
        });
        let stage = Stage::passing(document(&origin, behavior)).await;
        let lines = "Accept-Language: de\r\nConnection: close, accept-language";
        let poisoning = get_with_lines(&stage, lines).await;
        assert!(poisoning.ends_with("\r\n\r\nhello"), "{poisoning}");
        let next = get_with_lines(&stage, "Accept-Language: de\r\nConnection: close").await;
        assert!(next.ends_with("\r\n\r\nguten"), "{next}");
        let none = get_with_lines(&stage, "Connection: close").await;
        assert!(none.contains("X-Cache: Hit ") && none.ends_with("hello"), "{none}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_60_a_viewer_removes_nothing_that_functions_and_the_proxy_add() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&["viewer-request"]);
    let named = ["Host", "X-User", "X-Hop", "CloudFront-Is-Desktop-Viewer"];
    behavior["forward"] = json!({ "headers": named });
    let stage = Stage::start(document(&origin, behavior), |_, request| {
        set(request, "x-user", "alice");
    })
    .await;
    let lines = "X-User: mallory\r\nX-Hop: 1\r\nUser-Agent: x\r\nCDN-Loop: other\r\nConnection: \
                 close, x-user, x-hop, host, cdn-loop, cloudfront-is-desktop-viewer";
    let answer = get_with_lines(&stage, lines).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let shown = stage.shown("viewer-request")["request"].clone();
    assert_eq!((header(&shown, "x-hop"), header(&shown, "x-user")), ("", ""));
    let sent = sent(&origin);
    for line in [
        "host: d.brink.localhost",
        "x-user: alice",
        "cloudfront-is-desktop-viewer: true",
        "cdn-loop: other, brink",
    ] {
        assert!(sent.contains(&format!("\r\n{line}")), "{line}: {sent}");
    }
    assert!(!sent.contains("x-hop") && !sent.contains("mallory"), "{sent}");
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_60_an_origin_removes_nothing_that_functions_add() {
    let lines = "Connection: x-hop, x-function\r\nX-Hop: 1\r\nContent-Length: 5";
    let origin = RawOrigin::answering(format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nhello"));
    let stage = Stage::start(document(&origin, at(&["origin-response"])), |_, response| {
        set(response, "x-function", "1");
    })
    .await;
    let reply = stage.get("/a").await;
    assert_eq!((reply.status, reply.header("x-function")), (200, "1"));
    assert_eq!(header(&stage.shown("origin-response")["response"], "x-hop"), "");
    assert_eq!(reply.header("x-hop"), "");
    stage.stop().await;
}
