//! Security headers, custom headers and removed ones, on every kind of answer.

use serde_json::{Value, json};

use super::{hello, values, with_policy};
use crate::edge::{Edge, Reply, raw};
use crate::raw_origin::RawOrigin;
use crate::stage::{Stage, at, document, header, put, set};

/// The security headers of CloudFront's policy.
const SECURITY: [(&str, &str); 5] = [
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-xss-protection", "1; mode=block"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
];

fn is_secure(reply: &Reply) -> bool {
    SECURITY.iter().all(|(name, value)| values(reply, name) == [*value])
}

#[actix_rt::test]
async fn the_policy_is_for_every_answer_of_its_behavior() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            let target = request.split(' ').nth(1).unwrap();
            conn.send(match target {
                "/gone" => "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n".to_owned(),
                "/broken" => "HTTP/9\r\n\r\n".to_owned(),
                _ => hello("ETag: \"t\"\r\n"),
            });
        }
    });
    let mut document = document(&origin, json!({}));
    document["behaviors"] = json!([
        { "path": "/page", "origin": "web" },
        { "path": "/plain", "origin": "web" },
        {
            "path": "/secure",
            "viewer_protocol_policy": "redirect-to-https",
            "access": { "deny": ["here"] },
        },
        { "path": "/denied", "access": { "deny": ["here"] } },
        { "path": "*" },
    ]);
    for behavior in document["behaviors"].as_array_mut().unwrap().iter_mut().skip(2) {
        behavior["origin"] = json!("web");
        behavior["response_headers_policy"] = json!("SecurityHeadersPolicy");
    }
    document["ip_sets"] = json!({ "here": ["127.0.0.0/8"] });
    document["error_pages"] = json!([{ "status": 404, "path": "/page" }]);
    let edge = Edge::start(document).await;
    for (method, path, headers, status, result) in [
        ("GET", "/a", &[] as &[_], 200, "Miss"),
        ("GET", "/a", &[], 200, "Hit"),
        ("HEAD", "/a", &[], 200, "Hit"),
        ("GET", "/a", &[("If-None-Match", "\"t\"")], 304, "Hit"),
        ("GET", "/a", &[("Range", "bytes=1-2")], 206, "Hit"),
        ("GET", "/a", &[("Range", "bytes=9-")], 416, "Hit"),
        ("GET", "/gone", &[], 404, "Error"),
        ("GET", "/broken", &[], 502, "Error"),
        ("POST", "/a", &[], 403, "Error"),
        ("GET", "/denied", &[], 403, "Error"),
        ("GET", "/secure", &[], 301, "Redirect"),
    ] {
        let reply = edge.request(method, path, headers, b"").await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("x-cache"), format!("{result} from brink"), "{method} {path}");
        assert!(is_secure(&reply), "{method} {path}: {:?}", reply.headers);
        assert_eq!(values(&reply, "x-amz-cf-id").len(), 1);
        if status == 416 {
            // No cache may take it for the object.
            for name in ["age", "cache-control", "etag", "last-modified"] {
                assert_eq!(values(&reply, name), [""; 0], "{name}");
            }
        }
    }
    assert!(!is_secure(&edge.get("/plain").await));
    edge.stop().await;
}

