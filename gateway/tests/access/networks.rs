//! Allow and deny lists, and rate limits.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::edge::{Edge, Reply};
use crate::log;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, TRIGGERS, at, document};

/// An edge that listens here, and the address at which viewers reach it.
async fn edge(origin: &RawOrigin, listen: &str, access: Value) -> Edge {
    let mut behavior = at(&TRIGGERS);
    behavior["access"] = access;
    let mut document = document(origin, behavior);
    document["ip_sets"] = json!({"home": ["127.0.0.0/8", "::1"], "office": ["192.0.2.0/24"]});
    let listen: SocketAddr = listen.parse().unwrap();
    // The function says so if it ever runs.
    Edge::listening(listen, document, |_| crate::edge::returned(&json!({"status": "299"}))).await
}

#[actix_rt::test]
async fn lists_decide_by_the_address_before_any_function() {
    log::keep();
    let origin = RawOrigin::answering(HELLO);
    for (listen, access, expected) in [
        ("127.0.0.1:0", json!({"allow": ["127.0.0.1"]}), 299),
        ("127.0.0.1:0", json!({"allow": ["office", "home"]}), 299),
        ("127.0.0.1:0", json!({"allow": ["office"]}), 403),
        ("127.0.0.1:0", json!({"allow": ["192.0.2.0/24", "2001:db8::/32"]}), 403),
        ("127.0.0.1:0", json!({"deny": ["home"]}), 403),
        ("127.0.0.1:0", json!({"deny": ["office", "127.0.0.0/31"]}), 403),
        ("127.0.0.1:0", json!({"deny": ["office"]}), 299),
        ("127.0.0.1:0", json!({"allow": ["127.0.0.0/8"], "deny": ["127.0.0.1"]}), 403),
        // IPv4 networks in the form of IPv6.
        ("127.0.0.1:0", json!({"deny": ["::ffff:127.0.0.0/104"]}), 403),
        ("127.0.0.1:0", json!({"deny": ["::/1"]}), 299),
        ("[::1]:0", json!({"allow": ["::1"]}), 299),
        ("[::1]:0", json!({"allow": ["127.0.0.1"]}), 403),
        ("[::1]:0", json!({"deny": ["::/64"]}), 403),
    ] {
        let edge = edge(&origin, listen, access.clone()).await;
        let reply = edge.get("/").await;
        assert_eq!(reply.status, expected, "{listen} {access}: {}", reply.text());
        if expected == 403 {
            assert!(reply.text().contains("from your address"), "{}", reply.text());
            let (_, lines) = log::told(async || edge.get("/").await).await;
            assert!(lines.contains("access of the behavior does not allow"), "{lines}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_listener_of_both_families_knows_ipv4_viewers() {
    let origin = RawOrigin::answering(HELLO);
    let edge = edge(&origin, "[::]:0", json!({"allow": ["127.0.0.1"]})).await;
    let four = SocketAddr::from(([127, 0, 0, 1], edge.address().port()));
    let request = "GET / HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
    assert!(crate::edge::raw(four, request).await.starts_with("HTTP/1.1 299"));
    let six = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, four.port()));
    assert!(crate::edge::raw(six, request).await.starts_with("HTTP/1.1 403"));
    edge.stop().await;
}

#[actix_rt::test]
async fn refusals_hide_no_failure_of_the_origin() {
    log::keep();
    let behaviors = json!([
        {"path": "/private/*", "origin": "web", "access": {"deny": ["127.0.0.1"]}},
        {"path": "*", "origin": "web"},
    ]);
    let web = json!({"url": "http://127.0.0.1:1", "attempts": 1});
    let edge = Edge::start(json!({
        "id": "refusing", "origins": {"web": web}, "behaviors": behaviors,
    }))
    .await;
    let started = std::time::Instant::now();
    let mut told = 0;
    for n in 0..200 {
        // The viewer chooses the host.
        let host = format!("h{n}.example");
        let reply = edge.request("GET", "/private/a", &[("Host", &host)], b"").await;
        assert_eq!(reply.status, 403);
        told += u64::from(!log::of(&reply).is_empty());
    }
    let seconds = started.elapsed().as_secs() + 2;
    assert!((1..=10 * seconds).contains(&told), "{told} lines in {seconds} s");
    let failed = edge.get("/a").await;
    assert_eq!(failed.status, 502);
    assert!(log::of(&failed).contains("cannot be reached"), "{}", log::of(&failed));
    edge.stop().await;
}

#[actix_rt::test]
async fn a_client_that_asks_too_often_gets_429() {
    log::keep();
    let origin = RawOrigin::answering(HELLO);
    let limited = json!({"rate_limit": {"requests": 3, "per": "1h"}});
    let mut document = document(&origin, at(&["viewer-request"]));
    document["behaviors"][0]["access"] = limited;
    let second = json!({"path": "/quick", "origin": "web", "access":
        {"rate_limit": {"requests": 50, "per": "1s", "burst": 1}}});
    let third = json!({"path": "/free", "origin": "web"});
    let last = document["behaviors"][0].take();
    document["behaviors"] = json!([second, third, last]);
    let edge = Edge::with_function(document, |_| json!({"status": "299"})).await;
    for _ in 0..3 {
        assert_eq!(edge.get("/a").await.status, 299);
    }
    let reply = edge.get("/a").await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1_100..=1_200).contains(&wait), "{wait}");
    assert!(reply.text().contains("too many requests"), "{}", reply.text());
    assert_eq!(reply.header("cache-control"), "no-store");
    let (_, lines) = log::told(async || edge.get("/a").await).await;
    assert!(lines.contains("over the rate limit of the behavior"), "{lines}");
    // Other behaviors count by themselves.
    assert_eq!(edge.get("/free").await.status, 200);
    let mut statuses = Vec::new();
    while statuses.iter().filter(|status| **status == 200).count() < 3 {
        statuses.push(edge.get("/quick").await.status);
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(statuses.len() < 1_000, "{statuses:?}");
    }
    assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    assert_eq!(statuses[0], 200);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_change_of_the_registry_forgets_no_client() {
    let origin = RawOrigin::answering(HELLO);
    let limited = json!({"access": {"rate_limit": {"requests": 2, "per": "1h"}}});
    let document = document(&origin, limited);
    let edge = Edge::start(document.clone()).await;
    let statuses = async || {
        let replies: [Reply; 2] = [edge.get("/").await, edge.get("/").await];
        replies.map(|reply| reply.status)
    };
    assert_eq!(statuses().await, [200, 200]);
    let mut next = document;
    next["behaviors"][0]["cache"] = json!({"default_ttl": "1m"});
    edge.apply(next).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(statuses().await, [429, 429]);
    edge.stop().await;
}
