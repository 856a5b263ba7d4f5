//! The promises of a cluster while parts of it change, fail and end. Every node is a process of its
//! own on a NATS server of the test, and programs use raw JSON messages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/origin.rs"]
mod origin;
#[allow(dead_code, reason = "other tests mend it")]
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/site.rs"]
mod site;
#[path = "support/tool.rs"]
mod tool;

use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use brink_testing::certificates::Authority;
use brink_testing::process::{descendants, is_alive};
use origin::counting_origin;
use proxy::Proxy;
use serde_json::{Value, json};
use site::Site;
use tool::{Answer, Running, SOON, command, folder, get, get_until};

/// What a busy machine and a debug build may add to a promised time.
const SLACK: Duration = Duration::from_secs(1);

/// How fast something published or applied is served, SLACK aside.
const SERVED_WITHIN: Duration = Duration::from_secs(1);

fn answers(text: &str) -> String {
    format!("exports.handler = async () => ({{ status: '200', body: '{text}' }});")
}

/// An answer, and how long it took.
fn timed(address: &str, path: &str) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = get(address, path, "");
    (answer, began.elapsed())
}

#[actix_rt::test]
async fn raw_messages_are_served_within_a_second() {
    let site = Site::start().await;
    for number in 1..=3 {
        let text = format!("number {number}");
        let version = site.publish("hello", &answers(&text), json!({})).await;
        assert_eq!(version, format!("hello:{number}"));
        let applied = site.apply("127.0.0.1:9", &[("*", Some(&version))]).await;
        let began = Instant::now();
        assert_eq!(applied, json!({ "ok": { "id": "shop", "revision": number } }));
        get_until(&site.address, "/", |answer| answer.body == text);
        let took = began.elapsed();
        assert!(took < SERVED_WITHIN + SLACK, "{took:?}");
    }
}

