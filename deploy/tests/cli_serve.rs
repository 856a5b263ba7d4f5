//! `brink dev` and `brink up`: a project over HTTP, while its files change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/zip.rs"]
mod zip;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use brink_testing::process::is_alive;
use serde_json::{Value, json};
use served::{Cluster, PROJECT, ends_and_leaves_nothing, hello, project, start};
use tool::{Running, SOON, brink, folder, get, get_until, signal, stderr, write};
use zip::{Entry, zip};

#[test]
fn dev_serves_a_project_and_follows_its_files() {
    let dir = project();
    let (mut tool, ready, address) = start("dev", dir.path());
    assert!(ready.contains("shop (2 behaviors, functions hello:1)"), "{ready}");

    let page = get(&address, "/index.html", "");
    assert_eq!((page.status, page.body.as_str()), (200, "<p>page"));
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert_eq!(get(&address, "/hello", "").body, "one");
    let log = tool.line("hello:1 viewer-request INFO");
    assert!(log.contains("ran"), "{log}");

    write(dir.path(), "hello.js", &hello("two"));
    let line = tool.line("hello.js");
    assert!(line.contains("hello:2") && line.contains(" ms"), "{line}");
    get_until(&address, "/hello", |answer| answer.body == "two");

    write(dir.path(), "hello.js", "exports.handler = (");
    let line = tool.line("rejected");
    assert!(line.contains("hello.js:1"), "{line}");
    assert_eq!(get(&address, "/hello", "").body, "two");

    write(dir.path(), "brink.toml", &PROJECT.replace("viewer-request", "viewer"));
    let line = tool.line("rejected");
    assert!(line.contains("brink.toml:15:1"), "{line}");
    assert_eq!(get(&address, "/hello", "").body, "two");

    write(dir.path(), "brink.toml", PROJECT);
    write(dir.path(), "hello.js", &hello("three"));
    tool.line("hello:3");
    get_until(&address, "/hello", |answer| answer.body == "three");

    write(dir.path(), "site/index.html", "<p>another");
    tool.line("index.html");
    get_until(&address, "/index.html", |answer| answer.body == "<p>another");

    ends_and_leaves_nothing(tool);
}

#[test]
fn dev_serves_https_with_a_certificate_for_this_machine() {
    let (dir, home) = (project(), tempfile::tempdir().unwrap());
    let args = [
        "dev".as_ref(),
        dir.path().as_os_str(),
        "--listen=127.0.0.1:0".as_ref(),
        "--https=127.0.0.1:0".as_ref(),
    ];
    let data = home.path().display().to_string();
    let mut tool = Running::start_with(&args, &[("XDG_DATA_HOME", &data)]);
    let told = tool.line("https://localhost:");
    let (url, file) = told.split_once(" has a certificate of its own: ").unwrap();
    assert!(Path::new(file).starts_with(home.path()), "{told}");
    tool.line("to trust it: curl --cacert ");
    for version in ["--http1.1", "--http2"] {
        let page = format!("{url}/index.html");
        let curl = Command::new("curl").args(["-sS", version, "--cacert", file, &page]).output();
        let curl = curl.expect("curl, of the package of this name");
        assert_eq!(String::from_utf8_lossy(&curl.stdout), "<p>page", "{}", stderr(&curl));
    }
    tool.interrupt();
}

