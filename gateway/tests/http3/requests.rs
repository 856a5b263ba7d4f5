//! Requests over HTTP/3, which are answered like those over HTTP/1.1.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::client::{Site, document};
use crate::edge::Origin;
use crate::raw_origin::RawOrigin;
use crate::site;
use crate::viewer::Viewer;

#[actix_rt::test]
async fn requests_are_answered_as_over_other_versions() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let got = viewer.run("ask", json!({"path": "/a?b=c", "headers": [["x-own", "1"]]})).await;
    assert_eq!((&got["status"], &got["reset"]), (&json!(200), &Value::Null), "{got}");
    assert!(got["body"].as_str().unwrap().starts_with("GET /a\n"), "{got}");
    assert_eq!(got["headers"]["x-cache"], "Miss from brink");
    assert!(got["headers"].get("alt-svc").is_none(), "{got}");
    let head = viewer.run("ask", json!({"path": "/tagged", "method": "HEAD"})).await;
    assert_eq!((&head["headers"]["content-length"], &head["length"]), (&json!("10"), &json!(0)));
    let headers = json!([["if-none-match", "\"t\""]]);
    let unchanged = viewer.run("ask", json!({"path": "/tagged", "headers": headers})).await;
    assert_eq!((&unchanged["status"], &unchanged["is_over"]), (&json!(304), &json!(true)));
    let kind = json!([["content-type", "x"]]);
    let upload = json!({"path": "/count", "method": "POST", "headers": kind,
                        "pieces": ["ab", "", "cd"], "times": 100_000});
    let counted = viewer.run("ask", upload).await;
    assert_eq!(counted["body"], "400000 x", "{counted}");
    let empty = json!({"path": "/empty", "method": "POST", "headers": kind, "pieces": [""]});
    let body = viewer.run("ask", empty).await["body"].clone();
    assert!(body.as_str().unwrap().starts_with("POST /empty\n"), "{body}");
    assert_eq!(viewer.get("/status/503").await["status"], 503);
    // Some viewers end a GET by an empty frame.
    let ended = viewer.run("ask", json!({"path": "/", "pieces": [""]})).await;
    assert_eq!(ended["status"], 200, "{ended}");
    let with_body = viewer.run("ask", json!({"path": "/", "pieces": ["x"]})).await;
    assert_eq!(with_body["status"], 403, "{with_body}");
    for method in ["OPTIONS", "DELETE"] {
        let request = json!({"path": "/any", "method": method, "pieces": [""]});
        let echo = viewer.run("ask", request).await["body"].as_str().unwrap().to_owned();
        assert!(echo.starts_with(&format!("{method} /any\n")), "{echo}");
        assert!(!echo.contains("transfer-encoding"), "{echo}");
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn many_requests_of_one_connection_run_at_once() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let paths: Vec<String> = (0..100).map(|n| format!("/many/{n}")).collect();
    let answers = viewer.run("many", json!({ "paths": paths })).await;
    for (answer, path) in answers.as_array().unwrap().iter().zip(&paths) {
        let body = answer["body"].as_str().unwrap();
        assert!(body.starts_with(&format!("GET {path}\n")), "{answer}");
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_large_answer_arrives_whole() {
    let body = vec![b'x'; 3_000_000];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let origin = RawOrigin::answering([head.as_bytes(), &body].concat());
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let got = viewer.get("/").await;
    assert_eq!((&got["length"], &got["reset"]), (&json!(3_000_000), &Value::Null));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn an_answer_that_the_origin_breaks_off_is_not_shown_as_whole() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            if request.starts_with("GET /broken") {
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                return;
            }
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive");
        }
    });
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let got = viewer.get("/broken").await;
    assert!(got["reset"].is_number(), "{got}");
    assert_eq!(viewer.get("/alive").await["body"], "alive");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn functions_run_at_all_four_triggers_and_learn_of_the_viewer() {
    let origin = Origin::start().await;
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = seen.clone();
    let function = move |event: Value| {
        let cf = event["Records"][0]["cf"].clone();
        kept.lock().push(cf.clone());
        let kind = cf["config"]["eventType"].as_str().unwrap().to_owned();
        let side = if kind.ends_with("request") { "request" } else { "response" };
        let mut value = cf[side].clone();
        let name = format!("x-{kind}");
        value["headers"][&name] = json!([{"key": name, "value": "ran"}]);
        value
    };
    let behavior = json!({
        "forward": {"headers": [
            "CloudFront-Viewer-TLS", "CloudFront-Viewer-JA3-Fingerprint",
            "CloudFront-Viewer-JA4-Fingerprint", "CloudFront-Viewer-Http-Version",
        ]},
        "functions": {"viewer-request": "f:1", "origin-request": "f:1",
                      "origin-response": "f:1", "viewer-response": "f:1"},
    });
    let site = Site::open(document(&origin.url(), behavior), function, true).await;
    let mut viewer = Viewer::connected(&site).await;
    let got = viewer.get("/").await;
    assert_eq!(got["status"], 200, "{got}");
    for name in ["x-origin-response", "x-viewer-response"] {
        assert_eq!(got["headers"][name], "ran", "{got}");
    }
    assert!(got["body"].as_str().unwrap().contains("x-origin-request: ran"), "{got}");
    let at_origin = seen.lock()[1]["request"]["headers"].clone();
    let value = |name: &str| at_origin[name][0]["value"].as_str().unwrap_or_default().to_owned();
    let tls = value("cloudfront-viewer-tls");
    assert_eq!(tls, "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake");
    assert_eq!(value("cloudfront-viewer-http-version"), "3.0");
    assert_eq!(value("cloudfront-viewer-ja3-fingerprint").len(), 32);
    let ja4 = value("cloudfront-viewer-ja4-fingerprint");
    assert!(ja4.starts_with("q13d") && ja4[..10].ends_with("h3"), "{ja4}");
    // A session that continues is told as one, and early data stay off.
    viewer.get("/again").await;
    viewer.run("close", json!({})).await;
    let opened = viewer.open(json!({})).await;
    assert_eq!((&opened["resumed"], &opened["early"]), (&json!(true), &json!(false)), "{opened}");
    viewer.get("/resumed").await;
    let headers = seen.lock().iter().rev().find_map(|cf| {
        let told = &cf["request"]["headers"]["cloudfront-viewer-tls"][0]["value"];
        told.as_str().map(str::to_owned)
    });
    assert!(headers.unwrap().ends_with(":sessionResumed"));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn answers_come_from_the_cache_for_all_versions() {
    let origin = Origin::start().await;
    let document = json!({"id": "d", "origins": {"web": {"url": origin.url()}},
                          "behaviors": [{"path": "*", "origin": "web"}]});
    let site = site(document).await;
    let first = site.get("/cache/60").await;
    assert!(first.contains("X-Cache: Miss from brink"), "{first}");
    let offer = format!("Alt-Svc: h3=\":{}\"; ma=86400\r\n", 443);
    assert!(first.contains(&offer), "{first}");
    let mut viewer = Viewer::connected(&site).await;
    let got = viewer.get("/cache/60").await;
    assert_eq!(
        (&got["headers"]["x-cache"], &got["body"]),
        (&json!("Hit from brink"), &json!("answer 1"))
    );
    site.edge.stop().await;
}

#[actix_rt::test]
async fn trailers_pass_in_both_directions() {
    let got = Arc::<Mutex<String>>::default();
    let kept = got.clone();
    let origin = RawOrigin::start(move |mut conn| {
        let mut text = String::new();
        while !(text.contains("\r\n0\r\n") && text.ends_with("\r\n\r\n")) {
            let bytes = conn.read();
            if bytes.is_empty() {
                return;
            }
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
        *kept.lock() = text;
        conn.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\
             X-Sum: 5\r\nHost: evil.test\r\n\r\n",
        );
    });
    let url = format!("http://127.0.0.1:{}", origin.port);
    let site = site(document(&url, json!({"forward": {"headers": "all"}}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let upload = json!({
        "path": "/", "method": "POST", "headers": [["trailer", "x-digest"]],
        "pieces": ["body"], "trailers": [["x-digest", "7"], ["host", "evil.test"]],
    });
    let answer = viewer.run("ask", upload).await;
    let told = (&answer["body"], &answer["trailers"]);
    assert_eq!(told, (&json!("hello"), &json!([["x-sum", "5"]])), "{answer}");
    let sent = got.lock().clone();
    assert!(sent.ends_with("4\r\nbody\r\n0\r\nX-Digest: 7\r\n\r\n"), "{sent}");
    site.edge.stop().await;
}
