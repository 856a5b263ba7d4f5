//! Starts, stops and replaces real NATS servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use brink_nats_server::{NatsServer, NatsServerOptions, ServerError, program};
use tokio::process::{Child, Command};

/// Longest wait for what must come.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_directory_has_one_server_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = NatsServer::start(options(dir.path())).await.unwrap();
    let rejected = NatsServer::start(options(dir.path())).await.err();
    assert!(matches!(rejected, Some(ServerError::InUse { .. })), "{rejected:?}");
    let pid = first.pid().unwrap();
    first.stop().await;
    assert!(!alive(pid));
    // A process that another test starts at this moment has a copy of the lock until it runs.
    let mut attempts = 0..50;
    let second = loop {
        match NatsServer::start(options(dir.path())).await {
            Err(ServerError::InUse { .. }) if attempts.next().is_some() => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            started => break started.unwrap(),
        }
    };
    let pid = second.pid().unwrap();
    drop(second);
    until(|| !alive(pid)).await;
}

#[tokio::test]
async fn its_output_is_in_the_error_when_it_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = NatsServerOptions { port, ..options(dir.path()) };
    let rejected = NatsServer::start(options).await.err().unwrap().to_string();
    assert!(rejected.contains("address already in use"), "{rejected}");
}

#[tokio::test]
async fn one_that_was_left_behind_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let mut orphan = bare(dir.path()).await;
    assert_eq!(orphan.try_wait().unwrap(), None);
    let server = NatsServer::start(options(dir.path())).await.unwrap();
    assert!(tokio::time::timeout(SOON, orphan.wait()).await.unwrap().is_ok());
    assert!(alive(server.pid().unwrap()));
}

fn options(dir: &Path) -> NatsServerOptions {
    NatsServerOptions { dir: dir.to_owned(), ..NatsServerOptions::default() }
}

/// A server that no [`NatsServer`] owns, in its directory like an owned one.
async fn bare(dir: &Path) -> Child {
    let mut command = Command::new(program::find().await.unwrap());
    command.args(["--addr", "127.0.0.1", "--port", "-1", "--jetstream"]);
    command.arg("--store_dir").arg(dir).arg("--ports_file_dir").arg(dir);
    command.arg("--pid").arg(dir.join("nats-server.pid"));
    command.stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().unwrap();
    let ports = dir.join(format!("nats-server_{}.ports", child.id().unwrap()));
    let ready = || std::fs::metadata(&ports).is_ok_and(|file| file.len() > 0);
    until(|| ready() && dir.join("nats-server.pid").exists()).await;
    child
}

/// Waits until the condition holds.
async fn until(condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, holds).await.expect("it did not happen soon");
}

fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name in parentheses; `Z` has ended and waits for its parent.
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
