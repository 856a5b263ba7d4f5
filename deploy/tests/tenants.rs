//! Two tenants on one machine, as the page about identities makes them: one server, one worker for both,
//! and a gateway for each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/origin.rs"]
mod origin;
#[path = "support/tool.rs"]
mod tool;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use brink_nats_server::program;
use serde_json::Value;
use tool::{Answer, SOON, brink, command, free_port, get, get_until, signal, stderr, stdout};

/// Requests of each viewer under load.
const REQUESTS: usize = 150;

/// Viewers of each gateway under load.
const VIEWERS: usize = 4;

/// The processes of both tenants.
struct Edge {
    dir: tempfile::TempDir,
    url: String,
    /// The addresses of the gateways: of the first tenant, and of `acme`.
    gateways: [String; 2],
    shell: Child,
}

impl Drop for Edge {
    fn drop(&mut self) {
        signal(self.shell.id(), "TERM");
        let _ = self.shell.wait();
    }
}

/// The commands of the first block of the page after this text.
fn commands(after: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/identities.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once(after).unwrap();
    let (_, block) = rest.split_once("```console\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().map(|line| line.strip_prefix("$ ").unwrap().to_owned()).collect()
}

/// The script of the page: its first example without a worker, then its tenants.
fn script(bus: u16, gateways: [u16; 2]) -> String {
    let (first, tenants) = (commands("## A cluster from nothing"), commands("## Tenants"));
    let is = |at: usize, what: &str| assert!(first[at].contains(what), "{}: {what}", first[at]);
    is(2, "nats-server");
    is(3, "brink worker");
    is(6, "function publish");
    is(8, "distribution apply");
    let until_up =
        format!("until (exec 3<>/dev/tcp/127.0.0.1/{bus}) 2>/dev/null; do sleep 0.05; done");
    let own = ["set -e", "trap 'kill $(jobs -p); wait; exit 0' TERM EXIT"].map(str::to_owned);
    let lines = own
        .into_iter()
        .chain(first[..3].iter().cloned())
        .chain(["nats=$!".to_owned(), until_up])
        .chain([4, 5, 7].map(|at| first[at].clone()))
        .chain(tenants)
        .chain([6, 8].map(|at| first[at].clone()))
        .chain(["echo 'both are up'; wait".to_owned()]);
    let script = lines.collect::<Vec<_>>().join("\n");
    // The page has the usual ports. Tests that run at the same time may have them too.
    let [one, other] = gateways.map(|port| format!("127.0.0.1:{port}"));
    script
        .replace("127.0.0.1:8080", &one)
        .replace("127.0.0.1:8081", &other)
        .replace("nats-server --signal reload", "kill -HUP $nats")
        .replacen("brink bus init", &format!("brink bus init --listen 127.0.0.1:{bus}"), 1)
}

impl Edge {
    /// Runs the page's commands until both tenants are served.
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (bus, gateways) = (free_port(), [free_port(), free_port()]);
        let tool = Path::new(env!("CARGO_BIN_EXE_brink")).parent().unwrap().to_owned();
        let server = program::find().await.unwrap();
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{}:{path}", tool.display(), server.parent().unwrap().display());
        let url = format!("nats://127.0.0.1:{bus}");
        let mut shell = Command::new("bash");
        shell.args(["-c", &script(bus, gateways)]).current_dir(dir.path());
        shell.env("PATH", path).env("BRINK_NATS", &url);
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        shell.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let shell = shell.spawn().unwrap();
        let gateways = gateways.map(|port| format!("127.0.0.1:{port}"));
        let edge = Self { dir, url, gateways, shell };
        let until = Instant::now() + SOON;
        while !edge.said().contains("\nboth are up\n") {
            assert!(Instant::now() < until, "{}", edge.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(edge.said().contains("paula has the role publisher in the tenant acme"));
        edge
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn creds(&self, tenant: usize, user: &str) -> String {
        let folder = ["bus/users", "bus/users/acme"][tenant];
        self.path(&format!("{folder}/{user}.creds")).display().to_string()
    }

    /// Runs the tool as this user of a tenant.
    fn brink(&self, tenant: usize, user: &str, args: &[&str]) -> Output {
        let creds = self.creds(tenant, user);
        command(&[args, &["--creds", &creds, "--nats", &self.url]].concat())
            .env("TOKEN", ["of the first", "of acme"][tenant])
            .output()
            .unwrap()
    }

    /// The output of a command that must succeed.
    fn done(&self, tenant: usize, user: &str, args: &[&str]) -> String {
        let output = self.brink(tenant, user, args);
        assert!(output.status.success(), "{args:?}: {}{}", stdout(&output), stderr(&output));
        stdout(&output)
    }

    /// Changes the identities.
    fn bus(&self, args: &[&str]) -> String {
        let bus = self.path("bus").display().to_string();
        let output = brink(&[&["bus"], args, &["--dir", &bus]].concat());
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Publishes a function that says its tenant, and a distribution that runs it at `/hello`, and
    /// caches at `/kept`.
    fn publish(&self, tenant: usize, text: &str, origin: &str) {
        let source = self.path(&format!("{tenant}.js"));
        let code = format!(
            "exports.handler = async () => {{ console.log('log {text}'); \
             return {{ status: '200', body: '{text} ' + process.env.TOKEN }}; }};"
        );
        std::fs::write(&source, code).unwrap();
        let source = source.display().to_string();
        let publish = ["function", "publish", "hello", &source, "--secret", "TOKEN"];
        let published = self.done(tenant, "paula", &[&publish[..], &["--output", "json"]].concat());
        let published: Value = serde_json::from_str(&published).unwrap();
        let version = published["version"].as_str().unwrap();
        let document = self.path(&format!("{tenant}.json"));
        let text = format!(
            r#"{{ "id": "shop", "origins": {{ "web": {{ "url": "http://{origin}" }} }},
                 "behaviors": [
                   {{ "path": "/hello", "origin": "web", "functions": {{ "viewer-request": "{version}" }} }},
                   {{ "path": "*", "origin": "web" }} ] }}"#
        );
        std::fs::write(&document, text).unwrap();
        let document = document.display().to_string();
        self.done(tenant, "paula", &["distribution", "apply", &document]);
    }

    /// The metrics, or another page, of the worker.
    fn worker_page(&self, path: &str) -> Answer {
        let status: Value =
            serde_json::from_str(&self.done(0, "vera", &["status", "--output", "json"])).unwrap();
        let text = status.to_string();
        let (_, after) = text.split_once("\"worker-1\"").unwrap();
        let (_, after) = after.split_once("http://").unwrap();
        get(after.split('"').next().unwrap(), path, "")
    }

    /// The server reads the identities again.
    fn reload(&self) {
        let is_server = |pid: &u32| {
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).contains("nats-server.conf")
        };
        let processes = brink_testing::process::descendants(self.shell.id());
        signal(processes.into_iter().find(is_server).unwrap(), "HUP");
    }
}

/// Asks a gateway again and again, also with words that name the other tenant.
fn load(address: &str, own: &str, other: &str) {
    for number in 0..REQUESTS {
        let headers = format!("x-tenant: {other}\r\ntenant: {other}\r\ncookie: tenant={other}\r\n");
        let answer = get(address, &format!("/hello?tenant={other}&{number}"), &headers);
        assert_eq!(answer.body, own, "{answer:?}");
    }
}

#[tokio::test]
async fn two_tenants_share_a_worker_and_see_nothing_of_each_other() {
    let edge = Edge::start().await;
    for (user, role) in [("vera", "viewer"), ("ada", "auditor")] {
        edge.bus(&["user", user, "--role", role, "--tenant", "acme"]);
    }
    let users = edge.bus(&["users"]);
    assert_eq!(users.matches("edge-1").count(), 2, "{users}");
    let origins = [origin::counting_origin(), origin::counting_origin()];
    edge.publish(0, "first", &origins[0]);
    edge.publish(1, "acme", &origins[1]);
    let [first, acme] = &edge.gateways;
    let answers = ["first of the first", "acme of acme"];
    for (address, answer) in [(first, answers[0]), (acme, answers[1])] {
        get_until(address, "/hello", |got| got.body == answer);
    }
    // Both at the same time, under load. The functions have the same name and version numbers.
    std::thread::scope(|scope| {
        for _ in 0..VIEWERS {
            scope.spawn(|| load(first, answers[0], "acme"));
            scope.spawn(|| load(acme, answers[1], "default"));
        }
    });

    // Logs, history, lists and status.
    let until = Instant::now() + SOON;
    let logs = loop {
        let logs = [0, 1].map(|tenant| edge.done(tenant, "vera", &["logs", "hello"]));
        if logs[0].contains("log first") && logs[1].contains("log acme") {
            break logs;
        }
        assert!(Instant::now() < until, "{logs:?}");
    };
    assert!(!logs[0].contains("log acme") && !logs[1].contains("log first"));
    let source = edge.path("1.js").display().to_string();
    edge.done(1, "paula", &["function", "publish", "only-acme", &source]);
    for args in [&["history"][..], &["function", "list"], &["status", "--output", "json"]] {
        let all = [0, 1].map(|tenant| edge.done(tenant, "vera", args));
        assert!(!all[0].contains("only-acme"), "{args:?}: {}", all[0]);
        assert!(all[1].contains("only-acme"), "{args:?}: {}", all[1]);
        assert!(!all[0].contains(acme.as_str()) && !all[1].contains(first.as_str()), "{all:?}");
    }
    let status = edge.done(1, "vera", &["status", "--output", "json"]);
    assert!(status.contains(acme.as_str()) && status.contains("worker-1"), "{status}");
    let missing = edge.brink(0, "vera", &["function", "show", "only-acme"]);
    assert_eq!(missing.status.code(), Some(1), "{}", stdout(&missing));

    // Metrics: no series is of both tenants.
    let metrics = edge.worker_page("/metrics").body;
    let runs: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("brink_worker_invocation_seconds_count"))
        .collect();
    let of = |tenant: &str| {
        let label = format!("tenant=\"{tenant}\"");
        let own = runs.iter().filter(|line| line.contains(&label));
        let counts = own.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
        counts.sum::<usize>()
    };
    assert!(of("default") >= VIEWERS * REQUESTS && of("acme") >= VIEWERS * REQUESTS, "{runs:?}");
    assert!(runs.iter().all(|line| line.contains("tenant=\"")), "{runs:?}");

    // Each tenant has its key for secrets.
    let key = |path: &str| std::fs::read(edge.path(path)).unwrap();
    let keys = ["worker-1/secrets.key", "worker-1/tenants/acme/secrets.key"].map(key);
    assert_ne!(keys[0], keys[1]);

    // An invalidation of one tenant leaves the other's objects alone.
    let before = [first, acme].map(|address| get(address, "/kept", "").body);
    edge.done(1, "paula", &["cache", "invalidate", "shop", "/*"]);
    get_until(acme, "/kept", |answer| answer.body != before[1]);
    assert_eq!(get(first, "/kept", "").body, before[0]);

    // One tenant's credentials end, and the other goes on.
    edge.bus(&["revoke", "worker-1", "--tenant", "acme"]);
    edge.reload();
    get_until(acme, "/hello?after", |answer| answer.status == 503);
    load(first, answers[0], "acme");
    let ready = edge.worker_page("/ready");
    assert_eq!(ready.status, 503, "{ready:?}");
    assert!(ready.body.contains("bus in the tenant acme"), "{}", ready.body);
    assert!(!ready.body.contains("bus,") && ready.body.ends_with("acme\n"), "{}", ready.body);

    // The whole tenant ends.
    edge.bus(&["tenant", "acme", "--remove"]);
    edge.reload();
    load(first, answers[0], "acme");
    edge.publish(0, "first again", &origins[0]);
    get_until(first, "/hello", |answer| answer.body == "first again of the first");
}

