//! Gateways that ask each other before they ask an origin, on a real NATS server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "shield/fleet.rs"]
mod fleet;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "access_log/logged_edge.rs"]
mod logged_edge;
#[path = "shield/questions.rs"]
mod questions;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use fleet::{Fleet, ok, origin, shielded};

const KEPT: &str = "Cache-Control: max-age=60\r\n";

fn at(triggers: &[&str]) -> Value {
    let functions: Value = triggers.iter().map(|t| ((*t).to_owned(), json!("f:1"))).collect();
    json!({ "methods": "all", "functions": functions })
}

#[actix_rt::test]
async fn many_gateways_fetch_an_object_once_and_run_its_functions_once() {
    let origin = origin(|_, count| {
        std::thread::sleep(Duration::from_millis(300));
        ok(KEPT, &format!("answer {count}"))
    });
    let all = ["viewer-request", "origin-request", "origin-response", "viewer-response"];
    let fleet = Fleet::start(shielded(&origin, at(&all))).await;
    let members = [
        fleet.gateway("fra-1", Some("fra")).await,
        fleet.gateway("fra-2", Some("fra")).await,
        fleet.gateway("iad-1", None).await,
        fleet.gateway("iad-2", None).await,
    ];
    fleet.settled(members.len()).await;
    let requests = members.iter().flat_map(|member| (0..5).map(|_| member.get("/film")));
    let replies = join_all(requests).await;
    for reply in &replies {
        assert_eq!((reply.status, reply.text().as_str()), (200, "answer 0"));
        assert_eq!(reply.header("x-origin-response"), "ran");
        assert_eq!(reply.header("x-viewer-response"), "ran");
    }
    assert_eq!(origin.requests().len(), 1, "{:?}", origin.requests());
    // The origin sees the viewer and its request, wherever they came in.
    let head = origin.requests()[0].to_ascii_lowercase();
    assert!(head.contains("x-forwarded-for: 127.0.0.1\r\n"), "{head}");
    assert!(
        head.contains("x-origin-request: ran\r\n") && head.contains("cdn-loop: brink\r\n"),
        "{head}"
    );
    let events = fleet.events();
    let of = |trigger: &str| events.iter().filter(|(at, _)| at == trigger).count();
    assert_eq!(all.map(of), [20, 1, 1, 20]);
    let asked = events.iter().find(|(trigger, _)| trigger == "origin-request").unwrap();
    let id = asked.1["config"]["requestId"].as_str().unwrap();
    assert!(replies.iter().any(|reply| reply.header("x-amz-cf-id") == id));
    fleet.stop(members).await;
}

#[actix_rt::test]
async fn a_hit_at_the_shield_is_a_hit_and_the_log_says_whose() {
    let origin = origin(|_, count| ok(KEPT, &format!("answer {count}")));
    let timed = json!({ "response_headers": { "server_timing": 100.0 } });
    let fleet = Fleet::start(shielded(&origin, timed)).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    let (first, second) = (fleet.gateway("iad-1", None).await, fleet.gateway("nrt-1", None).await);
    fleet.settled(3).await;
    let miss = first.get("/film").await;
    assert_eq!(miss.header("x-cache"), "Miss from brink");
    assert!(miss.header("server-timing").starts_with("cdn-upstream-layer;desc=\"Origin Shield\","));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let hit = second.get("/film").await;
    assert_eq!((hit.header("x-cache"), hit.text().as_str()), ("Hit from brink", "answer 0"));
    assert!(hit.header("server-timing").contains("cdn-hit-layer;desc=\"Origin Shield\""));
    assert!(matches!(hit.header("age").parse(), Ok(1..=9_u32)), "{:?}", hit.headers);
    let own = second.get("/film").await;
    assert!(own.header("server-timing").contains("cdn-hit-layer;desc=\"EDGE\""));
    assert_eq!(origin.requests().len(), 1);
    // The shield logs viewers only.
    assert_eq!(shield.log().await.lines().count(), 0);
    let (first, second) = (first.log().await, second.log().await);
    assert_eq!(first.by("cs-uri-stem", "/film").results(), ["Miss"; 3]);
    let results: Vec<_> = second.lines().map(|line| line.results()).collect();
    assert_eq!(results, [["Hit", "Hit", "OriginShieldHit"], ["Hit"; 3]]);
    fleet.stop([]).await;
}

