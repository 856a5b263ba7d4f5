//! A program in a network namespace, and what a supervisor serves it with.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, IoSliceMut};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use brink_shared::limits::Limits;
use brink_worker::egress::accounts::Accounts;
use brink_worker::egress::{Egress, Resolver, proxy, tun};

/// Longer than anything takes.
pub const LONG: Duration = Duration::from_secs(120);

/// How the program gets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Proxy,
    Transparent,
}

/// Servers that are not in the sandbox.
pub struct Servers {
    process: Child,
    pub ports: Value,
}

/// The supervisor's side of a sandbox.
pub struct Network {
    pub egress: Egress,
    pub accounts: Accounts,
    pub told: Rc<RefCell<Vec<String>>>,
}

/// The parts of the program's namespace.
pub struct Descriptors {
    pub proxy: TcpListener,
    pub tun: Option<OwnedFd>,
}

// === impl Mode ===

impl Mode {
    /// The result of a connection that the policy rejects. TCP cannot tell the reason.
    pub fn denied(self) -> &'static str {
        match self {
            Self::Proxy => "! EACCES",
            Self::Transparent => "! ECONNREFUSED",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Transparent => "transparent",
        }
    }
}

// === impl Servers ===

impl Servers {
    pub fn start() -> Self {
        let mut process = Command::new(node())
            .arg(file("servers.cjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs Node.js 18 or newer: put `node` on the PATH, or name it in BRINK_NODE");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, ports: serde_json::from_str(&line).unwrap() }
    }

    pub fn port(&self, name: &str) -> u64 {
        self.ports[name].as_u64().unwrap()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

// === impl Network ===

impl Network {
    /// One that may call the servers by their names and by one address.
    pub fn new(servers: &Servers) -> Self {
        let limits = Limits { subrequests: 1000, ..Limits::default() };
        let loopback = format!("127.0.0.1:{}", servers.port("http"));
        Self::with(&["a.example".to_owned(), "b.example".to_owned(), loopback], &limits)
    }

    pub fn with(hosts: &[String], limits: &Limits) -> Self {
        let told: Rc<RefCell<Vec<String>>> = Rc::default();
        let tell = {
            let told = told.clone();
            Box::new(move |line| told.borrow_mut().push(line))
        };
        let accounts = Accounts::new("function:1", limits, LONG, tell);
        accounts.begin(Instant::now() + LONG, Box::new(|| true));
        Self { egress: Egress::resolving(hosts, resolver()), accounts, told }
    }

    /// Runs a program that is told of the servers, and reads its results.
    pub async fn results(
        &self,
        mode: Mode,
        servers: &Servers,
        command: &[PathBuf],
    ) -> Map<String, Value> {
        let loopback = format!("127.0.0.1:{}", servers.port("http"));
        let settings = json!({"network": mode.name(), "loopback": [loopback]});
        let mut arguments: Vec<String> =
            command.iter().map(|path| path.to_str().unwrap().to_owned()).collect();
        arguments.extend([settings.to_string(), servers.ports.to_string()]);
        arguments.push(file("authority.pem").to_str().unwrap().to_owned());
        let output = self.run(mode, &arguments).await;
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// Runs a program, and returns what it writes.
    pub async fn run(&self, mode: Mode, arguments: &[String]) -> String {
        let (child, descriptors) = spawn(mode, arguments);
        let _serving = self.serve(descriptors);
        let ending = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let output = tokio::time::timeout(LONG, ending).await.unwrap().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Serves the proxy on the loopback of this process.
    pub fn serve_here(&self) -> (SocketAddr, Serving) {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = proxy.local_addr().unwrap();
        (address, self.serve(Descriptors { proxy, tun: None }))
    }

    /// Serves a sandbox until the result is dropped.
    pub fn serve(&self, descriptors: Descriptors) -> Serving {
        descriptors.proxy.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(descriptors.proxy).unwrap();
        let proxy = proxy::serve(listener, self.egress.clone(), self.accounts.clone());
        let mut tasks = vec![tokio::task::spawn_local(proxy)];
        if let Some(device) = descriptors.tun {
            let serving = tun::serve(device, self.egress.clone(), self.accounts.clone());
            // The device is gone when its namespace is.
            tasks.push(tokio::task::spawn_local(async move { drop(serving.await) }));
        }
        Serving(tasks)
    }

    /// Checks that the log has the reasons that TCP cannot tell, and only those.
    pub fn told(&self, mode: Mode) {
        let told = self.told.borrow();
        match mode {
            Mode::Proxy => assert!(told.is_empty(), "{told:?}"),
            Mode::Transparent => {
                let says = |what: &str| told.iter().any(|line| line.contains(what));
                assert!(says("denied.example is 10.0.0.1, which is a private address"), "{told:?}");
                assert!(says("10.0.0.1 is 10.0.0.1, which is a private address"), "{told:?}");
            }
        }
    }
}

/// The tasks that serve a sandbox.
pub struct Serving(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Starts a program in a network namespace of its own.
pub fn spawn(mode: Mode, arguments: &[String]) -> (Child, Descriptors) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = Command::new(python())
        .arg(file("namespace.py"))
        .arg(mode.name())
        .args(arguments)
        .env("NODE_EXTRA_CA_CERTS", file("authority.pem"))
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs Python 3.9 or newer: put `python3` on the PATH, or name it in BRINK_PYTHON");
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    ours.set_read_timeout(Some(LONG)).unwrap();
    let got = recvmsg(&ours, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::empty());
    assert_eq!(got.unwrap().bytes, 1, "the namespace could not be made");
    let mut descriptors: Vec<OwnedFd> = ancillary
        .drain()
        .flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(rights) => rights.collect(),
            _ => Vec::new(),
        })
        .collect();
    let proxy = descriptors.remove(0).into();
    (child, Descriptors { proxy, tun: descriptors.pop() })
}

/// The names of the tests.
pub fn resolver() -> Resolver {
    Arc::new(|host: String, port| {
        let ip = match host.as_str() {
            "a.example" | "b.example" => [127, 0, 0, 1],
            "denied.example" => [10, 0, 0, 1],
            _ => return async { Err(std::io::ErrorKind::NotFound.into()) }.boxed(),
        };
        async move { Ok(vec![SocketAddr::from((ip, port))]) }.boxed()
    })
}

/// A file of these tests.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/network").join(name)
}

pub fn node() -> PathBuf {
    std::env::var_os("BRINK_NODE").map_or_else(|| "node".into(), PathBuf::from)
}

pub fn python() -> PathBuf {
    std::env::var_os("BRINK_PYTHON").map_or_else(|| "python3".into(), PathBuf::from)
}