#[test]
fn dev_follows_the_files_that_a_single_file_imports() {
    let dir = folder(&[
        ("shop/brink.toml", &PROJECT.replace("hello.js", "../lib/hello.js")),
        ("shop/site/index.html", "page"),
        (
            "lib/hello.js",
            "exports.handler = async () => ({ status: '200', body: require('./text') });",
        ),
        ("lib/text.js", "module.exports = 'one';"),
    ]);
    let (mut tool, _, address) = start("dev", &dir.path().join("shop"));
    assert_eq!(get(&address, "/hello", "").body, "one");
    write(dir.path(), "lib/text.js", "module.exports = 'two';");
    let line = tool.line("hello:2");
    assert!(line.contains("text.js: "), "{line}");
    get_until(&address, "/hello", |answer| answer.body == "two");

    // As editors save: another file takes the place of the old one.
    write(dir.path(), "lib/text.js.new", "module.exports = 'three';");
    std::fs::rename(dir.path().join("lib/text.js.new"), dir.path().join("lib/text.js")).unwrap();
    tool.line("hello:3");
    get_until(&address, "/hello", |answer| answer.body == "three");

    // The old name is gone, and is no source any more.
    std::fs::rename(dir.path().join("lib/text.js"), dir.path().join("lib/words.js")).unwrap();
    let source = "exports.handler = async () => ({ status: '200', body: require('./words') });";
    write(dir.path(), "lib/hello.js", source);
    tool.line("hello:4");
    write(dir.path(), "lib/words.js", "module.exports = 'five';");
    let line = tool.line("hello:5");
    assert!(!line.contains("rejected"), "{line}");
    get_until(&address, "/hello", |answer| answer.body == "five");
    tool.interrupt();
}

