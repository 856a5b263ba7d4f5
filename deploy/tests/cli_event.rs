//! `brink event`, exit codes, and what the tool says without a cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/tool.rs"]
mod tool;

use std::time::{Duration, Instant};

use brink_shared::event::event_from_json;
use serde_json::{Value, json};
use tool::{brink, folder, stderr, stdout};

const TRIGGERS: [&str; 4] =
    ["viewer-request", "origin-request", "origin-response", "viewer-response"];

fn event(args: &[&str]) -> Value {
    let output = brink(&[&["event"], args].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn cf(event: &Value) -> &Value {
    &event["Records"][0]["cf"]
}

#[test]
fn every_trigger_has_the_fields_that_its_events_have() {
    for trigger in TRIGGERS {
        let event = event(&[trigger]);
        let cf = cf(&event);
        assert_eq!(cf["config"]["eventType"], trigger);
        assert_eq!(cf["request"]["querystring"], "", "{trigger}");
        assert!(cf["request"]["headers"]["host"][0]["value"].is_string(), "{trigger}");
        let at_origin = trigger.starts_with("origin");
        assert_eq!(cf["request"]["origin"]["custom"].is_object(), at_origin, "{trigger}");
        assert_eq!(cf.get("response").is_some(), trigger.ends_with("response"), "{trigger}");
        let read = event_from_json(&event).unwrap();
        assert_eq!(read.config.event_type.as_str(), trigger);
    }
}

#[test]
fn a_sample_follows_the_options() {
    let dir = folder(&[("body", "a=b")]);
    let body = dir.path().join("body");
    let event = event(&[
        "viewer-request",
        "--uri",
        "/a",
        "--method",
        "POST",
        "--querystring",
        "q=1",
        "--header",
        "user-agent: mine",
        "--header",
        "X-A: 1",
        "--header",
        "X-A: 2",
        "--body",
        body.to_str().unwrap(),
    ]);
    let request = &cf(&event)["request"];
    assert_eq!(request["uri"], "/a");
    assert_eq!(request["method"], "POST");
    assert_eq!(request["querystring"], "q=1");
    assert_eq!(request["headers"]["user-agent"], json!([{"key": "user-agent", "value": "mine"}]));
    assert_eq!(request["headers"]["x-a"][1], json!({"key": "X-A", "value": "2"}));
    let body = json!({"action": "read-only", "data": "YT1i", "encoding": "base64", "inputTruncated": false});
    assert_eq!(request["body"], body);
}

#[test]
fn response_headers_and_status_are_the_responses() {
    let event = event(&["origin-response", "--status", "404", "--header", "X-A: 1"]);
    let response = &cf(&event)["response"];
    assert_eq!(response["status"], "404");
    assert_eq!(response["statusDescription"], "Not Found");
    assert_eq!(response["headers"]["x-a"][0]["value"], "1");
    assert!(cf(&event)["request"]["headers"].get("x-a").is_none());
}

#[test]
fn a_body_is_cut_where_the_trigger_cuts_it() {
    let dir = folder(&[("body", &"x".repeat(50 * 1024))]);
    let body = dir.path().join("body");
    let event = event(&["viewer-request", "--body", body.to_str().unwrap()]);
    assert_eq!(cf(&event)["request"]["body"]["inputTruncated"], true);
}

#[test]
fn people_get_many_lines_and_programs_one() {
    assert!(stdout(&brink(&["event", "viewer-request"])).lines().count() > 20);
    let one = stdout(&brink(&["event", "viewer-request", "--output", "json"]));
    assert_eq!(one.lines().count(), 1);
}

#[test]
fn wrong_usage_ends_with_2() {
    for args in [
        &["nothing"] as &[&str],
        &[],
        &["event"],
        &["event", "viewer"],
        &["event", "viewer-request", "--status", "200"],
        &["event", "origin-response", "--body", "Cargo.toml"],
        &["event", "viewer-request", "--header", "no colon"],
        &["event", "viewer-request", "--uri", "a"],
        &["run", "."],
        &["run", ".", "--events", "x", "--runtime", "cobol"],
        &["run", ".", "--events", "x", "--memory", "0"],
        &["function", "publish", "a.b", "."],
        &["cache", "invalidate", "id"],
        &["cache", "invalidate", "id", "no-slash"],
        &["up", "--workers", "0"],
        &["dev", "--listen", "nowhere"],
    ] {
        let output = brink(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_rejected_command_ends_with_1() {
    let dir = folder(&[]);
    let nothing = dir.path().join("nothing");
    let nothing = nothing.to_str().unwrap();
    for args in [["dev", nothing] as [&str; 2], ["up", nothing]] {
        let output = brink(&args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains("brink.toml"), "{}", stderr(&output));
    }
    let output = brink(&["function", "publish", "a", nothing]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(nothing), "{}", stderr(&output));
}

#[test]
fn without_a_server_the_tool_says_soon_what_to_do() {
    let url = format!("nats://127.0.0.1:{}", tool::free_port());
    for args in [
        &["status"] as &[&str],
        &["function", "list"],
        &["distribution", "list"],
        &["logs", "ab"],
        &["cache", "invalidate", "shop", "/*"],
    ] {
        let began = Instant::now();
        let output = brink(&[args, &["--nats", &url]].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = stderr(&output);
        assert!(said.contains(&url) && said.contains("brink up"), "{args:?}: {said}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    let output = brink(&["--nats", &url, "--output", "json", "status"]);
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains(&url), "{error}");
}

#[test]
fn every_mistake_of_a_project_is_told_at_once() {
    let dir = folder(&[(
        "brink.toml",
        "[functions.ab]\nsource = \"no.js\"\ntimeout = 5\n\
         [distribution]\nid = \"a b\"\n\
         [[behaviors]]\npath = \"/a\"\norigin = \"web\"\nfunctions = { viewer = \"ab\" }\n",
    )]);
    let output = brink(&["dev".as_ref(), dir.path().as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for place in ["brink.toml:2:", "brink.toml:3:11:", "brink.toml:5:6:", "brink.toml:9:15:"] {
        assert!(said.contains(place), "{place} is not in\n{said}");
    }
}

#[test]
fn a_distribution_for_a_cluster_is_looked_at_before_anybody_is_asked() {
    let dir = folder(&[
        ("site/index.html", "x"),
        (
            "brink.toml",
            "[distribution]\nid = \"shop\"\n[origins.site]\nfolder = \"site\"\n\
             [[behaviors]]\npath = \"*\"\norigin = \"site\"\nfunctions = { viewer-request = \"ab\" }\n",
        ),
    ]);
    let file = dir.path().join("brink.toml");
    let output = brink(&["distribution", "apply", file.to_str().unwrap(), "--output", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths: Vec<_> =
        error["error"]["problems"].as_array().unwrap().iter().map(|p| &p["path"]).collect();
    assert_eq!(paths, ["origins.site.folder", "behaviors[0].functions.viewer-request"]);
}
