//! Compares normal paths with nginx. It merges slashes and removes dot segments as Brink does, but
//! decodes every escape, also `%2F`. Its results for random paths are in `nginx.tsv`: the path, a
//! tab, and `$uri` or the status of a rejection. This command asks nginx again:
//!
//! `NGINX_PROGRAM=/usr/sbin/nginx UPDATE_GOLDEN=1 cargo test -p brink-gateway --test paths`

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use brink_gateway::routing::{leads_above_root, normal_path};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use crate::{PIECES, any_path, decoded, paths};

/// Random paths of each kind that are kept.
const KEPT: usize = 750;

/// Paths that are always among them.
const CHOSEN: [&str; 10] = [
    "/%70rivate/x",
    "/a/../private/x",
    "//private/x",
    "/a//../private/x",
    "/%2570rivate/x",
    "/private%2Fx",
    "/a%2f..%2fprivate/x",
    "/private%5cx",
    "/../x",
    "/.",
];

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paths/nginx.tsv")
}

#[test]
fn nginx_reads_the_same_path() {
    if std::env::var_os("UPDATE_GOLDEN").is_some()
        && let Some(program) = std::env::var_os("NGINX_PROGRAM")
    {
        std::fs::write(file(), ask(Path::new(&program))).unwrap();
    }
    let kept = std::fs::read_to_string(file()).unwrap();
    let (mut compared, mut rejected, mut passed) = (0, 0, Vec::new());
    for line in kept.lines() {
        let (path, reading) = line.split_once('\t').unwrap();
        let normal = normal_path(path);
        if !reading.starts_with('/') {
            assert_eq!(reading, "400", "{path}");
            rejected += usize::from(leads_above_root(path));
        } else if leads_above_root(path) {
            // Only where some servers read another slash than nginx does.
            assert!(path.contains(['\\', '%']), "{path}");
        } else if path.to_ascii_lowercase().contains("%2f") {
            passed.extend((normal != reading).then_some(path));
        } else {
            let is_same = decoded(&normal) == reading.as_bytes();
            assert!(is_same, "{path}: {normal} here, {reading} in nginx");
            compared += 1;
        }
    }
    assert!(compared > KEPT / 2, "{compared}");
    assert!(rejected > 20, "{rejected}");
    // Applying a distribution warns of these.
    assert!(passed.contains(&"/private%2Fx") && passed.contains(&"/a%2f..%2fprivate/x"));
}

/// Paths and nginx's results for them.
fn ask(program: &Path) -> String {
    let mut runner = TestRunner::deterministic();
    let (sound, any) = (paths(&PIECES), any_path());
    let mut all: Vec<String> = CHOSEN.iter().map(|path| (*path).to_owned()).collect();
    for _ in 0..KEPT {
        all.push(sound.new_tree(&mut runner).unwrap().current());
        all.push(any.new_tree(&mut runner).unwrap().current());
    }
    all.sort();
    all.dedup();
    let nginx = Nginx::start(program);
    let mut lines = String::new();
    for path in all {
        if let Some(reading) = nginx.reading(&path) {
            let _ = writeln!(lines, "{path}\t{reading}");
        }
    }
    lines
}

/// A server that answers with `$uri`.
struct Nginx {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};"))
            .concat();
        let settings = format!(
            "daemon off; master_process off; pid pid; error_log stderr crit; events {{}}
             http {{ access_log off; {temporary}
               server {{ listen 127.0.0.1:{port}; return 200 $uri; }} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), settings).unwrap();
        let process = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { process, port, _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        nginx
    }

    /// `$uri`, or the status of a rejection; none if that is no UTF-8.
    fn reading(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        Some(if status == "200" { body.to_owned() } else { status.to_owned() })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
