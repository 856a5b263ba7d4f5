//! Access logs of gateways that are processes of their own, on a NATS server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/site.rs"]
mod site;
#[path = "support/tool.rs"]
mod tool;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use site::Site;
use tool::{Running, SOON, brink, get, get_until, stderr};

/// A gateway with these settings, and its address.
fn gateway(site: &Site, settings: &[(&str, &str)]) -> (Running, String) {
    let url = site.nats.url();
    let args = ["gateway", "--nats", &url, "--node", "logged", "--listen", "127.0.0.1:0"];
    let mut gateway = Running::start_with(&args, settings);
    let line = gateway.line("serves http://");
    let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    (gateway, address)
}

/// Applies a distribution whose origin does not exist, so every request fails.
async fn apply(site: &Site, logging: Value) {
    let document = json!({
        "id": "shop",
        "logging": logging,
        "origins": { "web": { "url": "http://127.0.0.1:9", "attempts": 1 } },
        "behaviors": [{ "path": "*", "origin": "web" }],
    });
    let answer = site.admin("distribution.apply", json!({ "distribution": document })).await;
    assert!(answer["ok"].is_object(), "{answer}");
}

/// Names of the files in a folder, and all their lines.
fn read(folder: &Path) -> (Vec<String>, Vec<String>) {
    let (mut names, mut lines) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        let mut text = String::new();
        let file = std::fs::File::open(&path).unwrap();
        MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        assert!(text.ends_with('\n'), "whole lines: {text}");
        lines.extend(text.lines().map(str::to_owned));
    }
    (names, lines)
}

#[actix_rt::test]
async fn a_killed_gateway_leaves_whole_lines_and_the_next_one_closes_its_file() {
    let site = Site::start().await;
    apply(&site, json!({})).await;
    let folder = site.dir.path().join("logs");
    let settings = [
        ("BRINK_ACCESS_LOG__TO", "files"),
        ("BRINK_ACCESS_LOG__DIR", folder.to_str().unwrap()),
        ("BRINK_ACCESS_LOG__ROTATE_EVERY", "30m"),
        ("BRINK_ACCESS_LOG__KEEP_MB", "10"),
        ("BRINK_ACCESS_LOG__UNMATCHED", "false"),
    ];
    let (running, address) = gateway(&site, &settings);
    get_until(&address, "/logged", |answer| answer.status == 502);
    let until = Instant::now() + SOON;
    while !read(&folder).1.iter().any(|line| line.contains("/logged")) {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    running.kill();
    let (names, lines) = read(&folder);
    assert!(names[0].starts_with("shop.") && names[0].ends_with(".gz.part"), "{names:?}");
    let (_next, _) = gateway(&site, &settings);
    let closed = names.iter().map(|name| name.trim_end_matches(".part").to_owned());
    assert_eq!(read(&folder), (closed.collect(), lines));
}

#[actix_rt::test]
async fn requests_can_be_followed_and_logged_to_standard_output() {
    let site = Site::start().await;
    apply(&site, json!({})).await;
    let url = site.nats.url();
    let mut all = Running::start(&["logs", "--access", "--nats", &url]);
    let mut other = Running::start(&["logs", "--access", "blog", "--nats", &url]);
    let mut whole = Running::start(&[
        "logs",
        "--access",
        "shop",
        "--errors",
        "--grep",
        "/followed",
        "--output",
        "json",
        "--nats",
        &url,
    ]);
    let (mut running, address) = gateway(&site, &[("BRINK_ACCESS_LOG__TO", "stdout")]);
    // The gateway hears of followers at some time. The thread ends with the test's process.
    std::thread::spawn(move || {
        loop {
            get(&address, "/followed?a", "");
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let line = all.line("502 GET");
    assert!(line.contains("/followed?a OriginConnectError "), "{line}");
    let line: Value = serde_json::from_str(&whole.line("{")).unwrap();
    assert_eq!(line["cs-uri-stem"], "/followed");
    assert_eq!(line["x-edge-location"], "logged");
    assert_eq!(line.as_object().unwrap().len(), 33);
    let line = running.line("\t/followed\t");
    assert_eq!(line.split('\t').count(), 33, "{line}");
    assert_eq!(other.printed(), Vec::<String>::new());
}

#[actix_rt::test]
async fn a_gateway_ends_even_if_nobody_reads_its_log() {
    let site = Site::start().await;
    apply(&site, json!({})).await;
    let errors = site.dir.path().join("errors");
    let url = site.nats.url();
    let args = ["gateway", "--nats", &url, "--node", "stalled", "--listen", "127.0.0.1:0"];
    let mut gateway = tool::command(&args)
        .env("BRINK_ACCESS_LOG__TO", "stdout")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&errors).unwrap())
        .spawn()
        .unwrap();
    // Its lines stay in this pipe from now on.
    let mut pipe = BufReader::new(gateway.stdout.take().unwrap());
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    let address = line.split("serves http://").nth(1).unwrap().split(' ').next().unwrap();
    get_until(address, "/", |answer| answer.status == 502);
    // Several times the bytes that a pipe holds.
    let long = format!("/{}", "x".repeat(6_000));
    for _ in 0..100 {
        assert_eq!(get(address, &long, "").status, 502);
    }
    tool::signal(gateway.id(), "TERM");
    let until = Instant::now() + SOON;
    let ended = loop {
        match gateway.try_wait().unwrap() {
            None if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            ended => break ended,
        }
    };
    if ended.is_none() {
        gateway.kill().unwrap();
        gateway.wait().unwrap();
    }
    let said = std::fs::read_to_string(&errors).unwrap();
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}: {said}");
    assert!(said.contains("the access log is not written in time"), "{said}");
    drop(pipe);
}

#[test]
fn files_need_a_folder() {
    let output = tool::command(&["gateway", "--nats", "nats://127.0.0.1:9"])
        .env("BRINK_ACCESS_LOG__TO", "files")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(said.contains("access_log.dir is missing: name the folder"), "{said}");
    let both = brink(&["logs", "hello", "--access"]);
    assert!(!both.status.success() && stderr(&both).contains("cannot be used with"));
}
