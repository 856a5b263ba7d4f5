//! Trailers of requests and answers.

use std::sync::Arc;

use http::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::client::{Site, document};
use crate::http2_origin::{Http2Origin, Respond};
use crate::http2_viewer::{Viewer, map};
use crate::raw_origin::{Conn, RawOrigin};
use crate::tls_origin::trusts_the_tests_authority;

/// Fields that nobody may send after a body.
const FORBIDDEN: [(&str, &str); 6] = [
    ("content-length", "999"),
    ("host", "evil.test"),
    ("x-forwarded-for", "192.0.2.1"),
    ("cookie", "admin=1"),
    ("authorization", "Basic eDp5"),
    ("cloudfront-viewer-country", "XX"),
];

const HELLO: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";

/// Reads a request in chunks to its end, trailers included.
fn request(conn: &mut Conn) -> Option<String> {
    let mut text = String::new();
    while !(text.contains("\r\n0\r\n") && text.ends_with("\r\n\r\n")) {
        let bytes = conn.read();
        if bytes.is_empty() {
            return None;
        }
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    Some(text)
}

/// An origin of HTTP/1.1 that answers every upload by a body with these trailers, and the requests
/// that it got.
fn http1_origin(trailers: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let got = Arc::<Mutex<Vec<String>>>::default();
    let kept = got.clone();
    let origin = RawOrigin::start(move |mut conn| {
        while let Some(text) = request(&mut conn) {
            kept.lock().push(text);
            conn.send(format!("{HELLO}{trailers}\r\n"));
        }
    });
    (format!("http://127.0.0.1:{}", origin.port), got)
}

fn forwarding(mut behavior: Value) -> Value {
    behavior["forward"] = json!({"headers": "all"});
    behavior
}

#[actix_rt::test]
async fn trailers_pass_in_both_directions_over_http2() {
    if !trusts_the_tests_authority("trailers::trailers_pass_in_both_directions_over_http2") {
        return;
    }
    let origin = Http2Origin::start(&["h2"], |mut respond: Respond| async move {
        let answer = http::Response::builder().header("content-length", 5).body(()).unwrap();
        let mut body = respond.send_response(answer, false).unwrap();
        body.send_data("hello".into(), false).unwrap();
        let mut fields = map(&FORBIDDEN);
        fields.extend(map(&[
            ("x-sum", "5"),
            ("x-sum", "6"),
            ("x-hidden", "1"),
            ("x-cache", "Hit"),
        ]));
        body.send_trailers(fields).unwrap();
    })
    .await;
    let behavior = forwarding(json!({"response_headers": {"remove_headers": ["X-Hidden"]}}));
    let mut distribution = document(&origin.url(), behavior);
    distribution["origins"]["web"]["http_version"] = json!("2");
    let site = Site::start(distribution).await;
    let mut viewer = Viewer::connect(&site).await;
    let trailers = [&FORBIDDEN[..], &[("x-digest", "7")]].concat();
    let announced = [("trailer", "X-Digest, host"), ("content-length", "4")];
    for headers in [&announced[..1], &announced[..], &[]] {
        let reply = viewer.send("POST", "/", headers, &["bo", "dy"], &trailers).await;
        assert_eq!(reply.body.as_deref(), Ok(&b"hello"[..]));
        assert_eq!(reply.headers["content-length"], "5");
        assert_eq!(reply.trailers, map(&[("x-sum", "5"), ("x-sum", "6")]));
        let got = origin.got.lock().pop().unwrap();
        assert_eq!(
            (got.body.as_slice(), &got.trailers),
            (&b"body"[..], &map(&[("x-digest", "7")]))
        );
        let announcement = got.headers.get("trailer").map(|names| names.to_str().unwrap());
        assert_eq!(announcement, (!headers.is_empty()).then_some("x-digest"));
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn trailers_pass_in_chunks_over_http1() {
    let (url, got) = http1_origin("X-Sum: 5\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n");
    let site = Site::start(document(&url, forwarding(json!({})))).await;
    let mut viewer = Viewer::connect(&site).await;
    let trailers = [("x-digest", "7"), ("x-late", "8"), ("host", "evil.test")];
    let reply =
        viewer.send("POST", "/", &[("trailer", "x-digest, host")], &["body"], &trailers).await;
    assert_eq!(reply.body.as_deref(), Ok(&b"hello"[..]));
    assert_eq!(reply.trailers, map(&[("x-sum", "5")]));
    let sent = got.lock().pop().unwrap();
    assert!(sent.contains("\r\nTrailer: x-digest\r\n"), "{sent}");
    // hyper sends those that are announced.
    assert!(sent.ends_with("4\r\nbody\r\n0\r\nX-Digest: 7\r\n\r\n"), "{sent}");
    let reply = viewer.send("POST", "/", &[], &["body"], &trailers).await;
    assert_eq!(reply.trailers, map(&[("x-sum", "5")]));
    assert!(got.lock().pop().unwrap().ends_with("body\r\n0\r\n\r\n"));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn viewers_of_http1_get_the_body_without_its_trailers() {
    let origin = RawOrigin::answering(format!("{HELLO}X-Sum: 5\r\n\r\n"));
    let url = format!("http://127.0.0.1:{}", origin.port);
    let site = Site::start(document(&url, forwarding(json!({})))).await;
    let answer = crate::edge::raw(
        site.edge.address(),
        "GET / HTTP/1.1\r\nHost: shop.test\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n",
    );
    let answer = answer.await;
    assert!(answer.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{answer}");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_trailer_that_the_behavior_does_not_forward_stays_at_the_gateway() {
    let (url, got) = http1_origin("");
    let some = json!({"forward": {"headers": ["X-Digest", "X-Secret"]}});
    let mut distribution = document(&url, some);
    distribution["origins"]["web"]["custom_headers"] = json!({"X-Secret": "the origin's"});
    let site = Site::start(distribution).await;
    let mut viewer = Viewer::connect(&site).await;
    let trailers = [("x-digest", "7"), ("x-other", "8"), ("x-secret", "9")];
    let announced = [("trailer", "x-digest, x-other, x-secret")];
    viewer.send("POST", "/", &announced, &["body"], &trailers).await;
    let sent = got.lock().pop().unwrap();
    assert!(sent.contains("\r\nTrailer: x-digest\r\n"), "{sent}");
    assert!(sent.ends_with("body\r\n0\r\nX-Digest: 7\r\n\r\n"), "{sent}");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_request_with_a_request_function_loses_its_trailers() {
    for (trigger, include_body) in
        [("viewer-request", true), ("viewer-request", false), ("origin-request", false)]
    {
        loses_its_trailers(trigger, include_body).await;
    }
}

/// The function sees no trailers, so it could not remove one.
async fn loses_its_trailers(trigger: &str, include_body: bool) {
    let (url, got) = http1_origin("X-Sum: 5\r\n");
    let functions = json!({trigger: {"function": "f:1", "include_body": include_body}});
    let site =
        Site::with_function(document(&url, forwarding(json!({"functions": functions}))), |event| {
            event["Records"][0]["cf"]["request"].clone()
        })
        .await;
    let mut viewer = Viewer::connect(&site).await;
    let large: &'static str = "x".repeat(60_000).leak();
    let announced = [("trailer", "x-digest")];
    let reply = viewer.send("POST", "/", &announced, &[large], &[("x-digest", "7")]).await;
    assert_eq!(reply.trailers, map(&[("x-sum", "5")]));
    let sent = got.lock().pop().unwrap();
    assert!(sent.ends_with("x\r\n0\r\n\r\n") && !sent.contains("Trailer:"), "{}", sent.len());
    site.edge.stop().await;
}

#[actix_rt::test]
async fn an_answer_that_is_kept_loses_its_trailers() {
    let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n";
    let origin = RawOrigin::answering(format!("{head}5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"));
    let url = format!("http://127.0.0.1:{}", origin.port);
    let long = json!({"cache": {"min_ttl": "0s", "default_ttl": "60s", "max_ttl": "60s"}});
    let site = Site::start(document(&url, long)).await;
    let mut viewer = Viewer::connect(&site).await;
    for _ in 0..2 {
        let reply = viewer.get("/").await;
        assert_eq!(reply.body.as_deref(), Ok(&b"hello"[..]));
        assert_eq!(reply.trailers, HeaderMap::new());
    }
    assert_eq!(origin.requests().len(), 1);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn trailers_over_the_bounds_are_an_error() {
    let (url, got) = http1_origin("");
    let site = Site::start(document(&url, forwarding(json!({})))).await;
    let mut viewer = Viewer::connect(&site).await;
    let large = "x".repeat(17_000);
    let reply = viewer.send("POST", "/", &[], &["body"], &[("x-large", &large)]).await;
    assert_eq!(reply.status, 413);
    let reply = viewer.send("POST", "/", &[], &["body"], &[("x-many", "1"); 65]).await;
    assert_eq!(reply.status, 413);
    assert!(got.lock().is_empty());
    let reply = viewer.send("POST", "/", &[], &["body"], &[("x-many", "1"); 64]).await;
    assert_eq!(reply.status, 200);
    site.edge.stop().await;
    for trailers in [format!("X-Large: {large}\r\n"), "X-Many: 1\r\n".repeat(65)] {
        let (url, _) = http1_origin(trailers.leak());
        let site = Site::start(document(&url, forwarding(json!({})))).await;
        let mut viewer = Viewer::connect(&site).await;
        let reply = viewer.send("POST", "/", &[], &["body"], &[]).await;
        assert!(reply.body.is_err(), "{reply:?}");
        site.edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_viewer_of_http2_that_expects_to_continue_need_not_wait() {
    let (url, got) = http1_origin("");
    let site = Site::start(document(&url, forwarding(json!({})))).await;
    let mut viewer = Viewer::connect(&site).await;
    let expects = [("expect", "100-continue")];
    let reply = viewer.send("POST", "/", &expects, &["body"], &[]).await;
    assert_eq!((reply.status.as_u16(), reply.body.as_deref()), (200, Ok(&b"hello"[..])));
    assert!(!got.lock().pop().unwrap().to_ascii_lowercase().contains("expect"));
    site.edge.stop().await;
}