#[actix_rt::test]
async fn ranges_heads_and_confirmations_come_from_the_shield() {
    let origin = origin(|request, _| {
        if request.contains("If-None-Match: \"t\"") {
            return "HTTP/1.1 304 Not Modified\r\nETag: \"t\"\r\n\r\n".to_owned();
        }
        let lines = "Cache-Control: max-age=2\r\nETag: \"t\"\r\n";
        let whole = ok(lines, "0123456789");
        if request.starts_with("HEAD") { whole.replace("0123456789", "") } else { whole }
    });
    let fleet = Fleet::start(shielded(&origin, json!({}))).await;
    let members = [
        fleet.gateway("fra-1", Some("fra")).await,
        fleet.gateway("iad-1", None).await,
        fleet.gateway("nrt-1", None).await,
    ];
    fleet.settled(3).await;
    assert_eq!(members[1].get("/film").await.text(), "0123456789");
    let range = members[2].request("GET", "/film", &[("range", "bytes=2-4")], b"").await;
    assert_eq!((range.status, range.text().as_str()), (206, "234"));
    assert_eq!(range.header("content-range"), "bytes 2-4/10");
    let beyond = members[2].request("GET", "/film", &[("range", "bytes=90-")], b"").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */10"));
    let head = members[2].request("HEAD", "/film", &[], b"").await;
    assert_eq!((head.status, head.header("content-length")), (200, "10"));
    assert_eq!(origin.requests().len(), 1);
    let unchanged = members[2].request("GET", "/film", &[("if-none-match", "\"t\"")], b"").await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    // The copies of both are stale. The gateway's one is confirmed by the shield's, and that by the
    // origin.
    let confirmed = members[1].get("/film").await;
    assert_eq!((confirmed.status, confirmed.text().as_str()), (200, "0123456789"));
    assert_eq!(confirmed.header("x-cache"), "RefreshHit from brink");
    assert_eq!(origin.requests().len(), 2);
    let other = members[2].get("/film").await;
    assert_eq!(other.text(), "0123456789");
    assert_eq!(origin.requests().len(), 2);
    fleet.stop(members).await;
}

#[actix_rt::test]
async fn no_gateway_keeps_an_object_for_longer_than_its_shield() {
    let origin = origin(|_, count| ok("", &format!("answer {count}")));
    let cache = json!({ "cache": { "default_ttl": "3s", "max_ttl": "3s" } });
    let fleet = Fleet::start(shielded(&origin, cache)).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    let (first, second) = (fleet.gateway("iad-1", None).await, fleet.gateway("nrt-1", None).await);
    fleet.settled(3).await;
    assert_eq!(first.get("/film").await.text(), "answer 0");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(second.get("/film").await.text(), "answer 0");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(second.get("/film").await.text(), "answer 1");
    fleet.stop([shield, first, second]).await;
}

#[actix_rt::test]
async fn a_write_at_one_gateway_outdates_the_copies_of_the_shield() {
    let origin = origin(|_, count| ok(KEPT, &format!("answer {count}")));
    let fleet = Fleet::start(shielded(&origin, json!({ "methods": "all" }))).await;
    let members = [fleet.gateway("fra-1", Some("fra")).await, fleet.gateway("iad-1", None).await];
    fleet.settled(2).await;
    assert_eq!(members[1].get("/cart").await.text(), "answer 0");
    assert_eq!(members[1].get("/cart").await.text(), "answer 0");
    assert_eq!(members[1].request("POST", "/cart", &[], b"more").await.text(), "answer 1");
    assert_eq!(members[1].get("/cart").await.text(), "answer 2");
    assert_eq!(members[1].get("/other").await.text(), "answer 3");
    // The shield has the new copy. It does not take the write that it heard of for one of its own.
    assert_eq!(members[0].get("/cart").await.text(), "answer 2");
    assert_eq!(members[0].request("POST", "/cart", &[], b"more").await.text(), "answer 4");
    assert_eq!(members[0].get("/cart").await.text(), "answer 5");
    assert_eq!(members[0].get("/cart").await.text(), "answer 5");
    assert_eq!(origin.requests().len(), 6);
    fleet.stop(members).await;
}

#[actix_rt::test]
async fn the_origins_fault_is_told_as_it_is_and_the_secondary_is_asked() {
    let dead = raw_origin::RawOrigin::closed_port();
    let good = origin(|_, count| ok(KEPT, &format!("answer {count}")));
    let mut document = shielded(&good, json!({}));
    let url = format!("http://127.0.0.1:{dead}");
    let shield = json!({ "site": "fra" });
    document["origins"]["dead"] = json!({ "url": url, "attempts": 1, "origin_shield": shield });
    document["origin_groups"] = json!({ "both": { "primary": "dead", "secondary": "web" } });
    let behavior = |path: &str, origin: &str| json!({ "path": path, "origin": origin });
    document["behaviors"] = json!([behavior("/both/*", "both"), behavior("*", "dead")]);
    let fleet = Fleet::start(document).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    let (first, second) = (fleet.gateway("iad-1", None).await, fleet.gateway("nrt-1", None).await);
    fleet.settled(3).await;
    assert_eq!(first.get("/").await.status, 502);
    assert_eq!(first.get("/both/film").await.text(), "answer 0");
    assert_eq!(second.get("/both/film").await.text(), "answer 0");
    assert_eq!(good.requests().len(), 1);
    let log = first.log().await;
    let failed = log.by("cs-uri-stem", "/");
    assert_eq!(failed.get("x-edge-detailed-result-type"), "OriginConnectError");
    fleet.stop([shield, second]).await;
}

