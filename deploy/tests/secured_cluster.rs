//! A cluster with identities, from nothing, as the page about identities makes it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/tool.rs"]
mod tool;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use brink_nats_server::program;
use brink_shared::bus::{Bus as _, Link, NatsBus, NatsOptions, Requester};
use brink_testing::process::descendants;
use rcgen::{CertificateParams, KeyPair};
use tool::{Running, SOON, brink, command, free_port, get_until, signal, stderr, stdout};

/// A program that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A shell that ends the programs that it started.
struct Shell(Child);

impl Drop for Shell {
    fn drop(&mut self) {
        signal(self.0.id(), "TERM");
        let _ = self.0.wait();
    }
}

/// The commands of the page's first block.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/identities.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```console\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().map(|line| line.strip_prefix("$ ").unwrap().to_owned()).collect()
}

async fn nats_server() -> PathBuf {
    program::find().await.unwrap()
}

/// Runs the tool until it succeeds; its output.
fn succeeds(args: &[&str]) -> String {
    let until = Instant::now() + SOON;
    loop {
        let output = brink(args);
        if output.status.success() {
            return stdout(&output);
        }
        assert!(Instant::now() < until, "{args:?}: {}", stderr(&output));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[tokio::test]
async fn ten_commands_make_a_secured_cluster() {
    let commands = commands();
    assert_eq!(commands.len(), 10);
    let dir = tempfile::tempdir().unwrap();
    let (port, web) = (free_port(), free_port());
    let tool = Path::new(env!("CARGO_BIN_EXE_brink")).parent().unwrap().to_owned();
    let server = nats_server().await;
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{path}", tool.display(), server.parent().unwrap().display());
    // The page has the usual ports. Tests that run at the same time may have them too.
    let script = commands[..9].join("\n").replace("127.0.0.1:8080", &format!("127.0.0.1:{web}"));
    let script =
        script.replacen("brink bus init", &format!("brink bus init --listen 127.0.0.1:{port}"), 1);
    let script = format!(
        "set -e\ntrap 'kill $(jobs -p); wait; exit 0' TERM EXIT\n{script}\necho applied\nwait\n"
    );
    let url = format!("nats://127.0.0.1:{port}");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(dir.path()).env("PATH", path).env("BRINK_NATS", &url);
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    shell.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    let child = shell.spawn().unwrap();
    let pid = child.id();
    let _shell = Shell(child);
    let said = || std::fs::read_to_string(dir.path().join("log")).unwrap();
    let until = Instant::now() + SOON;
    while !said().contains("\napplied\n") {
        assert!(Instant::now() < until, "{}", said());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let address = format!("127.0.0.1:{web}");
    get_until(&address, "/hello", |answer| answer.status == 200);
    // The last command: a viewer changes nothing.
    let of = |name: &str| dir.path().join(format!("bus/users/{name}.creds")).display().to_string();
    let (vera, paula) = (of("vera"), of("paula"));
    let denied = brink(&["function", "delete", "hello", "--creds", &vera, "--nats", &url]);
    assert_eq!(denied.status.code(), Some(1));
    let words =
        "the role of these credentials does not allow to send to brink.admin.function.delete";
    assert!(stderr(&denied).contains(words), "{}", stderr(&denied));
    let who = brink(&["whoami", "--creds", &vera, "--nats", &url]);
    assert_eq!(stdout(&who), "vera has the role viewer\n", "{}", stderr(&who));
    let status = brink(&["status", "--creds", &vera, "--nats", &url]);
    let status = stdout(&status);
    assert!(status.contains("edge-1") && status.contains("worker-1"), "{status}");
    let nobody = brink(&["status", "--nats", &url]);
    assert!(stderr(&nobody).contains("lets only known identities in"), "{}", stderr(&nobody));
    // Rights are checked by the worker.
    let bus = dir.path().join("bus").display().to_string();
    let made = brink(&[
        "bus",
        "user",
        "sam",
        "--role",
        "publisher",
        "--may",
        "publish:shop-*",
        "--may",
        "logs:hello",
        "--dir",
        &bus,
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    let sam = of("sam");
    let source = dir.path().join("f.js");
    std::fs::write(&source, "exports.handler = async () => ({ status: 200 })").unwrap();
    let source = source.display().to_string();
    let publish = |name: &str| {
        brink(&["function", "publish", name, &source, "--creds", &sam, "--nats", &url])
    };
    assert!(publish("shop-cart").status.success(), "{}", stderr(&publish("shop-cart")));
    let denied = stderr(&publish("blog"));
    assert!(denied.contains("sam does not have the right publish:blog"), "{denied}");
    let denied = brink(&["distribution", "delete", "shop", "--creds", &sam, "--nats", &url]);
    assert!(
        stderr(&denied).contains("sam does not have the right remove:shop"),
        "{}",
        stderr(&denied)
    );
    let logs = |name: &str| brink(&["logs", name, "--creds", &sam, "--nats", &url]);
    assert!(logs("hello").status.success(), "{}", stderr(&logs("hello")));
    assert!(
        stderr(&logs("shop-cart")).contains("sam does not have the right logs:shop-cart"),
        "{}",
        stderr(&logs("shop-cart"))
    );
    for (noun, code) in [("shop-cart", 0), ("blog", 1)] {
        let can = brink(&["can", "sam", "publish", noun, "--dir", &bus]);
        assert_eq!(can.status.code(), Some(code), "{}", stderr(&can));
    }
    // Nobody gets functions into a distribution, or their files, by a detour.
    let made = brink(&[
        "bus",
        "user",
        "tess",
        "--role",
        "publisher",
        "--may",
        "apply:shop",
        "--may",
        "publish:own",
        "--dir",
        &bus,
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    let tess = of("tess");
    let document = dir.path().join("shop/distribution.toml");
    let text = std::fs::read_to_string(&document).unwrap();
    let without = text.replace("[behaviors.functions]\nviewer-request = \"hello:1\"\n", "");
    assert_ne!(without, text);
    std::fs::write(&document, without).unwrap();
    let document = document.display().to_string();
    let distribution = |arguments: &[&str], creds: &str| {
        let common = ["--creds", creds, "--nats", &url];
        brink(&[&["distribution"], arguments, &common].concat())
    };
    let applied = distribution(&["apply", &document], &tess);
    assert!(applied.status.success(), "{}", stderr(&applied));
    for back in [&["rollback", "shop"] as &[_], &["rollback", "shop", "--to", "1"]] {
        let denied = stderr(&distribution(back, &tess));
        assert!(denied.contains("tess does not have the right associate:hello"), "{denied}");
    }
    let back = distribution(&["rollback", "shop", "--to", "1"], &paula);
    assert!(back.status.success(), "{}", stderr(&back));
    let shown = brink(&[
        "function", "show", "hello:1", "--output", "json", "--creds", &tess, "--nats", &url,
    ]);
    let shown: serde_json::Value = serde_json::from_str(&stdout(&shown)).unwrap();
    let digest = shown["versions"][0]["bundle"].as_str().unwrap().to_owned();
    let asks = async |creds: &str| {
        let name = "test".to_owned();
        let options =
            NatsOptions { servers: vec![url.clone()], creds: Some(creds.into()), ca: None, name };
        let bus = NatsBus::connect(options).await.unwrap();
        bus.link().wait_for(|link| *link == Link::Up).await.unwrap();
        let requester = Requester::new(bus.clone()).await.unwrap();
        let request = serde_json::json!({"name": "own", "bundle": digest}).to_string();
        let subject = "brink.admin.function.publish";
        let answer = requester.request(subject, request.into(), SOON).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let denied = asks(&tess).await;
    assert!(denied.contains("error") && denied.contains(&digest), "{denied}");
    assert!(asks(&paula).await.contains("own:1"));
    // A large bundle of a publisher.
    let large = dir.path().join("large");
    std::fs::create_dir(&large).unwrap();
    let text: String = (0..400_000).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
    let text = format!("exports.handler = async () => ({{ status: 200 }}); // {text}");
    std::fs::write(large.join("index.js"), text).unwrap();
    let large = large.display().to_string();
    for _ in 0..2 {
        let published =
            brink(&["function", "publish", "large", &large, "--creds", &paula, "--nats", &url]);
        assert!(published.status.success(), "{}", stderr(&published));
    }
    // Who did all that.
    let history = |more: &[&str]| {
        let args = [&["history", "--output", "json", "--creds", &vera, "--nats", &url], more];
        let output = brink(&args.concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str::<serde_json::Value>(&stdout(&output)).unwrap()
    };
    let all = history(&[]);
    let (first, of_sam) = (&all[0], history(&["--by", "sam"]));
    assert_eq!(
        (&first["by"]["name"], &first["by"]["role"], &first["by"]["address"]),
        (&"paula".into(), &"publisher".into(), &"127.0.0.1".into()),
        "{all}"
    );
    let of_sam = of_sam.as_array().unwrap();
    assert_eq!(of_sam[0]["request"], "function.publish");
    assert_eq!(of_sam[0]["state"]["done"]["after"]["version"], "shop-cart:1");
    let denied = of_sam.iter().find(|entry| entry["of"] == "blog").unwrap();
    let why = denied["state"]["failed"]["why"].as_str().unwrap();
    assert!(why.contains("does not have the right publish:blog"), "{why}");
    let of_shop = history(&["shop"]);
    let back = of_shop.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&back["request"], &back["by"]["name"]),
        (&"distribution.rollback".into(), &"paula".into())
    );
    let done = &back["state"]["done"];
    assert_eq!((&done["before"]["revision"], &done["after"]["revision"]), (&2.into(), &3.into()));
    let applied = &of_shop[0];
    assert_eq!(applied["request"], "distribution.apply");
    assert_eq!(applied["state"]["done"]["before"], serde_json::Value::Null);
    assert_eq!(applied["state"]["done"]["after"]["distribution"]["id"], "shop");
    // Sam cannot fill the record with failures.
    let refused = (0..30).find_map(|_| {
        let denied = brink(&["function", "delete", "blog", "--creds", &sam, "--nats", &url]);
        Some(stderr(&denied)).filter(|denied| denied.contains("wait"))
    });
    let refused = refused.expect("sam fails without end");
    assert!(refused.contains("20 changes of sam have failed within a minute; wait"), "{refused}");
    // Revoked. The file is gone, but a thief has a copy.
    let stolen = dir.path().join("stolen.creds").display().to_string();
    std::fs::copy(&sam, &stolen).unwrap();
    assert!(brink(&["whoami", "--creds", &stolen, "--nats", &url]).status.success());
    assert!(brink(&["bus", "revoke", "sam", "--dir", &bus]).status.success());
    let is_server = |pid: &u32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("nats-server.conf")
    };
    let server = descendants(pid).into_iter().find(is_server).unwrap();
    signal(server, "HUP");
    assert!(!Path::new(&sam).exists());
    let until = Instant::now() + SOON;
    loop {
        let who = brink(&["whoami", "--creds", &stolen, "--nats", &url]);
        if stderr(&who).contains("does not accept the credentials") {
            break;
        }
        assert!(Instant::now() < until, "{}{}", stdout(&who), stderr(&who));
    }
}

#[test]
fn commands_that_run_at_once_lose_no_change() {
    let dir = tempfile::tempdir().unwrap();
    let bus = dir.path().join("bus").display().to_string();
    let run = |args: &[&str]| {
        let output = brink(&[&["bus"], args, &["--dir", &bus]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    run(&["init"]);
    let names: Vec<String> = (0..8).map(|number| format!("user-{number}")).collect();
    names[..4].iter().for_each(|name| drop(run(&["user", name, "--role", "viewer"])));
    std::thread::scope(|scope| {
        for (at, name) in names.iter().enumerate() {
            scope.spawn(move || match at < 4 {
                true => run(&["revoke", name]),
                false => run(&["user", name, "--role", "viewer"]),
            });
        }
    });
    let users = run(&["users"]);
    for (at, name) in names.iter().enumerate() {
        assert_eq!(users.contains(name.as_str()), at >= 4, "{name}: {users}");
    }
}

/// A certificate for this machine that signs itself, and its key.
fn certificate(dir: &Path) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(dir.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn servers_have_certificates_and_read_them_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    certificate(dir.path());
    let port = free_port();
    let (bus, listen) = (file("bus"), format!("127.0.0.1:{port}"));
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let init = ["bus", "init", "--dir", &bus, "--listen"];
    let open = brink(&[&init[..], &["0.0.0.0:4222"]].concat());
    assert_eq!(open.status.code(), Some(2), "{}", stderr(&open));
    assert!(stderr(&open).contains("needs TLS"), "{}", stderr(&open));
    let made = brink(&[&init[..], &[&listen, "--tls-cert", &cert, "--tls-key", &key]].concat());
    assert!(made.status.success(), "{}", stderr(&made));
    for (name, role) in [("worker-1", "admin"), ("vera", "viewer")] {
        let user = brink(&["bus", "user", name, "--role", role, "--dir", &bus]);
        assert!(user.status.success(), "{}", stderr(&user));
    }
    let mut server = Command::new(nats_server().await);
    server.args(["--config", &file("bus/server/nats-server.conf")]);
    let server = Ends(server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let url = format!("tls://{listen}");
    let (worker, vera) = (file("bus/users/worker-1.creds"), file("bus/users/vera.creds"));
    let shared = ["--nats", &url, "--nats-ca", &cert];
    let state = file("w");
    let node = [&["worker", "--creds", &worker, "--state", &state][..], &shared].concat();
    let _worker = Running::start(&node);
    let who = [&["whoami", "--creds", &vera][..], &shared].concat();
    assert_eq!(succeeds(&who), "vera has the role viewer\n");
    let stranger = command(&["whoami", "--creds", &vera, "--nats", &url]).output().unwrap();
    assert!(!stranger.status.success(), "its authority is not trusted");
    // Another certificate in the same files.
    let old = file("old.pem");
    std::fs::copy(&cert, &old).unwrap();
    certificate(dir.path());
    signal(server.0.id(), "HUP");
    assert_eq!(succeeds(&who), "vera has the role viewer\n");
    let late = ["whoami", "--creds", &vera, "--nats", &url, "--nats-ca", &old];
    assert!(!brink(&late).status.success());
}
