//! The programs of the test: a server and a client of `grpcio`.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::client::Site;
use crate::pip;

/// A server of `origin.py` with the certificate for `localhost`. It ends with this.
pub struct GrpcOrigin {
    pub port: u16,
    _process: Child,
}

/// A running scenario of `calls.py`.
pub struct Scenario {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grpc")
}

pub fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(file)
}

fn python(program: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(here().join(program))
        .env("PYTHONPATH", pip::installed(&here().join("requirements.txt")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn started(mut command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut process = command.spawn().expect("this test needs `python3` 3.11 in PATH");
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    (process, lines)
}

impl GrpcOrigin {
    pub fn start() -> Self {
        let mut command = python("origin.py");
        command.arg(testdata("origin.pem")).arg(testdata("origin.key"));
        let (process, mut lines) = started(command);
        let port = lines.next().expect("the server says its port").unwrap();
        Self { port: port.parse().unwrap(), _process: process }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Scenario {
    /// Begins a scenario at a site.
    pub fn begin(site: &Site, name: &str) -> Self {
        let mut command = python("calls.py");
        command
            .arg(format!("127.0.0.1:{}", site.address().port()))
            .arg(site.folder.path().join("authority.pem"))
            .arg(name)
            .stderr(Stdio::piped());
        let (process, lines) = started(command);
        Self { process, lines }
    }

    /// Waits until the client prints its next line.
    pub async fn says(mut self, word: &'static str) -> Self {
        actix_web::web::block(move || {
            let line = self.lines.next().and_then(Result::ok).unwrap_or_default();
            if line != word {
                self.fail(&line);
            }
            self
        })
        .await
        .unwrap()
    }

    /// Waits for the end, which must be a good one.
    pub async fn passes(self) {
        let mut ended = self.says("done").await;
        assert!(ended.process.wait().unwrap().success());
    }

    fn fail(&mut self, line: &str) -> ! {
        let mut why = String::new();
        let stderr = self.process.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut { stderr }, &mut why).unwrap();
        panic!("{line}\n{why}");
    }
}
