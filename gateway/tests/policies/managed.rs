//! The managed cache policies and origin request policies.

use serde_json::json;

use super::{hello, values};
use crate::edge::Edge;
use crate::raw_origin::RawOrigin;
use crate::stage::{document, head};

/// Headers of a browser.
const VIEWER: [(&str, &str); 7] = [
    ("Host", "shop.example.com"),
    ("User-Agent", "Browser/1"),
    ("Referer", "https://a.example/"),
    ("Origin", "https://b.example"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Cookie", "a=1"),
    ("X-Method-Override", "PUT"),
];

/// The request that the origin gets, with these policies in its behavior.
async fn forwarded(policies: serde_json::Value, headers: &[(&str, &str)]) -> String {
    let origin = RawOrigin::answering(hello(""));
    let edge = Edge::start(document(&origin, policies)).await;
    edge.request("GET", "/a?x=1", headers, b"").await;
    edge.stop().await;
    head(&origin.requests()[0])
}

#[actix_rt::test]
async fn cache_policies_decide_what_is_kept_and_for_whom() {
    let origin = RawOrigin::answering(hello(""));
    for (policy, again, other_query, other_cookie, encodings) in [
        ("CachingOptimized", "Hit", "Hit", "Hit", "accept-encoding: br,gzip\r\n"),
        ("CachingOptimizedForUncompressedObjects", "Hit", "Hit", "Hit", ""),
        ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Miss", "Miss", "Miss", ""),
        ("Amplify", "Hit", "Miss", "Miss", "accept-encoding: br,gzip\r\n"),
        ("Elemental-MediaPackage", "Hit", "Hit", "Hit", "accept-encoding: gzip\r\n"),
        // The origin says nothing, and these keep only what it says.
        ("UseOriginCacheControlHeaders", "Miss", "Miss", "Miss", "accept-encoding: br,gzip\r\n"),
    ] {
        let edge = Edge::start(document(&origin, json!({ "cache_policy": policy }))).await;
        let get = async |path: &str, cookie: &'static str| {
            let mut headers = VIEWER;
            headers[5].1 = cookie;
            let reply = edge.request("GET", path, &headers, b"").await;
            reply.header("x-cache").replace(" from brink", "")
        };
        assert_eq!(get("/a?x=1", "a=1").await, "Miss", "{policy}");
        let sent = head(origin.requests().last().unwrap());
        let told = sent.lines().find(|line| line.starts_with("accept-encoding"));
        assert_eq!(told.unwrap_or_default(), encodings.trim_end(), "{policy}");
        assert_eq!(get("/a?x=1", "a=1").await, again, "{policy}");
        assert_eq!(get("/a?x=2", "a=1").await, other_query, "{policy}");
        assert_eq!(get("/a?x=1", "a=2").await, other_cookie, "{policy}");
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_cache_policy_has_the_encodings_of_compression() {
    let text = "a".repeat(2_000);
    let origin = RawOrigin::answering(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\n{text}"
    ));
    for (policy, encoding) in [
        ("CachingOptimized", "br"),
        ("Elemental-MediaPackage", "gzip"),
        ("CachingOptimizedForUncompressedObjects", ""),
        ("CachingDisabled", ""),
    ] {
        let behavior = json!({
            "cache_policy": policy, "compress": true, "response_headers_policy": "SimpleCORS",
        });
        let edge = Edge::start(document(&origin, behavior)).await;
        for _ in 0..2 {
            let reply = edge.request("GET", "/a", &VIEWER, b"").await;
            assert_eq!(reply.header("content-encoding"), encoding, "{policy}");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn an_origin_that_says_how_long_is_obeyed() {
    let origin = RawOrigin::answering(hello("Cache-Control: max-age=60\r\n"));
    for (policy, other_query) in [
        ("UseOriginCacheControlHeaders", "Hit from brink"),
        ("UseOriginCacheControlHeaders-QueryStrings", "Miss from brink"),
    ] {
        let edge = Edge::start(document(&origin, json!({ "cache_policy": policy }))).await;
        for (path, result) in
            [("/a?x=1", "Miss from brink"), ("/a?x=1", "Hit from brink"), ("/a?x=2", other_query)]
        {
            assert_eq!(edge.get(path).await.header("x-cache"), result, "{policy} {path}");
        }
        // The host and the method that a header names are in the key.
        for header in [("Host", "other.example"), ("X-HTTP-Method-Override", "PATCH")] {
            let reply = edge.request("GET", "/a?x=1", &[header], b"").await;
            assert_eq!(reply.header("x-cache"), "Miss from brink", "{header:?}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn origin_request_policies_decide_what_the_origin_gets() {
    let host = "host: shop.example.com\r\n";
    let of_viewer = ["x-method-override: put", "cookie: a=1", "referer: https://a.example/"];
    for (policy, sent, kept_back) in [
        ("AllViewer", [&[host, "/a?x=1 "], &of_viewer as &[_]].concat(), vec![]),
        (
            "AllViewerExceptHostHeader",
            [&["host: 127.0.0.1:", "/a?x=1 "], &of_viewer as &[_]].concat(),
            vec![host],
        ),
        (
            "AllViewerAndCloudFrontHeaders-2022-06",
            [
                &[host, "cloudfront-viewer-http-version: 1.1", "cloudfront-viewer-address: 127.0."]
                    as &[_],
                &["cloudfront-forwarded-proto: http\r\n", "cloudfront-is-desktop-viewer: "]
                    as &[_],
                &of_viewer as &[_],
            ]
            .concat(),
            vec!["cloudfront-viewer-header-count"],
        ),
        ("CORS-CustomOrigin", vec!["origin: https://b.example", "/a "], vec!["cookie", "referer"]),
        (
            "CORS-S3Origin",
            vec!["origin: https://b.example", "access-control-request-method: put", "/a "],
            vec!["cookie", "referer"],
        ),
        (
            "Elemental-MediaTailor-PersonalizedManifests",
            vec!["user-agent: browser/1", "x-forwarded-for: ", "/a?x=1 "],
            vec!["cookie", "referer"],
        ),
        ("HostHeaderOnly", vec![host, "/a "], vec!["cookie", "referer", "browser/1"]),
        (
            "UserAgentRefererHeaders",
            vec!["user-agent: browser/1", "referer: https://a.example/", "/a "],
            vec!["cookie", host],
        ),
    ] {
        let headers = [&VIEWER[..], &[("Access-Control-Request-Method", "PUT")]].concat();
        let request = forwarded(json!({ "origin_request_policy": policy }), &headers).await;
        for part in sent {
            assert!(request.contains(part), "{policy}: {part} is not in {request}");
        }
        for part in kept_back {
            assert!(!request.contains(part), "{policy}: {part} is in {request}");
        }
    }
}

#[actix_rt::test]
async fn parts_that_either_policy_selects_reach_the_origin() {
    let policies = json!({
        "cache_policy": "Elemental-MediaPackage",
        "origin_request_policy": "UserAgentRefererHeaders",
    });
    let request = forwarded(policies, &VIEWER).await;
    for part in ["origin: https://b.example", "user-agent: browser/1", "accept-encoding: gzip\r\n"]
    {
        assert!(request.contains(part), "{request}");
    }
    assert!(!request.contains("cookie") && request.starts_with("get /a "), "{request}");
}

#[actix_rt::test]
async fn a_document_that_names_no_such_policy_is_rejected() {
    let origin = RawOrigin::answering(hello(""));
    let edge = Edge::start(document(&origin, json!({ "cache_policy": "CachingOptimized" }))).await;
    let store = brink_shared::registry::Store::open(brink_shared::bus::EmbeddedBus::new()).await;
    let wrong = document(&origin, json!({ "cache_policy": "Optimized" }));
    let wrong = serde_json::from_value(wrong).unwrap();
    let error = store.unwrap().apply(&wrong, None).await.unwrap_err();
    let problems: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("behaviors[0].cache_policy: there is no policy \"Optimized\""));
    assert_eq!(values(&edge.get("/").await, "x-cache"), ["Miss from brink"]);
    edge.stop().await;
}
