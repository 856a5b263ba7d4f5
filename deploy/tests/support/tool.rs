//! The tool as a process, and its output, with a deadline on everything.

#![allow(dead_code)]

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longest wait for anything that should come soon. Debug builds on a busy machine are slow.
pub const SOON: Duration = Duration::from_secs(60);

/// The tool, not started yet.
pub fn command<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brink"));
    command.args(args).env_remove("BRINK_NATS").env_remove("BRINK_LOG");
    command
}

/// Runs the tool to its end.
pub fn brink<S: AsRef<OsStr>>(args: &[S]) -> Output {
    command(args).stdin(Stdio::null()).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every line of standard output as JSON.
pub fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    let lines = stdout(output);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A project folder.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(dir.path(), name, text);
    }
    dir
}

pub fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A tool that runs until it is told to stop.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: VecDeque<String>,
}

impl Running {
    pub fn start<S: AsRef<OsStr>>(args: &[S]) -> Self {
        Self::start_with(args, &[])
    }

    /// With these variables in its environment.
    pub fn start_with<S: AsRef<OsStr>>(args: &[S], variables: &[(&str, &str)]) -> Self {
        let mut command = command(args);
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// Starts any command.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let to = to.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = to.send(line);
                }
            });
        }
        Self { child, lines, seen: VecDeque::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line with this text; the lines before it are passed over.
    pub fn line(&mut self, with: &str) -> String {
        let until = Instant::now() + SOON;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(with) => return line,
                Ok(line) => self.seen.push_back(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with {with:?} came; these did: {:#?}", self.seen)
                }
            }
        }
    }

    /// The lines that it printed and that were not asked for.
    pub fn printed(&mut self) -> Vec<String> {
        self.seen.extend(self.lines.try_iter());
        self.seen.drain(..).collect()
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ctrl-C; the exit code, and how long it took.
    pub fn interrupt(self) -> (Option<i32>, Duration) {
        self.stop("INT")
    }

    /// Sends the signal and waits for the end; the exit code, and how long it took.
    pub fn stop(mut self, with: &str) -> (Option<i32>, Duration) {
        let began = Instant::now();
        signal(self.child.id(), with);
        let until = began + SOON;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("does not stop; it printed {:#?}", self.seen);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a viewer got.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A viewer's GET.
pub fn get(address: &str, path: &str, headers: &str) -> Answer {
    ask(address, "GET", path, headers)
}

/// A viewer's request without a body.
pub fn ask(address: &str, method: &str, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.unwrap_or(0), head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Asks until the answer will do, or fails with the last one. The server may still be starting.
pub fn get_until(address: &str, path: &str, will_do: impl Fn(&Answer) -> bool) -> Answer {
    let until = Instant::now() + SOON;
    while let Err(error) = TcpStream::connect(address) {
        assert!(Instant::now() < until, "{address}: {error}");
        std::thread::sleep(Duration::from_millis(20));
    }
    loop {
        let answer = get(address, path, "");
        if will_do(&answer) {
            return answer;
        }
        assert!(Instant::now() < until, "{path} still gives {answer:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