#[actix_rt::test]
async fn a_publication_whose_answer_was_lost_is_repeated_without_another_version() {
    let site = Site::start().await;
    let proxy = Proxy::start(site.nats.url().strip_prefix("nats://").unwrap());
    let near = format!("nats://{}", proxy.address());
    // The link breaks while it starts.
    let source = format!(
        "const until = Date.now() + 2000; while (Date.now() < until) {{}}\n{}",
        answers("slow")
    );
    let dir = folder(&[("index.js", &source)]);
    let publish = |url: &str| {
        let path = dir.path().to_str().unwrap();
        let mut tool = command(&["function", "publish", "hello", path, "--nats", url]);
        tool.stdout(Stdio::piped()).stderr(Stdio::piped());
        tool.spawn().unwrap()
    };
    let asked = site.hear("brink.admin.function.publish").await;
    let tool = publish(&near);
    asked.await;
    proxy.cut();
    let ended = tool.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success(), "{said}");
    assert!(said.contains("the connection was lost before an answer came"), "{said}");
    assert!(said.contains("it is not known whether this was done: publish again"), "{said}");

    let shown = async || site.admin("function.show", json!({ "function": "hello" })).await;
    let until = Instant::now() + SOON;
    while shown().await.get("ok").is_none() {
        assert!(Instant::now() < until, "it is not published");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ended = publish(&site.nats.url()).wait_with_output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(said.starts_with("unchanged: hello:1 has these files and settings"), "{said}");
    assert_eq!(shown().await["ok"]["versions"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn apply_warns_of_aliases_that_no_gateway_has_a_certificate_for() {
    let site = Site::start().await;
    let distribution = json!({
        "id": "shop", "aliases": ["a.test", "b.test"],
        "origins": { "web": { "url": "http://127.0.0.1:9" } },
        "behaviors": [{ "path": "*", "origin": "web" }],
    });
    let dir = folder(&[("shop.json", &distribution.to_string()), ("certificates/.keep", "")]);
    let url = site.nats.url();
    let file = dir.path().join("shop.json").display().to_string();
    let apply = || {
        let output = tool::brink(&["distribution", "apply", &file, "--nats", &url]);
        assert!(output.status.success(), "{}", tool::stderr(&output));
        tool::stderr(&output)
    };
    // A gateway without HTTPS says nothing of names.
    assert_eq!(apply(), "");
    let certificates = dir.path().join("certificates");
    Authority::new().issue(&["a.test"]).write(&certificates, "a");
    let certificates = certificates.display().to_string();
    let mut gateway = Running::start(&[
        "gateway",
        "--nats",
        &url,
        "--listen",
        "127.0.0.1:0",
        "--https-listen",
        "127.0.0.1:0",
        "--https-certificates",
        &certificates,
    ]);
    let serves = gateway.line(" serves http://");
    assert!(serves.contains(" and https://127.0.0.1:"), "{serves}");
    let warned = "warning: no gateway has a certificate for b.test; put one into its folder of \
                  certificates\n";
    assert_eq!(apply(), warned);
    gateway.interrupt();
}

#[actix_rt::test]
async fn messages_that_make_no_sense_are_answered_and_change_nothing() {
    let site = Site::start().await;
    let rejected = async |subject: &str, request: Value| {
        let answer = site.admin(subject, request).await;
        let error = &answer["error"];
        assert!(error["message"].is_string(), "{subject}: {answer}");
        error.to_string()
    };
    rejected("function.publish", json!(null)).await;
    rejected("function.publish", json!({ "name": "a.b", "files": { "index.js": "" } })).await;
    let no_handler = json!({ "name": "a", "files": { "index.js": "1" } });
    let said = rejected("function.publish", no_handler).await;
    assert!(said.contains("handler"), "{said}");
    let escaping = json!({ "name": "a", "files": { "../index.js": "1" } });
    let said = rejected("function.publish", escaping).await;
    assert!(said.contains("../index.js"), "{said}");
    rejected("distribution.apply", json!({ "distribution": { "id": "shop" } })).await;
    rejected("distribution.show", json!({ "id": "shop", "more": 1 })).await;
    assert_eq!(site.admin("function.list", json!({})).await, json!({ "ok": { "items": [] } }));
    assert_eq!(site.admin("distribution.list", json!({})).await, json!({ "ok": { "items": [] } }));
}

#[actix_rt::test]
async fn a_version_in_use_is_not_deleted_and_its_place_is_named() {
    let site = Site::start().await;
    let version = site.publish("hello", &answers("here"), json!({})).await;
    site.apply("127.0.0.1:9", &[("/a", None), ("*", Some(&version))]).await;
    let delete = json!({ "function": version });
    let rejected = site.admin("function.delete", delete.clone()).await;
    let said = rejected["error"]["message"].as_str().unwrap();
    assert!(said.contains("shop behaviors[1].functions.viewer-request"), "{said}");
    get_until(&site.address, "/", |answer| answer.body == "here");

    site.apply("127.0.0.1:9", &[("*", None)]).await;
    let deleted = site.admin("function.delete", delete).await;
    assert!(deleted.get("ok").is_some(), "{deleted}");
    let applied = site.apply("127.0.0.1:9", &[("*", Some(&version))]).await;
    let place = &applied["error"]["problems"][0]["path"];
    assert_eq!(place, "behaviors[0].functions.viewer-request", "{applied}");
}

#[actix_rt::test]
async fn no_viewer_notices_that_a_worker_was_killed() {
    const VIEWERS: usize = 20;
    const EVERY: Duration = Duration::from_millis(100);
    const REQUESTS: u32 = 40;

    let mut site = Site::start().await;
    let source = "exports.handler = async () => {\n\
        await new Promise((resolve) => setTimeout(resolve, 30));\n\
        return { status: '200', body: 'done' }; };";
    let version = site.publish("slow", source, json!({})).await;
    site.apply("127.0.0.1:9", &[("*", Some(&version))]).await;
    get_until(&site.address, "/", |answer| answer.body == "done");

    // Together 200 requests a second for four seconds.
    let viewers: Vec<JoinHandle<Vec<(Answer, Duration)>>> = (0..VIEWERS)
        .map(|viewer| {
            let address = site.address.clone();
            std::thread::spawn(move || {
                let began = Instant::now() + EVERY * u32::try_from(viewer).unwrap() / 20;
                let ask = |number| {
                    let at = began + EVERY * number;
                    std::thread::sleep(at.saturating_duration_since(Instant::now()));
                    timed(&address, &format!("/{viewer}/{number}"))
                };
                (0..REQUESTS).map(ask).collect()
            })
        })
        .collect();
    tokio::time::sleep(EVERY * REQUESTS / 3).await;
    let busiest = site.busiest().await;
    site.workers.remove(busiest).unwrap().kill();

    let answers: Vec<_> = viewers.into_iter().flat_map(|viewer| viewer.join().unwrap()).collect();
    assert_eq!(answers.len(), VIEWERS * REQUESTS as usize);
    let failed: Vec<_> = answers.iter().filter(|(answer, _)| answer.status != 200).collect();
    assert!(failed.is_empty(), "{} failed, for example {:?}", failed.len(), failed[0]);
    let longest = answers.iter().map(|(_, took)| *took).max().unwrap();
    assert!(longest < Duration::from_secs(3) + SLACK, "{longest:?}");
}

#[actix_rt::test]
async fn without_nats_a_gateway_serves_without_functions() {
    let origin = counting_origin();
    let mut site = Site::start().await;
    let version = site.publish("hello", &answers("hello"), json!({})).await;
    site.apply(&origin, &[("/hello", Some(&version)), ("*", None)]).await;
    get_until(&site.address, "/hello", |answer| answer.body == "hello");
    let kept = get(&site.address, "/kept", "");
    assert_eq!(kept.status, 200);

    site.nats.kill().await;
    let (function, took) = timed(&site.address, "/hello");
    assert_eq!(function.status, 503, "{function:?}");
    assert!(took < Duration::from_secs(1) + SLACK, "{took:?}");
    let again = get(&site.address, "/kept", "");
    assert_eq!(again.body, kept.body);
    assert!(again.head.contains("x-cache: hit from brink"), "{}", again.head);
    let fetched = get(&site.address, "/fetched", "");
    assert_eq!(fetched.status, 200, "{fetched:?}");

    site.restart_gateway();
    let fetched = get_until(&site.address, "/kept", |answer| answer.status == 200);
    assert_ne!(fetched.body, kept.body, "this gateway has nothing in its cache");
    let (function, took) = timed(&site.address, "/hello");
    assert_eq!(function.status, 503, "{function:?}");
    assert!(took < Duration::from_secs(1) + SLACK, "{took:?}");

    site.nats.restart().await.unwrap();
    get_until(&site.address, "/hello", |answer| answer.body == "hello");
}

#[actix_rt::test]
async fn a_function_that_never_ends_costs_one_answer() {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let site = Site::start().await;
    let source = "exports.handler = async (event) => {\n\
        while (event.Records[0].cf.request.uri === '/spin') {}\n\
        return { status: '200', body: 'spun' }; };";
    let spins = site.publish("spins", source, json!({ "timeout": "1s" })).await;
    let other = site.publish("other", &answers("other"), json!({})).await;
    site.apply("127.0.0.1:9", &[("/other", Some(&other)), ("*", Some(&spins))]).await;
    get_until(&site.address, "/", |answer| answer.body == "spun");
    get_until(&site.address, "/other", |answer| answer.body == "other");

    let (spun, took) = timed(&site.address, "/spin");
    assert_eq!(spun.status, 503, "{spun:?}");
    assert!(spun.head.contains("lambdalimitexceeded"), "{}", spun.head);
    let latest = TIMEOUT + Duration::from_millis(200) + SLACK;
    assert!(took + Duration::from_millis(50) > TIMEOUT && took < latest, "{took:?}");
    assert_eq!(get(&site.address, "/other", "").body, "other");
    let next = get(&site.address, "/", "");
    assert_eq!(next.body, "spun", "{next:?}");
}

#[actix_rt::test]
async fn a_node_that_is_told_to_stop_leaves_no_process() {
    let site = Site::start().await;
    let version = site.publish("hello", &answers("hello"), json!({})).await;
    site.apply("127.0.0.1:9", &[("*", Some(&version))]).await;
    get_until(&site.address, "/", |answer| answer.body == "hello");

    let mut children = 0;
    for node in site.workers.into_values().chain([site.gateway]) {
        let below = descendants(node.pid());
        children += below.len();
        let (code, took) = node.stop("TERM");
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(10) + SLACK, "{took:?}");
        // They are killed by then; on a busy machine they take a moment to be gone.
        let gone_by = Instant::now() + SLACK;
        while below.iter().any(|pid| is_alive(*pid)) {
            assert!(Instant::now() < gone_by, "{below:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(children > 0, "no sandbox ran");
}
