//! The `Server-Timing` header.

use std::time::Duration;

use serde_json::json;

use super::{hello, values, with_policy};
use crate::edge::{Edge, Reply};
use crate::raw_origin::RawOrigin;
use crate::stage::{Stage, at, document};

/// The metrics of the one `Server-Timing` header, each with its value.
fn metrics(reply: &Reply) -> Vec<(String, String)> {
    let lines = values(reply, "server-timing");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let metric = |text: &str| {
        let (name, value) = text.split_once(';').unwrap_or((text, ""));
        (name.to_owned(), value.to_owned())
    };
    lines[0].split(',').map(metric).collect()
}

fn names(reply: &Reply) -> Vec<String> {
    metrics(reply).into_iter().map(|(name, _)| name).collect()
}

/// The milliseconds of a metric.
fn millis(reply: &Reply, name: &str) -> u64 {
    let metrics = metrics(reply);
    let (_, value) = metrics.iter().find(|(found, _)| found == name).unwrap();
    value.strip_prefix("dur=").unwrap().parse().unwrap()
}

const STEPS: [&str; 3] = ["cdn-upstream-dns", "cdn-upstream-connect", "cdn-upstream-fbl"];
const ENDS: [&str; 3] = ["cdn-pop", "cdn-rid", "cdn-downstream-fbl"];

#[actix_rt::test]
async fn an_answer_tells_how_it_came_about() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            if request.starts_with("GET /slow ") {
                std::thread::sleep(Duration::from_millis(30));
            }
            let told = "ETag: \"t\"\r\nServer-Timing: db;dur=9\r\nserver-timing: app\r\n";
            conn.send(match request.contains("If-None-Match") {
                true => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
                false if request.starts_with("GET /checked ") => {
                    hello(&format!("{told}Cache-Control: no-cache\r\n"))
                }
                false => hello(told),
            });
        }
    });
    let policy = json!({ "server_timing": 100 });
    let behavior = json!({ "methods": "all" });
    let edge = Edge::start(with_policy(&origin, policy, behavior)).await;
    let miss = edge.get("/a").await;
    let own = [&["cdn-upstream-layer"], &STEPS[..], &["cdn-cache-miss"], &ENDS].concat();
    assert_eq!(names(&miss), [&own[..], &["db", "app"]].concat());
    let told = metrics(&miss);
    assert_eq!(told[0].1, "desc=\"EDGE\"");
    assert_eq!(told[5].1, "desc=\"g1\"");
    assert_eq!(told[6].1, format!("desc=\"{}\"", miss.header("x-amz-cf-id")));
    assert_eq!(told[8].1, "dur=9");
    let hit = edge.get("/a").await;
    assert_eq!(
        names(&hit),
        ["cdn-cache-hit", "cdn-pop", "cdn-rid", "cdn-hit-layer", "cdn-downstream-fbl"]
    );
    // The times are those of this request.
    let slow = edge.get("/slow").await;
    assert!(millis(&slow, "cdn-upstream-fbl") >= 30);
    assert!(millis(&slow, "cdn-downstream-fbl") >= millis(&slow, "cdn-upstream-fbl"));
    assert_eq!((millis(&slow, "cdn-upstream-dns"), millis(&slow, "cdn-upstream-connect")), (0, 0));
    // An upload is no wait for the origin.
    let posted = edge.request("POST", "/slow", &[], b"body").await;
    assert_eq!(names(&posted)[..8], own);
    edge.get("/checked").await;
    let refreshed = edge.get("/checked").await;
    assert_eq!(refreshed.header("x-cache"), "RefreshHit from brink");
    assert_eq!(names(&refreshed), [&STEPS[..], &["cdn-cache-refresh"], &ENDS].concat());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_viewer_asks_for_it_where_the_policy_has_it() {
    let origin = RawOrigin::answering(hello("Server-Timing: db;dur=9\r\n"));
    let timed = json!({ "server_timing": 0 });
    let edge = Edge::start(with_policy(&origin, timed, json!({}))).await;
    let plain = edge.get("/a").await;
    assert_eq!(values(&plain, "server-timing"), ["db;dur=9"]);
    let asked = edge.request("GET", "/a", &[("Pragma", "server-timing")], b"").await;
    assert_eq!(names(&asked)[0], "cdn-cache-hit");
    edge.stop().await;
    let edge = Edge::start(document(&origin, json!({}))).await;
    let asked = edge.request("GET", "/a", &[("Pragma", "server-timing")], b"").await;
    assert_eq!(values(&asked, "server-timing"), ["db;dur=9"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn answers_that_are_not_the_origins_have_no_cache_metric() {
    let origin = RawOrigin::answering(hello(""));
    let policy = json!({ "server_timing": 100 });
    let document = with_policy(&origin, policy, at(&["viewer-request"]));
    let made = json!({ "status": "200", "body": "made" });
    let stage = Stage::putting(document, "viewer-request", [("", made)]).await;
    assert_eq!(names(&stage.get("/0").await), ENDS);
    let error = stage.edge.request("PURGE", "/a", &[], b"").await;
    assert_eq!((error.status, names(&error)), (403, ENDS.map(str::to_owned).to_vec()));
    stage.stop().await;
}

#[actix_rt::test]
async fn requests_that_share_a_fetch_tell_that_they_waited_for_a_copy() {
    let origin = RawOrigin::start(|mut conn| {
        while conn.request().is_some() {
            std::thread::sleep(Duration::from_millis(200));
            conn.send(hello("Server-Timing: db\r\n"));
        }
    });
    let policy = json!({ "server_timing": 100 });
    let edge = Edge::start(with_policy(&origin, policy, json!({}))).await;
    let (first, second) = futures_util::join!(edge.get("/a"), edge.get("/a"));
    let mut told = [names(&first), names(&second)];
    told.sort();
    assert_eq!(origin.requests().len(), 1);
    assert_eq!(told[0][0], "cdn-cache-hit");
    assert!(!told[0].contains(&"db".to_owned()));
    assert_eq!(told[1][0], "cdn-upstream-layer");
    assert!(told[1].contains(&"db".to_owned()));
    edge.stop().await;
}