#[tokio::test]
async fn nodes_keep_tenants_apart_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let bus = file("bus");
    let made = |args: &[&str]| {
        let output = brink(&[&["bus"], args, &["--dir", &bus]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    };
    made(&["init"]);
    for name in ["acme", "globex"] {
        made(&["tenant", name]);
    }
    for tenant in ["default", "acme", "globex"] {
        made(&["user", "edge", "--role", "gateway", "--tenant", tenant]);
        made(&["user", "work", "--role", "worker", "--tenant", tenant]);
        made(&["user", "more", "--role", "worker", "--tenant", tenant]);
    }
    let (nowhere, state, cache) = (file("nowhere"), file("state"), file("cache"));
    std::fs::create_dir(&nowhere).unwrap();
    let url = format!("nats://127.0.0.1:{}", free_port());
    let node = |args: &[&str]| {
        let output = brink(&[args, &["--nats", &url]].concat());
        assert!(!output.status.success());
        stderr(&output)
    };
    let edge = |tenant: &str| format!("{bus}/users/{tenant}/edge.creds").replace("/default/", "/");
    let gateway = |tenant: &str, state: &str, cache: &str| {
        let creds = edge(tenant);
        let args = ["gateway", "--listen", "127.0.0.1:0", "--creds", &creds, "--state", state];
        let args: Vec<_> =
            args.iter().chain(&["--disk-cache-dir", cache]).map(|a| a.to_string()).collect();
        (args, creds)
    };
    // The first tenant of a folder keeps it.
    let (args, _) = gateway("acme", &state, &cache);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut first = tool::Running::start(&[&args[..], &["--nats", &url]].concat());
    first.line("edge in the tenant acme serves http://");
    drop(first);
    for tenant in ["globex", "default"] {
        for (state, cache, which) in [(&state, &nowhere, "state"), (&nowhere, &cache, "cache")] {
            let (args, _) = gateway(tenant, state, cache);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let why = node(&args);
            let folder = format!("the folder {} belongs to the tenant acme", file(which));
            assert!(why.contains(&folder), "{tenant} {which}: {why}");
            assert!(why.contains(&format!("of the tenant {tenant}")), "{why}");
            let _ = std::fs::remove_dir_all(&nowhere);
        }
    }
    // A gateway has one tenant, and a worker one node in each.
    let both = [edge("acme"), edge("globex")];
    let why = node(&["gateway", "--creds", &both[0], "--creds", &both[1]]);
    assert!(why.contains("a gateway serves one tenant"), "{why}");
    let work = |user: &str| format!("{bus}/users/acme/{user}.creds");
    let why = node(&["worker", "--creds", &work("work"), "--creds", &work("more")]);
    assert!(why.contains("several of the credentials are of the tenant acme"), "{why}");
    let why = node(&["whoami", "--creds", &both[0], "--creds", &both[1]]);
    assert!(why.contains("give it one credentials file"), "{why}");
    // Tenants do not share a key of secrets.
    let (key, other) = (file("key"), format!("{bus}/users/globex/work.creds"));
    std::fs::write(&key, "").unwrap();
    let why = node(&["worker", "--creds", &work("work"), "--creds", &other, "--secrets-key", &key]);
    assert!(why.contains("each tenant needs a key of its own"), "{why}");
    // Without the credentials of one tenant, a worker serves the others.
    let missing = file("missing.creds");
    let (state, keys) = (file("worker"), file("keys"));
    let credentials = [missing, work("work"), other].join(",");
    let mut worker = tool::Running::start(&[
        "worker",
        "--creds",
        &credentials,
        "--state",
        &state,
        "--secrets-key",
        &keys,
        "--nats",
        &url,
    ]);
    worker.line("one of the tenants is not served error=cannot read the credentials");
    let up = [worker.line("worker is up"), worker.line("worker is up")];
    for tenant in ["acme", "globex"] {
        assert!(up.iter().any(|line| line.contains(&format!("tenant={tenant}}}"))), "{up:?}");
        let mark = format!("{state}/tenants/{tenant}/tenant");
        assert_eq!(std::fs::read_to_string(mark).unwrap().trim(), tenant);
    }
    let key = |tenant: &str| std::fs::read(format!("{keys}/{tenant}.key")).unwrap();
    assert_ne!(key("acme"), key("globex"));
    let (code, _) = worker.stop("TERM");
    assert_eq!(code, Some(0));
}