#[test]
fn dev_follows_the_packages_that_a_workspace_links() {
    let handler = "exports.handler = async () => ({ status: '200', body: require('words').text });";
    let dir = folder(&[
        ("package.json", r#"{"workspaces": ["packages/*", "shop"]}"#),
        ("packages/words/package.json", r#"{"name": "words", "main": "lib/index.js"}"#),
        ("packages/words/lib/index.js", "exports.text = 'one';"),
        ("shop/brink.toml", &PROJECT.replace("hello.js", "hello")),
        ("shop/hello/index.js", handler),
        ("shop/site/index.html", "page"),
        ("node_modules/.package-lock.json", "{}"),
    ]);
    let link = dir.path().join("node_modules/words");
    std::os::unix::fs::symlink("../packages/words", link).unwrap();
    let (mut tool, _, address) = start("dev", &dir.path().join("shop"));
    assert_eq!(get(&address, "/hello", "").body, "one");
    for (number, text) in [(2, "two"), (3, "three")] {
        write(dir.path(), "packages/words/lib/index.js", &format!("exports.text = '{text}';"));
        let line = tool.line(&format!("hello:{number}"));
        assert!(line.contains("words/lib/index.js: "), "{line}");
        get_until(&address, "/hello", |answer| answer.body == text);
    }
    tool.interrupt();
}

#[test]
fn dev_rejects_a_function_that_cannot_start() {
    let dir = project();
    write(dir.path(), "hello.js", "exports.handler = 1 +;");
    let args =
        ["dev".as_ref(), dir.path().as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()];
    let output = brink(&args);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("hello.js:1"), "{}", stderr(&output));
}

#[test]
fn a_misspelt_setting_keeps_a_node_from_starting() {
    let dir = folder(&[("worker.toml", "log = \"warn\"\n\n[sandbox]\nrequre = [\"seccomp\"]\n")]);
    let file = dir.path().join("worker.toml");
    for node in ["worker", "gateway"] {
        let output = brink(&[node, "--config", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{node}");
        let said = stderr(&output);
        let place = format!("{}:4: sandbox.requre is not a setting", file.display());
        assert!(said.contains(&place) && said.contains("did you mean sandbox.require?"), "{said}");
    }
}

#[test]
fn up_says_at_once_that_a_node_cannot_start() {
    let dir = project();
    // Where the gateway's folder belongs.
    write(dir.path(), ".brink/gateway-1", "a file");
    let args = ["up".as_ref(), dir.path().as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()];
    let began = Instant::now();
    let output = brink(&args);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("gateway-1 cannot start") && said.contains("state folder"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn up_serves_a_project_and_the_commands_look_after_it() {
    let dir = project();
    let (mut tool, ready, address) = start("up", dir.path());
    assert!(ready.contains("functions hello:1"), "{ready}");
    let url = ready.split("nats://").nth(1).unwrap().split_whitespace().next().unwrap();
    let cluster = Cluster { url: format!("nats://{url}") };

    assert_eq!(get(&address, "/hello", "").body, "one");
    assert_eq!(get(&address, "/index.html", "").body, "<p>page");
    nodes_and_functions(&cluster);
    versions_come_and_go(&cluster, dir.path());
    secrets_reach_every_worker(&cluster, dir.path());
    distributions_move(&cluster, dir.path());
    logs_are_kept(&cluster, &address);

    write(dir.path(), "hello.js", &hello("four"));
    tool.line("hello.js");
    get_until(&address, "/hello", |answer| answer.body == "four");
    assert!(cluster.text(&["cache", "invalidate", "shop", "/*"]).contains("/*"));
    only_the_last_versions_are_kept(&cluster, dir.path(), &mut tool);
    write(dir.path(), "hello.js", &hello("four"));
    tool.line("hello.js");
    get_until(&address, "/hello", |answer| answer.body == "four");

    a_killed_worker_is_replaced(&cluster, &mut tool);
    get_until(&address, "/hello", |answer| answer.body == "four");

    let server = ready.split("nats-server ").nth(1).unwrap().split(',').next().unwrap();
    signal(server.parse().unwrap(), "KILL");
    tool.line("nats-server ended");
    get_until(&address, "/hello", |answer| answer.body == "four");
    ends_and_leaves_nothing(tool);
}

/// `BRINK_SAVES=1000` is a day of work.
fn only_the_last_versions_are_kept(cluster: &Cluster, dir: &Path, tool: &mut Running) {
    let saves = std::env::var("BRINK_SAVES").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    for number in 0..saves {
        write(dir, "hello.js", &hello(&format!("saved {number}")));
        tool.line("hello.js: hello:");
    }
    let function = cluster.json(&["function", "show", "hello"]);
    let versions = function["versions"].as_array().unwrap().len();
    assert!(versions <= 5, "{function}");
    let revisions = cluster.json(&["distribution", "history", "shop"]);
    assert!(revisions.as_array().unwrap().len() <= 5, "{revisions}");
    let pruned = cluster.json(&["registry", "prune", "--dry-run", "--keep", "1"]);
    assert_eq!(pruned["versions"], json!([]), "what is young stays");
}

fn nodes_and_functions(cluster: &Cluster) {
    let nodes = cluster.json(&["status"]);
    let roles: Vec<_> = nodes.as_array().unwrap().iter().map(|node| &node["role"]).collect();
    assert_eq!(roles, ["gateway", "worker", "worker"]);
    assert_eq!(nodes[0]["distributions"], json!(["shop@1"]));
    let text = cluster.text(&["status"]);
    assert!(text.contains("worker-1") && text.contains("hello:1"), "{text}");
    // The workers search for them after they have started.
    let begun = Instant::now();
    for runtime in ["nodejs", "python"] {
        let is_shown = |text: &str| {
            let mut words = text.lines().map(|line| line.split_whitespace().take(2));
            words.any(|mut line| line.next() == Some("worker-1") && line.next() == Some(runtime))
        };
        while !is_shown(&cluster.text(&["status"])) {
            assert!(begun.elapsed() < SOON, "the test needs node 18 and python3.9 or newer");
        }
    }

    let functions = cluster.json(&["function", "list"]);
    assert_eq!(functions[0]["name"], "hello");
    assert_eq!(functions[0]["used_by"], json!(["shop behaviors[0].functions.viewer-request"]));
    let text = cluster.text(&["function", "show", "hello"]);
    assert!(text.contains("hello:1") && text.contains("hello.handler"), "{text}");
}

fn versions_come_and_go(cluster: &Cluster, dir: &Path) {
    let file = dir.join("other.js");
    // Larger than what travels within a message.
    let large = format!("{}\n// {}", hello("other"), "x".repeat(300_000));
    std::fs::write(&file, large).unwrap();
    let published = cluster.json(&["function", "publish", "other", file.to_str().unwrap()]);
    assert_eq!(published["version"], "other:1");

    std::fs::write(&file, "exports.handler = (").unwrap();
    let rejected = cluster.run(&["function", "publish", "other", file.to_str().unwrap()]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(stderr(&rejected).contains("other.js:1"), "{}", stderr(&rejected));

    let event = dir.join("event.json");
    std::fs::write(&event, brink(&["event", "viewer-request"]).stdout).unwrap();
    let invoke = ["function", "invoke", "other:1", "--event", event.to_str().unwrap()];
    let report: Value = serde_json::from_str(&cluster.text(&invoke)).unwrap();
    assert_eq!(report["ok"]["body"], "other");
    std::fs::write(&file, "exports.handler = async () => { throw new Error('mine'); };").unwrap();
    assert!(
        cluster.text(&["function", "publish", "fails", file.to_str().unwrap()]).contains("1 file,")
    );
    let invoke = ["function", "invoke", "fails", "--event", event.to_str().unwrap()];
    let failed = cluster.run(&[&invoke[..], &["--output", "json"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(report["error"]["errorMessage"], "mine");
    cluster.text(&["function", "delete", "fails"]);

    let packed = dir.join("packed.zip");
    std::fs::write(&packed, zip(&[Entry::new("index.js", &hello("zip"))])).unwrap();
    let published = cluster.text(&["function", "publish", "packed", packed.to_str().unwrap()]);
    assert!(published.starts_with("published packed:1  1 file,"), "{published}");
    let invoke = ["function", "invoke", "packed", "--event", event.to_str().unwrap()];
    let report: Value = serde_json::from_str(&cluster.text(&invoke)).unwrap();
    assert_eq!(report["ok"]["body"], "zip");
    cluster.text(&["function", "delete", "packed"]);

    assert!(cluster.text(&["function", "delete", "other:1"]).contains("deleted other:1"));
    let gone = cluster.run(&["function", "show", "other:1"]);
    assert_eq!(gone.status.code(), Some(1));
    let used = cluster.run(&["function", "delete", "hello:1"]);
    assert_eq!(used.status.code(), Some(1));
    assert!(stderr(&used).contains("shop"), "{}", stderr(&used));
}

/// Both workers open what was sealed to the key that one of them gave.
fn secrets_reach_every_worker(cluster: &Cluster, dir: &Path) {
    write(dir, "secret/index.js", "exports.handler = async () => process.env.API_KEY;");
    write(dir, "value", "hunter2\n");
    write(dir, "event.json", "{}");
    let at = |name: &str| dir.join(name).display().to_string();
    let (source, event, value) = (at("secret"), at("event.json"), at("value"));
    let secret = format!("API_KEY=@{value}");
    cluster.text(&["function", "publish", "keeps", &source, "--secret", &secret]);
    // More often than one worker alone would be asked.
    for _ in 0..8 {
        let report = cluster.text(&["function", "invoke", "keeps", "--event", &event]);
        assert!(report.contains("\"ok\":\"hunter2\""), "{report}");
    }
    for shown in [
        cluster.text(&["function", "show", "keeps"]),
        cluster.json(&["function", "show", "keeps"]).to_string(),
    ] {
        assert!(shown.contains("API_KEY") && !shown.contains("hunter2"), "{shown}");
        assert!(!shown.contains("\"box\""), "{shown}");
    }
    let nodes = cluster.json(&["status"]);
    assert!(!nodes.to_string().contains("warnings"), "{nodes}");
    cluster.text(&["function", "delete", "keeps"]);
}

fn distributions_move(cluster: &Cluster, dir: &Path) {
    let file = dir.join("second.toml");
    let second = PROJECT
        .replace("\"shop\"", "\"second\"\naliases = [\"second.example.com\"]")
        .replace("folder = \"site\"", "url = \"http://127.0.0.1:9\"")
        .replace("= \"hello\"", "= \"hello:1\"");
    std::fs::write(&file, &second).unwrap();
    let file = file.to_str().unwrap();
    let applied = cluster.run(&["distribution", "apply", file, "--output", "json"]);
    let revision: Value = serde_json::from_slice(&applied.stdout).unwrap();
    assert_eq!(revision, json!({"id": "second", "revision": 1}));
    // `hello` sees nothing of such paths.
    let said = stderr(&applied);
    assert!(said.starts_with("warning: behaviors[0].path: \"/hello\" does not match"), "{said}");
    assert!(said.contains("/x%2F..%2Fhello") && said.lines().count() == 1, "{said}");
    let stale = cluster.run(&["distribution", "apply", file, "--if-revision", "7"]);
    assert_eq!(stale.status.code(), Some(1));

    std::fs::write(file, second.replace("hello:1", "hello:99")).unwrap();
    let rejected = cluster.run(&["distribution", "apply", file]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(
        stderr(&rejected).contains("behaviors[0].functions.viewer-request"),
        "{}",
        stderr(&rejected)
    );

    std::fs::write(file, second.replace("second.example.com", "2.example.com")).unwrap();
    assert_eq!(cluster.json(&["distribution", "apply", file])["revision"], 2);
    assert_eq!(cluster.json(&["distribution", "rollback", "second"])["revision"], 3);
    let shown = cluster.json(&["distribution", "show", "second"]);
    assert_eq!(shown["distribution"]["aliases"], json!(["second.example.com"]));
    let history = cluster.json(&["distribution", "history", "second"]);
    assert_eq!(history.as_array().unwrap().len(), 3);
    let list = cluster.text(&["distribution", "list"]);
    assert!(list.contains("second.example.com") && list.contains("(any)"), "{list}");
    for never in [["distribution", "history", "third"], ["distribution", "rollback", "shop"]] {
        let rejected = cluster.run(&never);
        assert_eq!(rejected.status.code(), Some(1), "{never:?}");
    }
    cluster.text(&["distribution", "delete", "second"]);
    assert_eq!(cluster.run(&["distribution", "show", "second"]).status.code(), Some(1));
}

fn logs_are_kept(cluster: &Cluster, address: &str) {
    let until = Instant::now() + SOON;
    // Logs are best effort: what is written before the journal is open is not kept.
    let text = loop {
        get(address, "/hello", "");
        let text = cluster.text(&["logs", "hello"]);
        if text.contains("ran") || Instant::now() > until {
            break text;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(text.contains("hello:1 viewer-request") && text.contains("INFO ran"), "{text}");
    assert_eq!(cluster.text(&["logs", "hello", "--errors"]), "");
    assert_eq!(cluster.text(&["logs", "hello:1", "--trigger", "origin-request"]), "");
    let one = cluster.text(&["logs", "hello:1", "--grep", "ran", "--output", "json"]);
    let line: Value = serde_json::from_str(one.lines().next().unwrap()).unwrap();
    assert_eq!((&line["text"], &line["level"]), (&json!("ran"), &json!("INFO")));
}

fn a_killed_worker_is_replaced(cluster: &Cluster, tool: &mut Running) {
    let pid = |nodes: &Value| {
        let nodes = nodes.as_array().unwrap();
        let worker = nodes.iter().find(|node| node["node"] == "worker-1");
        worker.and_then(|node| node["pid"].as_u64())
    };
    let killed = pid(&cluster.json(&["status"])).unwrap();
    signal(u32::try_from(killed).unwrap(), "KILL");
    tool.line("worker-1 (process");
    let until = Instant::now() + SOON;
    while pid(&cluster.json(&["status"])).is_none_or(|pid| pid == killed) {
        assert!(Instant::now() < until, "no other worker came");
    }
}

#[test]
fn up_ends_its_nodes_even_when_it_is_killed() {
    let dir = project();
    let (tool, ready, _) = start("up", dir.path());
    let processes = ready.rsplit_once('(').unwrap().1.trim_end_matches(')');
    let nodes: Vec<u32> = processes
        .split(", ")
        .filter(|process| !process.starts_with("nats-server"))
        .map(|process| process.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert_eq!(nodes.len(), 3, "{ready}");
    tool.kill();
    let until = Instant::now() + SOON;
    while nodes.iter().any(|pid| is_alive(*pid)) {
        assert!(Instant::now() < until, "nodes outlived their parent");
        std::thread::sleep(Duration::from_millis(20));
    }

    // Starting again in the same place takes over what was left, the server included.
    let (tool, ready, address) = start("up", dir.path());
    assert!(ready.contains("functions hello:1"), "{ready}");
    assert_eq!(get(&address, "/hello", "").body, "one");
    ends_and_leaves_nothing(tool);
}