#[actix_rt::test]
async fn answers_of_functions_have_the_policy_too() {
    let origin = RawOrigin::answering(hello(""));
    for trigger in ["viewer-request", "origin-request"] {
        let mut behavior = at(&[trigger]);
        behavior["response_headers_policy"] = json!("SecurityHeadersPolicy");
        let made = json!({ "status": "200", "body": "made" });
        let stage = Stage::putting(document(&origin, behavior), trigger, [("", made)]).await;
        let reply = stage.get("/0").await;
        assert_eq!((reply.text().as_str(), is_secure(&reply)), ("made", true), "{trigger}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn the_viewer_response_function_sees_the_policys_headers_and_has_the_last_word() {
    let origin = RawOrigin::answering(hello("X-Powered-By: php\r\n"));
    let policy = json!({
        "custom_headers": {
            "X-Change": { "value": "policy", "override": true },
            "X-Drop": { "value": "policy" },
        },
        "remove_headers": ["x-powered-by"],
    });
    let document = with_policy(&origin, policy, at(&["viewer-response"]));
    let stage = Stage::start(document, |_, response| {
        set(response, "x-change", "function");
        set(response, "x-powered-by", "function");
        put(response, "/headers/x-drop", Value::Null);
    })
    .await;
    let reply = stage.get("/a").await;
    let shown = stage.shown("viewer-response")["response"].clone();
    assert_eq!(header(&shown, "x-change"), "policy");
    assert_eq!(header(&shown, "x-drop"), "policy");
    assert_eq!(header(&shown, "x-powered-by"), "");
    assert_eq!(values(&reply, "x-change"), ["function"]);
    assert_eq!(values(&reply, "x-powered-by"), ["function"]);
    assert_eq!(values(&reply, "x-drop"), [""; 0]);
    stage.stop().await;
}

#[actix_rt::test]
async fn the_origins_headers_stay_unless_the_policy_overrides_or_removes_them() {
    let origin = RawOrigin::answering(hello(
        "X-Frame-Options: DENY\r\nX-Content-Type-Options: none\r\nSet-Own: 1\r\nset-own: 2\r\n\
         X-Old: 1\r\n",
    ));
    let policy = json!({
        "security": {
            "frame_options": { "option": "SAMEORIGIN" },
            "content_type_options": { "override": true },
            "content_security_policy": { "policy": "default-src 'self'" },
        },
        "custom_headers": { "Set-Own": { "value": "policy", "override": true }, "X-Empty": {} },
        "remove_headers": ["X-OLD", "Content-Type"],
    });
    let edge = Edge::start(with_policy(&origin, policy, json!({}))).await;
    for result in ["Miss from brink", "Hit from brink"] {
        let reply = edge.get("/a").await;
        assert_eq!(reply.header("x-cache"), result);
        for (name, expected) in [
            ("x-frame-options", vec!["DENY"]),
            ("x-content-type-options", vec!["nosniff"]),
            ("content-security-policy", vec!["default-src 'self'"]),
            ("set-own", vec!["policy"]),
            ("x-empty", vec![""]),
            ("x-old", vec![]),
        ] {
            assert_eq!(values(&reply, name), expected, "{name}");
        }
        assert_eq!(reply.text(), "hello");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn headers_that_the_gateway_writes_are_removed_or_written_anew() {
    let origin = RawOrigin::answering(hello(
        "Server: origin\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nETag: \"t\"\r\n",
    ));
    let removed = json!(["Server", "Date", "Age", "Accept-Ranges", "ETag"]);
    let policy = json!({ "remove_headers": removed });
    let edge = Edge::start(with_policy(&origin, policy, json!({}))).await;
    for _ in 0..2 {
        let reply = edge.get("/a").await;
        assert_eq!(values(&reply, "server"), ["Brink"]);
        let date = values(&reply, "date");
        assert!(date.len() == 1 && !date[0].contains("2024"), "{date:?}");
        for name in ["age", "accept-ranges", "etag"] {
            assert_eq!(values(&reply, name), [""; 0], "{name}");
        }
    }
    edge.stop().await;
    // Without the policy they are there.
    let edge = Edge::start(document(&origin, json!({}))).await;
    for (name, expected) in [("server", "origin"), ("accept-ranges", "bytes"), ("etag", "\"t\"")] {
        assert_eq!(edge.get("/a").await.header(name), expected);
    }
    assert_eq!(values(&edge.get("/a").await, "age").len(), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_policy_may_set_age_and_cache_control_for_viewers_only() {
    let origin = RawOrigin::answering(hello("Cache-Control: max-age=60\r\n"));
    let policy = json!({ "custom_headers": {
        "Cache-Control": { "value": "no-store", "override": true },
        "Age": { "value": "7", "override": true },
    }});
    let edge = Edge::start(with_policy(&origin, policy, json!({}))).await;
    for result in ["Miss from brink", "Hit from brink"] {
        let reply = edge.get("/a").await;
        assert_eq!(reply.header("x-cache"), result);
        assert_eq!(values(&reply, "cache-control"), ["no-store"]);
        assert_eq!(values(&reply, "age"), ["7"]);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_policy_does_not_say_how_long_errors_are_kept() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(match request.starts_with("GET /page") {
                true => hello("Cache-Control: max-age=2\r\n"),
                false => hello("Expires: 0\r\n"),
            });
        }
    });
    let year = json!({ "value": "max-age=31536000", "override": true });
    let policy = json!({
        "custom_headers": {
            "Cache-Control": year,
            "Expires": { "value": "Fri, 01 Jan 2100 00:00:00 GMT", "override": true },
            "Age": { "value": "7", "override": true },
            "X-Policy": { "value": "own" },
        },
        "remove_headers": ["Pragma"],
    });
    let mut document = with_policy(&origin, policy, json!({}));
    let behavior = |path: &str, access: Value| {
        let mut behavior = document["behaviors"][0].clone();
        behavior["path"] = json!(path);
        behavior["access"] = access;
        behavior
    };
    let behaviors = [
        behavior("/denied", json!({ "deny": ["127.0.0.0/8"] })),
        behavior("/rated", json!({ "rate_limit": { "requests": 1, "per": "1h" } })),
        behavior("*", json!({})),
    ];
    document["behaviors"] = json!(behaviors);
    let mut with_page = document.clone();
    with_page["error_pages"] = json!([{ "status": 403, "path": "/page" }]);
    let edge = Edge::start(document).await;
    for (path, status, cache_control) in [
        ("/rated", 200, "max-age=31536000"),
        ("/rated", 429, "no-store"),
        ("/denied", 403, "no-store"),
    ] {
        let reply = edge.get(path).await;
        assert_eq!((reply.status, values(&reply, "x-policy")), (status, vec!["own"]), "{path}");
        assert_eq!(values(&reply, "cache-control"), [cache_control], "{path}");
        let is_kept = status == 200;
        assert_eq!(values(&reply, "expires").len(), usize::from(is_kept), "{path}");
        assert_eq!(values(&reply, "age").len(), usize::from(is_kept), "{path}");
    }
    edge.stop().await;
    let edge = Edge::start(with_page).await;
    let reply = edge.get("/denied").await;
    assert_eq!((reply.status, reply.text().as_str()), (403, "hello"));
    assert_eq!(values(&reply, "x-policy"), ["own"]);
    assert_eq!(values(&reply, "cache-control"), ["no-store"], "the page's own is for the page");
    assert_eq!(values(&reply, "expires"), [""; 0]);
    assert_eq!(values(&edge.get("/page").await, "cache-control"), ["max-age=31536000"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_changed_policy_takes_effect_with_its_distribution() {
    let origin = RawOrigin::answering(hello(""));
    let document = |value: &str| {
        let policy = json!({ "custom_headers": { "X-Policy": { "value": value } } });
        with_policy(&origin, policy, json!({}))
    };
    let edge = Edge::start(document("1")).await;
    assert_eq!(edge.get("/a").await.header("x-policy"), "1");
    edge.apply(document("2")).await;
    // The stored copy is the same; its headers come from the policy of the moment.
    while edge.get("/a").await.header("x-policy") != "2" {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert_eq!(origin.requests().len(), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_websocket_is_opened_as_without_a_policy() {
    let agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nbye";
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        conn.send(agreed);
    });
    let policy = json!({ "custom_headers": { "X-Policy": {} }, "server_timing": 100 });
    let edge = Edge::start(with_policy(&origin, policy, json!({}))).await;
    let asked = "GET / HTTP/1.1\r\nHost: d.brink.localhost\r\nOrigin: https://a.example\r\n\
                 Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let answer = raw(edge.address(), asked).await;
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\nbye"), "{answer}");
    assert!(!answer.contains("X-Policy") && !answer.contains("Server-Timing"), "{answer}");
    edge.stop().await;
}
