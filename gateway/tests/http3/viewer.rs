//! A viewer that speaks HTTP/3: `viewer.py` in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use brink_testing::pypi;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::client::Site;

/// The packages of PyPI with which the viewer speaks HTTP/3.
const PACKAGES: [&str; 1] = ["aioquic==1.7.2"];

const WITHIN: Duration = Duration::from_secs(120);

/// The process, and the site that it visits.
pub struct Viewer {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    authority: PathBuf,
    port: u16,
}

impl Viewer {
    /// Without a connection.
    pub async fn start(site: &Site) -> Self {
        Self::at(site.address().port(), &site.folder.path().join("authority.pem"))
    }

    /// Without a connection, for the gateway at this port whose certificates are of this authority.
    pub fn at(port: u16, authority: &Path) -> Self {
        let packages = pypi::installed("python3", &PACKAGES);
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/http3/viewer.py");
        let mut process = Command::new("python3")
            .arg(script)
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this test needs `python3`");
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let output = BufReader::new(output).lines();
        Self { _process: process, input, output, authority: authority.to_owned(), port }
    }

    /// With one connection.
    pub async fn connected(site: &Site) -> Self {
        let mut viewer = Self::start(site).await;
        viewer.connect().await;
        viewer
    }

    /// Makes its connection.
    pub async fn connect(&mut self) {
        let opened = self.open(json!({})).await;
        assert!(opened.get("resumed").is_some(), "{opened}");
    }

    /// Runs a command.
    pub async fn run(&mut self, what: &str, mut command: Value) -> Value {
        command["do"] = what.into();
        self.input.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        self.input.flush().await.unwrap();
        let line = tokio::time::timeout(WITHIN, self.output.next_line()).await;
        let line = line.expect("the viewer answers").unwrap().expect("the viewer runs");
        serde_json::from_str(&line).unwrap()
    }

    /// Makes a handshake.
    pub async fn open(&mut self, mut command: Value) -> Value {
        command["authority"] = self.authority.to_str().unwrap().into();
        command["port"] = self.port.into();
        self.run("open", command).await
    }

    /// The answer to a GET.
    pub async fn get(&mut self, path: &str) -> Value {
        self.run("ask", json!({ "path": path })).await
    }
}
