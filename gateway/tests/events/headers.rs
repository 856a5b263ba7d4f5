//! The headers that events show on each side.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, header};

const GET: &str = "GET /a HTTP/1.1\r\nHost: Shop.Example.com\r\nuser-agent: theirs\r\n\
    cookie: a=1; b=2\r\nCookie: c=3\r\nCache-Control: no-cache\r\nX-Forwarded-For: 192.0.2.1\r\n\
    X-Edge-Own: 1\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";

fn names(request: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        request["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[actix_rt::test]
async fn the_viewers_side_has_the_viewers_headers() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&TRIGGERS))).await;
    stage.raw(GET).await;
    for trigger in ["viewer-request", "viewer-response"] {
        let request = stage.shown(trigger)["request"].clone();
        let shown = ["cache-control", "cookie", "host", "user-agent", "x-forwarded-for"];
        assert_eq!(names(&request), shown, "{trigger}");
        assert_eq!(header(&request, "host"), "Shop.Example.com");
        assert_eq!(header(&request, "user-agent"), "theirs");
        let cookies = json!([
            {"key": "Cookie", "value": "a=1; b=2"}, {"key": "Cookie", "value": "c=3"},
        ]);
        assert_eq!(request["headers"]["cookie"], cookies);
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn the_origin_side_sees_the_request_as_it_will_be_sent() {
    let origin = RawOrigin::answering(HELLO);
    for (forward, more) in [
        (json!({}), vec![]),
        (json!({"headers": ["Cache-Control"], "cookies": ["c"]}), vec!["cache-control", "cookie"]),
    ] {
        let mut behavior = at(&TRIGGERS);
        behavior["forward"] = forward;
        let stage = Stage::passing(document(&origin, behavior)).await;
        stage.raw(GET).await;
        for trigger in ["origin-request", "origin-response"] {
            let request = stage.shown(trigger)["request"].clone();
            let always = ["host", "user-agent", "via", "x-forwarded-for"];
            assert_eq!(names(&request), [&more[..], &always].concat(), "{trigger}");
            let host = format!("127.0.0.1:{}", origin.port);
            let via = "1.1 g1.brink (Brink)";
            for (name, value) in [
                ("host", host.as_str()),
                ("user-agent", "Amazon CloudFront"),
                ("via", via),
                ("x-forwarded-for", "192.0.2.1, 127.0.0.1"),
                ("cache-control", if more.is_empty() { "" } else { "no-cache" }),
                ("cookie", if more.is_empty() { "" } else { "c=3" }),
            ] {
                assert_eq!(header(&request, name), value, "{trigger} {name}");
            }
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn a_bodys_framing_is_shown_to_the_origins_side() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&["origin-request"]))).await;
    for (framing, body, name, value) in [
        ("Content-Length: 2", "hi", "content-length", "2"),
        ("Transfer-Encoding: chunked", "2\r\nhi\r\n0\r\n\r\n", "transfer-encoding", "chunked"),
    ] {
        let post = format!("POST /a HTTP/1.1\r\nHost: a\r\n{framing}\r\nConnection: close\r\n\r\n");
        let reply = stage.raw(&format!("{post}{body}")).await;
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
        assert_eq!(header(&stage.shown("origin-request")["request"], name), value);
        let sent = origin.requests().pop().unwrap();
        assert!(sent.ends_with(body), "{sent}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn an_answers_lines_status_and_words_are_shown() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 203 Nearly\r\nset-cookie: a=1\r\nSET-COOKIE: b=2\r\nContent-Length: 5\r\n\r\nhello",
    );
    let mut behavior = at(&["origin-response", "viewer-response"]);
    behavior["forward"] = json!({"cookies": "all"});
    let stage = Stage::passing(document(&origin, behavior)).await;
    stage.get("/a").await;
    for trigger in ["origin-response", "viewer-response"] {
        let response = stage.shown(trigger)["response"].clone();
        assert_eq!(
            (&response["status"], &response["statusDescription"]),
            (&json!("203"), &json!("Nearly"))
        );
        let cookies = json!([
            {"key": "Set-Cookie", "value": "a=1"}, {"key": "Set-Cookie", "value": "b=2"},
        ]);
        assert_eq!(response["headers"]["set-cookie"], cookies);
        assert_eq!(header(&response, "content-length"), "5");
    }
    stage.stop().await;
}