#[actix_rt::test]
async fn an_expired_copy_at_the_shield_does_not_hide_a_failure_from_failover() {
    let primary = origin(|_, count| match count {
        0 => ok("Cache-Control: max-age=1\r\n", "old"),
        _ => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    let secondary = origin(|_, _| ok(KEPT, "from the secondary"));
    let mut document = shielded(&primary, json!({}));
    document["origins"]["spare"] = json!({
        "url": format!("http://127.0.0.1:{}", secondary.port), "attempts": 1,
    });
    let group = json!({ "primary": "web", "secondary": "spare", "failover": [503] });
    document["origin_groups"] = json!({ "both": group });
    let behavior = |path: &str, origin: &str| json!({ "path": path, "origin": origin });
    document["behaviors"] = json!([behavior("/both/*", "both"), behavior("*", "web")]);
    let fleet = Fleet::start(document).await;
    let (shield, far) =
        (fleet.gateway("fra-1", Some("fra")).await, fleet.gateway("iad-1", None).await);
    fleet.settled(2).await;
    assert_eq!(shield.get("/both/film").await.text(), "old");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(far.get("/both/film").await.text(), "from the secondary");
    assert_eq!(primary.requests().len(), 2);
    fleet.stop([shield, far]).await;
}

#[actix_rt::test]
async fn requests_that_no_cache_answers_go_to_the_origin_directly() {
    let origin = origin(|_, count| ok(KEPT, &format!("answer {count}")));
    let mut document = shielded(&origin, at(&["origin-request"]));
    let zero = json!({ "min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s" });
    let uncached = json!({ "path": "/live/*", "origin": "web", "cache": zero });
    document["behaviors"].as_array_mut().unwrap().insert(0, uncached);
    let fleet = Fleet::start(document).await;
    let members = [fleet.gateway("fra-1", Some("fra")).await, fleet.gateway("iad-1", None).await];
    fleet.settled(2).await;
    let via = |n: usize| origin.requests()[n].to_ascii_lowercase();
    assert_eq!(members[1].get("/live/score").await.text(), "answer 0");
    assert!(via(0).contains("via: 1.1 iad-1.brink (brink)\r\n"), "{}", via(0));
    assert_eq!(members[1].request("POST", "/form", &[], b"x").await.text(), "answer 1");
    assert!(via(1).contains("via: 1.1 iad-1.brink (brink)\r\n"), "{}", via(1));
    assert_eq!(members[1].get("/film").await.text(), "answer 2");
    assert!(via(2).contains("via: 1.1 fra-1.brink (brink)\r\n"), "{}", via(2));
    fleet.stop(members).await;
}

#[actix_rt::test]
async fn compressed_answers_are_compressed_at_the_viewers_gateway() {
    let text = "a line of text that is long enough\n".repeat(200);
    let body = text.clone();
    let origin = origin(move |_, _| ok(&format!("{KEPT}Content-Type: text/plain\r\n"), &body));
    let behavior = json!({ "compress": true, "cache": { "accept_encoding": ["gzip"] } });
    let fleet = Fleet::start(shielded(&origin, behavior)).await;
    let shield = fleet.gateway("fra-1", Some("fra")).await;
    let (first, second) = (fleet.gateway("iad-1", None).await, fleet.gateway("nrt-1", None).await);
    fleet.settled(3).await;
    for gateway in [&first, &second] {
        let reply = gateway.request("GET", "/text", &[("accept-encoding", "gzip")], b"").await;
        assert_eq!(reply.header("content-encoding"), "gzip");
        let mut plain = String::new();
        let mut decoder = flate2::read::GzDecoder::new(reply.body.as_slice());
        std::io::Read::read_to_string(&mut decoder, &mut plain).unwrap();
        assert_eq!(plain, text);
    }
    assert_eq!(origin.requests().len(), 1);
    fleet.stop([shield, first, second]).await;
}

#[actix_rt::test]
async fn a_shield_that_stops_answers_what_it_has_and_gets_no_more() {
    let origin = origin(|request, count| {
        if request.contains("/slow") {
            std::thread::sleep(Duration::from_secs(2));
        }
        ok(KEPT, &format!("answer {count}"))
    });
    let fleet = Fleet::start(shielded(&origin, json!({}))).await;
    let (shield, edge) =
        (fleet.gateway("fra-1", Some("fra")).await, fleet.gateway("iad-1", None).await);
    fleet.settled(2).await;
    let slow = edge.get("/slow");
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        shield.gateway.stop().await;
    };
    let (slow, ()) = tokio::join!(slow, stopping);
    assert_eq!((slow.status, slow.text().as_str()), (200, "answer 0"));
    assert_eq!(origin.requests().len(), 1);
    let direct = edge.get("/film").await;
    assert_eq!((direct.status, direct.text().as_str()), (200, "answer 1"));
    assert!(origin.requests()[1].contains("iad-1.brink"), "{:?}", origin.requests());
    fleet.stop([edge]).await;
}
