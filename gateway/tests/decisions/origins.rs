//! Which origin is asked, how often, and with which request.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failures::with_backup;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, at, document, head, line};

const OVERLOADED: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

#[actix_rt::test]
async fn decision_21_failover_goes_by_the_origins_status_and_runs_origin_response_once() {
    let (origin, backup) = (RawOrigin::answering(OVERLOADED), RawOrigin::answering(HELLO));
    let behavior = at(&["origin-request", "origin-response"]);
    let stage = Stage::start(with_backup(&origin, &backup, behavior), |_, object| {
        if object["status"] == "503" {
            object["status"] = json!("200");
        }
    })
    .await;
    assert_eq!(stage.get("/a").await.text(), "hello");
    let request = stage.shown("origin-request")["request"].clone();
    assert_eq!(request["origin"]["custom"]["port"], backup.port);
    assert_eq!(stage.shown("origin-response")["response"]["status"], "200");
    assert_eq!(stage.ran(), ["origin-request", "origin-request", "origin-response"]);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_21_an_origin_of_the_functions_own_does_not_end_the_failover() {
    let (origin, backup) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    let other = RawOrigin::answering(OVERLOADED);
    let (first, third) = (origin.port, other.port);
    let behavior = at(&["origin-request"]);
    let stage = Stage::start(with_backup(&origin, &backup, behavior), move |_, request| {
        let port = &mut request["origin"]["custom"]["port"];
        if *port == first {
            *port = json!(third);
        }
    })
    .await;
    assert_eq!(stage.get("/a").await.text(), "hello");
    let asked = (origin.connections(), other.connections(), backup.connections());
    assert_eq!(asked, (0, 1, 1));
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_27_host_follows_the_domain_unless_somebody_else_set_it() {
    let origin = RawOrigin::answering(HELLO);
    let (old, new) = (format!("127.0.0.1:{}", origin.port), format!("localhost:{}", origin.port));
    for (forwarded, own, expected) in [
        (None, None, new.as_str()),
        (None, Some(json!(line("own.test"))), "own.test"),
        (None, Some(Value::Null), new.as_str()),
        // The same as if the function had not written it.
        (None, Some(json!(line(&old))), new.as_str()),
        (Some("all"), None, "viewer.test"),
        (Some("all"), Some(json!(line("own.test"))), "own.test"),
    ] {
        let mut behavior = at(&["origin-request"]);
        if let Some(forwarded) = forwarded {
            behavior["forward"] = json!({"headers": forwarded});
        }
        let set = own.clone();
        let stage = Stage::start(document(&origin, behavior), move |_, request| {
            request["origin"]["custom"]["domainName"] = json!("localhost");
            match &set {
                None => {}
                Some(Value::Null) => {
                    drop(request["headers"].as_object_mut().unwrap().remove("host"));
                }
                Some(host) => request["headers"]["host"] = host.clone(),
            }
        })
        .await;
        let reply = stage.get_with("/a", &[("Host", "viewer.test")]).await;
        assert_eq!(reply.text(), "hello");
        let sent = head(&origin.requests().pop().unwrap());
        let hosts: Vec<_> = sent.lines().filter_map(|line| line.strip_prefix("host: ")).collect();
        assert_eq!(hosts, [expected], "{forwarded:?} {own:?}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_35_reads_are_tried_again_and_writes_are_not() {
    let origin = RawOrigin::start(|mut conn| drop(conn.request()));
    let mut document = document(&origin, json!({"methods": "all"}));
    document["origins"]["web"]["attempts"] = json!(3);
    let stage = Stage::passing(document).await;
    for (method, attempts) in
        [("GET", 3), ("HEAD", 3), ("POST", 1), ("PUT", 1), ("DELETE", 1), ("OPTIONS", 1)]
    {
        let before = origin.connections();
        let reply = stage.edge.request(method, "/a", &[], b"").await;
        assert_eq!(reply.status, 502);
        assert_eq!(origin.connections() - before, attempts, "{method}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_35_one_timeout_holds_for_all_and_may_be_shorter_than_functions_may_ask() {
    let origin = RawOrigin::start(|mut conn| conn.stall());
    let mut document = document(&origin, at(&["origin-request"]));
    document["origins"]["web"]["read_timeout"] = json!("1s");
    let cases = [
        ("/uri", json!("/unchanged")),
        ("/origin/custom/readTimeout", json!(3)),
        ("/origin/custom/readTimeout", json!(61)),
    ];
    let stage = Stage::putting(document, "origin-request", cases).await;
    for method in ["GET", "POST"] {
        let asked = Instant::now();
        let reply = stage.edge.request(method, "/0", &[], b"").await;
        assert_eq!((reply.status, reply.header("x-cache")), (504, "Error from brink"));
        assert!((1..5).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
    }
    assert_eq!(stage.shown("origin-request")["request"]["origin"]["custom"]["readTimeout"], 1);
    for path in ["/1", "/2"] {
        let asked = Instant::now();
        assert_eq!(stage.get(path).await.header("x-cache"), "LambdaValidationError from brink");
        assert!(asked.elapsed() < Duration::from_secs(1));
    }
    stage.stop().await;
}
