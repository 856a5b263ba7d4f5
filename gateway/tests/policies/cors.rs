//! CORS headers over HTTP.

use serde_json::json;

use super::{hello, values, with_policy};
use crate::edge::{Edge, Reply};
use crate::raw_origin::RawOrigin;
use crate::stage::document;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// The names of the CORS headers of an answer.
fn cors(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.keys().map(|name| name.as_str());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("access-control-")).collect();
    names.sort_unstable();
    names
}

#[actix_rt::test]
async fn simple_cors_is_for_pages_of_every_origin() {
    let origin = RawOrigin::answering(hello(""));
    let behavior = json!({ "response_headers_policy": "SimpleCORS", "methods": "read-options" });
    let edge = Edge::start(document(&origin, behavior)).await;
    let page = [("Origin", "https://a.example")];
    // A stored answer has what its own viewer's page asks for.
    for (headers, expected) in [(&[] as &[_], vec![]), (&page, vec!["*"]), (&[], vec![])] {
        let reply = edge.request("GET", "/a", headers, b"").await;
        assert_eq!(values(&reply, ALLOW_ORIGIN), expected, "{headers:?}");
        assert_eq!(cors(&reply).len(), expected.len());
        assert_eq!(values(&reply, "vary"), [""; 0]);
    }
    let reply = edge.request("OPTIONS", "/a", &page, b"").await;
    assert_eq!(cors(&reply), [ALLOW_ORIGIN]);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_preflight_goes_to_the_origin_and_its_answer_gets_all_headers() {
    let origin = RawOrigin::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let behavior =
        json!({ "response_headers_policy": "CORS-With-Preflight", "methods": "read-options" });
    let edge = Edge::start(document(&origin, behavior)).await;
    let asks = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT")];
    let reply = edge.request("OPTIONS", "/a", &asks, b"").await;
    assert_eq!(reply.status, 204);
    let methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
    for (name, value) in [
        (ALLOW_ORIGIN, "*"),
        ("access-control-allow-methods", methods),
        ("access-control-expose-headers", "*"),
    ] {
        assert_eq!(reply.header(name), value);
    }
    assert_eq!(cors(&reply).len(), 3);
    assert!(origin.requests()[0].starts_with("OPTIONS /a "));
    let reply = edge.request("GET", "/a", &asks, b"").await;
    assert_eq!(cors(&reply), [ALLOW_ORIGIN, "access-control-expose-headers"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn only_listed_origins_are_told_that_they_may_read() {
    let origin = RawOrigin::answering(hello("Vary: Accept-Encoding\r\n"));
    let policy = json!({ "cors": {
        "allow_origins": ["https://*.example.com", "http://localhost:3000"],
        "allow_headers": ["content-type", "x-token"],
        "allow_methods": ["PUT", "GET"],
        "allow_credentials": true,
        "expose_headers": ["etag"],
        "max_age": "10m",
    }});
    let edge = Edge::start(with_policy(&origin, policy, json!({ "methods": "all" }))).await;
    for allowed in ["https://shop.example.com", "http://localhost:3000"] {
        let reply = edge.request("OPTIONS", "/a", &[("Origin", allowed)], b"").await;
        for (name, value) in [
            (ALLOW_ORIGIN, allowed),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type, x-token"),
            ("access-control-allow-methods", "GET, PUT"),
            ("access-control-expose-headers", "etag"),
            ("access-control-max-age", "600"),
            ("vary", "Accept-Encoding, Origin"),
        ] {
            assert_eq!(values(&reply, name), [value]);
        }
    }
    for denied in ["https://example.com", "https://shop.example.com.evil.example", "null"] {
        for method in ["GET", "OPTIONS"] {
            let reply = edge.request(method, "/a", &[("Origin", denied)], b"").await;
            assert_eq!((reply.status, cors(&reply)), (200, vec![]), "{method} {denied}");
            assert_eq!(reply.header("vary"), "Accept-Encoding, Origin");
        }
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn the_origin_servers_word_counts_unless_it_is_overridden() {
    let origin = RawOrigin::answering(hello("Access-Control-Allow-Origin: https://s.example\r\n"));
    for (overrides, listed, other) in [
        (false, "https://s.example", vec!["https://s.example"]),
        (true, "https://a.example", vec![]),
    ] {
        let cors = json!({ "allow_origins": ["https://a.example"], "override": overrides });
        let document = with_policy(&origin, json!({ "cors": cors }), json!({}));
        let edge = Edge::start(document).await;
        for (page, expected) in
            [("https://a.example", vec![listed]), ("https://s.example", other.clone())]
        {
            let reply = edge.request("GET", "/a", &[("Origin", page)], b"").await;
            assert_eq!(values(&reply, ALLOW_ORIGIN), expected, "{overrides} {page}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn the_viewers_own_origin_counts_whatever_a_function_does() {
    let origin = RawOrigin::answering(hello(""));
    let functions = json!({ "viewer-request": "f:1" });
    let behavior = json!({ "response_headers_policy": "SimpleCORS", "functions": functions });
    let stage = crate::stage::Stage::start(document(&origin, behavior), |_, request| {
        request["headers"].as_object_mut().unwrap().remove("origin");
    })
    .await;
    let reply = stage.get_with("/a", &[("Origin", "https://a.example")]).await;
    assert_eq!(reply.header(ALLOW_ORIGIN), "*");
    stage.stop().await;
}
