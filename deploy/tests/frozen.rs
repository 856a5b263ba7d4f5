//! The effects on viewers when something stands still instead of dying: a worker, the NATS server,
//! the connection to it, the gateway. Also when clocks are wrong.
//!
//! A process stands still for four seconds, or for `BRINK_FREEZE_S`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/half_open.rs"]
mod half_open;
#[path = "support/load.rs"]
mod load;
#[path = "support/origin.rs"]
mod origin;
#[path = "support/site.rs"]
mod site;
#[path = "support/tool.rs"]
mod tool;

use std::time::{Duration, Instant};

use half_open::Proxy;
use load::{Load, Seen};
use origin::{Asked, remembering_origin};
use serde_json::{Value, json};
use site::{Options, Site};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;
use tool::{get_until, signal};

/// The time that a busy machine and a debug build may add to a promised time.
const SLACK: Duration = Duration::from_secs(1);

/// No viewer waits longer for a worker that stands still.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);

/// How long requests come before and after.
const BEFORE: Duration = Duration::from_secs(1);

/// Tests that measure times run one after the other.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

fn freeze() -> Duration {
    let seconds = std::env::var("BRINK_FREEZE_S").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

/// A process that stands still until this is dropped.
struct Frozen(u32);

impl Frozen {
    fn new(pid: u32) -> Self {
        signal(pid, "STOP");
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal(self.0, "CONT");
    }
}

/// A function that tells an origin of each POST, and the version of it that all workers hold.
async fn published(site: &Site) -> (String, Asked) {
    let (effects, asked) = remembering_origin();
    let source = format!(
        "exports.handler = async (event) => {{\n\
         const {{ method, uri }} = event.Records[0].cf.request;\n\
         if (method === 'POST') await fetch('http://{effects}' + uri);\n\
         return {{ status: '200', body: 'done' }}; }};"
    );
    let version = site.publish("effect", &source, json!({ "egress": [effects] })).await;
    site.warm(&version).await;
    (version, asked)
}

/// Serves `/plain` without a function, `/optional/*` with one that may fail, the rest with one
/// that may not.
async fn serve(site: &Site, version: &str) {
    let (origin, _) = remembering_origin();
    let behavior = |path: &str, functions: Value| json!({ "path": path, "origin": "web", "methods": "all", "functions": functions });
    let optional = json!({ "function": version, "on_error": "continue" });
    let document = json!({
        "id": "shop",
        "origins": { "web": { "url": format!("http://{origin}") } },
        "behaviors": [
            behavior("/plain/*", json!({})),
            behavior("/optional/*", json!({ "viewer-request": optional })),
            behavior("*", json!({ "viewer-request": version })),
        ],
    });
    let applied = site.admin("distribution.apply", json!({ "distribution": document })).await;
    assert!(applied.get("ok").is_some(), "{applied}");
    get_until(&site.address, "/", |answer| answer.body == "done");
}

/// No POST had its effect twice, and each answer 200 has one. No function began after its viewer was
/// told that it failed. One that had begun before may still be at work, which is why effects get
/// [`SLACK`]; an event that waited until the end of the silence comes later than that.
fn check_effects(posts: &[Seen], asked: &Asked) {
    let asked = asked.lock().unwrap();
    for post in posts {
        let effects: Vec<_> = asked.iter().filter(|(path, _)| *path == post.path).collect();
        assert!(effects.len() <= 1, "{} ran {} times", post.path, effects.len());
        match (post.status, effects.first()) {
            (200, effect) => assert!(effect.is_some(), "{} did not run", post.path),
            (_, Some((path, at))) => {
                let late = at.saturating_duration_since(post.answered);
                assert!(
                    late < SLACK,
                    "{path} ran {late:?} after its viewer was told that it failed"
                );
            }
            (_, None) => {}
        }
    }
}

#[actix_rt::test]
async fn no_viewer_waits_for_a_worker_that_stands_still() {
    let _alone = alone().await;
    let site = Site::start().await;
    let (version, asked) = published(&site).await;
    serve(&site, &version).await;

    let gets = Load::start(&site.address, "GET", "/get", 20);
    let posts = Load::start(&site.address, "POST", "/post", 2);
    sleep(BEFORE).await;
    let worker = "worker-1";
    let stopped = Instant::now();
    let frozen = Frozen::new(site.workers[worker].pid());
    sleep(freeze()).await;
    drop(frozen);
    let thawed = Instant::now();
    let before = site.ran(worker, &version).await.unwrap();
    sleep(BEFORE).await;
    let until = Instant::now() + tool::SOON;
    while site.ran(worker, &version).await.unwrap() < before + 20 {
        assert!(Instant::now() < until, "{worker} gets no events again");
    }
    let (gets, posts) = (gets.stop(), posts.stop());

    let failed: Vec<_> = gets.iter().filter(|seen| seen.status != 200).collect();
    assert!(failed.is_empty(), "{} of {} failed: {:?}", failed.len(), gets.len(), failed[0]);
    // A POST that may have begun waits for its worker; later ones go to the other at once.
    let failed = posts.iter().filter(|seen| seen.status != 200).count();
    assert!(failed * 2 < posts.len(), "{failed} of {} POSTs failed", posts.len());
    let known = |seen: &&Seen| seen.asked > stopped + NOTICED_WITHIN && seen.asked < thawed;
    let later: Vec<_> = posts.iter().filter(known).collect();
    // Once it is known, one worker does the work of two, which a busy machine may make slow. The
    // way of noticing makes few more viewers wait than that.
    let slow = |seen: &Vec<&Seen>| {
        let slow = seen.iter().filter(|seen| seen.took > NOTICED_WITHIN).count();
        slow as f64 / seen.len() as f64
    };
    let (of_all, of_later) =
        (slow(&gets.iter().collect()), slow(&gets.iter().filter(known).collect()));
    assert!(of_all <= of_later + 0.1, "{of_all} of all, {of_later} of later GETs");
    for (seen, what) in [(gets.iter().collect(), "GET"), (later, "later POST")] {
        let slow = seen.iter().filter(|seen: &&&Seen| seen.took > NOTICED_WITHIN).count();
        let longest = seen.iter().map(|seen| seen.took).max();
        println!("{} {what}, the longest took {longest:?}, {slow} over a second", seen.len());
        // On a busy machine one worker may be slow with the work of two, but nobody waits for the
        // other.
        assert!(slow * 4 <= seen.len(), "{what} {longest:?}");
        assert!(longest < Some(freeze() - SLACK / 2), "{what} {longest:?}");
    }
    check_effects(&posts, &asked);
}

#[actix_rt::test]
async fn a_frozen_nats_server_delays_no_viewer() {
    let _alone = alone().await;
    let site = Site::start().await;
    let (version, asked) = published(&site).await;
    serve(&site, &version).await;
    let server = site.nats.pid().unwrap();
    let frozen = || Frozen::new(server);
    check_silence(&site, &asked, frozen).await;

    // Everything else goes on as well: a new version is published and served.
    let source = "exports.handler = async () => ({ status: '200', body: 'new' });";
    let version = site.publish("new", source, json!({})).await;
    let applied = site.apply("127.0.0.1:9", &[("*", Some(&version))]).await;
    assert!(applied.get("ok").is_some(), "{applied}");
    get_until(&site.address, "/", |answer| answer.body == "new");
    assert_eq!(site.status().await.len(), 3);
}

#[actix_rt::test]
async fn a_dead_connection_delays_no_viewer() {
    let _alone = alone().await;
    let proxy = Proxy::default();
    let in_between = |url: &str| proxy.before(url);
    let options = Options { in_between: Some(&in_between), ..Options::default() };
    let site = Site::start_with(options).await;
    let (version, asked) = published(&site).await;
    serve(&site, &version).await;
    check_silence(&site, &asked, || proxy.swallow()).await;
    assert_eq!(site.status().await.len(), 3);
}

/// Checks the effects on viewers while the bus carries nothing. The silence lasts until the value
/// that `begin` gives is dropped.
async fn check_silence<T>(site: &Site, asked: &Asked, begin: impl FnOnce() -> T) {
    let load = |method: &'static str, path: &'static str, viewers: usize| {
        Load::start(&site.address, method, path, viewers)
    };
    let plain = load("GET", "/plain", 6);
    let optional = load("GET", "/optional", 6);
    let gets = load("GET", "/get", 6);
    let posts = load("POST", "/post", 2);
    sleep(BEFORE).await;
    let began = Instant::now();
    let silence = begin();
    sleep(freeze()).await;
    drop(silence);
    let ended = Instant::now();
    get_until(&site.address, "/", |answer| answer.body == "done");
    println!("functions run again after {:?}", ended.elapsed());
    sleep(BEFORE).await;
    get_until(&site.address, "/", |answer| answer.body == "done");
    let [plain, optional, gets, posts] = [plain, optional, gets, posts].map(Load::stop);

    for (seen, what) in [(&plain, "plain"), (&optional, "optional"), (&gets, "GET")] {
        let mut during: Vec<_> = seen
            .iter()
            .filter(|seen| seen.asked > began + Duration::from_secs(2) && seen.asked < ended)
            .map(|seen| seen.took)
            .collect();
        during.sort_unstable();
        let median = during[during.len() / 2];
        let longest = seen.iter().map(|seen| seen.took).max().unwrap();
        println!("{} {what}: median {median:?} in the silence, longest {longest:?}", seen.len());
        assert!(median < Duration::from_millis(300), "{what} {median:?}");
        assert!(longest < Duration::from_secs(2) + SLACK, "{what} {longest:?}");
    }
    for seen in plain.iter().chain(&optional) {
        assert_eq!(seen.status, 200, "{seen:?}");
    }
    for seen in gets.iter().chain(&posts) {
        assert!([200, 503].contains(&seen.status), "{seen:?}");
    }
    assert!(gets.iter().any(|seen| seen.status == 503), "the bus was silent");
    check_effects(&posts, asked);
}

#[actix_rt::test]
async fn a_gateway_that_stood_still_goes_on() {
    let _alone = alone().await;
    let mut site = Site::start().await;
    let (version, asked) = published(&site).await;
    serve(&site, &version).await;

    let gets = Load::start(&site.address, "GET", "/get", 20);
    let posts = Load::start(&site.address, "POST", "/post", 2);
    sleep(BEFORE).await;
    let frozen = Frozen::new(site.gateway.pid());
    sleep(freeze()).await;
    drop(frozen);
    let thawed = Instant::now();
    sleep(2 * BEFORE).await;
    let (gets, posts) = (gets.stop(), posts.stop());
    let log = site.gateway.printed();
    // Those that waited come all at once, which may be more than workers take.
    for seen in &gets {
        assert!([200, 503].contains(&seen.status), "{seen:?} {log:#?}");
    }
    let served = gets.iter().filter(|seen| seen.status == 200).count();
    assert!(served * 2 > gets.len(), "{served} of {} {log:#?}", gets.len());
    let longest = gets.iter().map(|seen| seen.answered.saturating_duration_since(thawed));
    println!("{} GET, {served} of them served, all answered", gets.len());
    // The kernel keeps only so many new connections. Viewers' systems try the others again at
    // growing intervals, none of which is longer than the gateway stood still.
    assert!(longest.max().unwrap() < freeze() + 2 * BEFORE + 2 * SLACK);
    get_until(&site.address, "/", |answer| answer.body == "done");
    check_effects(&posts, &asked);
}

#[actix_rt::test]
async fn clocks_that_are_an_hour_off_change_nothing() {
    const HOUR_S: i64 = 3_600;
    let _alone = alone().await;
    for gateway in [0, HOUR_S] {
        let clocks = [("worker-1", HOUR_S), ("worker-2", -HOUR_S), ("gateway-1", gateway)];
        let site = Site::start_with(Options { clocks: &clocks, ..Options::default() }).await;
        let (version, asked) = published(&site).await;
        serve(&site, &version).await;
        for (node, ahead_s) in clocks {
            let status = site.status_of(node).await;
            let ahead_ms = status["clock"]["ahead_ms"].as_i64().unwrap();
            assert!((ahead_ms - ahead_s * 1_000).abs() < 1_000, "{status}");
            let warned = status["warnings"].as_array().is_some_and(|warnings| {
                warnings.iter().any(|warning| warning.as_str().unwrap().contains("clock is 1h"))
            });
            assert_eq!(warned, ahead_s != 0, "{status}");
        }
        let before = [site.ran("worker-1", &version).await, site.ran("worker-2", &version).await];
        let gets = Load::start(&site.address, "GET", "/get", 10);
        let posts = Load::start(&site.address, "POST", "/post", 2);
        sleep(BEFORE).await;
        let after = [site.ran("worker-1", &version).await, site.ran("worker-2", &version).await];
        assert!(before[0] < after[0] && before[1] < after[1], "{before:?} {after:?}");

        // An event that waits in a worker that stands still is late by either clock.
        let frozen = Frozen::new(site.workers["worker-2"].pid());
        sleep(BEFORE).await;
        drop(frozen);
        sleep(BEFORE).await;
        let (gets, posts) = (gets.stop(), posts.stop());
        let failed: Vec<_> = gets.iter().filter(|seen| seen.status != 200).collect();
        assert!(failed.is_empty(), "{} of {} failed: {:?}", failed.len(), gets.len(), failed[0]);
        check_effects(&posts, &asked);
    }
}
