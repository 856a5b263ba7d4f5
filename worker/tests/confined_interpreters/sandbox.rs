//! A sandbox with an interpreter, and the supervisor's side of the conversation with it.

use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use brink_frames::FromSandbox;
use brink_frames::interpreter::{BOOTSTRAPS, DESCRIPTORS_MAX, Descriptors, Interpreter, TASK};
use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::registry::Runtime;
use brink_shared::wire;
use rustix::io::retry_on_intr;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde_json::{Value, json};

use crate::{interpreters, reachable};

/// Longest time to wait for an answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The user of a worker that is not root.
pub const USER: u32 = 65_534;

/// The machine and the program.
pub struct Start {
    pub launch: Interpreter,
    /// The worker is an ordinary user.
    pub as_user: bool,
    /// The layer that the machine lacks.
    pub lacking: Option<Layer>,
    /// The test reads standard error.
    pub listen_to_errors: bool,
}

pub struct Sandbox {
    pub child: Child,
    pub socket: UnixStream,
    pub layers: Vec<LayerStatus>,
    pub descriptors: Descriptors,
    pub launch: Interpreter,
    folder: Option<tempfile::TempDir>,
    events: u64,
}

// === impl Start ===

impl Start {
    /// The interpreter of a runtime, with its bootstrap.
    pub fn of(runtime: Runtime) -> Self {
        let found = interpreters::first(runtime);
        Self::with(runtime, &found.program, &found.readable)
    }

    /// The same for a worker that is not root; none if ordinary users have no interpreter.
    pub fn for_user(runtime: Runtime) -> Option<Self> {
        let found = interpreters::for_everyone(runtime)?;
        Some(Self { as_user: true, ..Self::with(runtime, &found.program, &found.readable) })
    }

    /// The same on a machine that lacks a layer. Without a root folder of its own, a sandbox reaches
    /// only what every user of the machine can reach.
    pub fn lacking(layer: Layer, runtime: Runtime) -> Option<Self> {
        let start = match layer {
            Layer::Namespaces | Layer::Root => Self { as_user: false, ..Self::for_user(runtime)? },
            _ => Self::of(runtime),
        };
        Some(Self { lacking: Some(layer), ..start })
    }

    /// A bundle's own program.
    pub fn provided() -> Self {
        let mut start = Self::with(Runtime::Provided, &Path::new(TASK).join("bootstrap"), &[]);
        start.launch.wait_for_load = true;
        start.launch.processes = 8;
        start
    }

    fn with(runtime: Runtime, program: &Path, readable: &[std::path::PathBuf]) -> Self {
        let args: &[&str] = match runtime {
            Runtime::Nodejs => &["node/bootstrap.cjs"],
            Runtime::Python => &["python/bootstrap.py"],
            _ => &[],
        };
        let launch = Interpreter {
            program: program.to_owned(),
            args: args.iter().map(|file| format!("{BOOTSTRAPS}/{file}")).collect(),
            readable: readable.to_vec(),
            folder: "/".into(),
            bootstraps: reachable::bootstraps(),
            processes: 0,
            jitless: false,
            listeners: Vec::new(),
            tun: false,
            wait_for_load: false,
            inspect: false,
        };
        Self { launch, as_user: false, lacking: None, listen_to_errors: false }
    }

    /// Starts the launcher and takes its report.
    pub fn start(mut self) -> Sandbox {
        let folder = tempfile::tempdir().unwrap();
        self.launch.folder = folder.path().to_owned();
        std::fs::create_dir(self.launch.task()).unwrap();
        for path in [folder.path(), &self.launch.task()] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (socket, theirs) = UnixStream::pair().unwrap();
        let mut command = Command::new(reachable::launcher());
        if let Some(layer) = self.lacking {
            command.args(["without", layer.name()]);
        }
        command.args(["sandbox", "interpreter", &serde_json::to_string(&self.launch).unwrap()]);
        if self.as_user && rustix::process::geteuid().is_root() {
            chown(folder.path(), Some(USER), Some(USER)).unwrap();
            command.uid(USER).gid(USER);
        }
        command.env_clear().current_dir("/").stdin(OwnedFd::from(theirs)).stdout(Stdio::piped());
        if self.listen_to_errors {
            command.stderr(Stdio::piped());
        }
        let child = command.spawn().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut sandbox = Sandbox {
            child,
            socket,
            layers: Vec::new(),
            descriptors: Descriptors::default(),
            launch: self.launch,
            folder: Some(folder),
            events: 0,
        };
        sandbox.take_report();
        sandbox
    }
}

// === impl Sandbox ===

impl Sandbox {
    fn take_report(&mut self) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut length = [0; 4];
        let received = retry_on_intr(|| {
            let into = &mut [IoSliceMut::new(&mut length)];
            recvmsg(&self.socket, into, &mut control, RecvFlags::CMSG_CLOEXEC)
        });
        assert_eq!(received.unwrap().bytes, 4, "the launcher ended without a report");
        let descriptors = control.drain().flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        self.descriptors = Descriptors::new(descriptors).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.socket.read_exact(&mut frame).unwrap();
        let FromSandbox::Blank(layers) = wire::decode(&frame).unwrap() else { panic!() };
        self.layers = layers;
    }

    /// The layers that are not in force.
    pub fn missing(&self) -> Vec<Layer> {
        let missing = self.layers.iter().filter(|status| !status.in_force);
        missing.map(|status| status.layer).collect()
    }

    pub fn has_root(&self) -> bool {
        !self.missing().contains(&Layer::Root)
    }

    /// Puts a file into the bundle.
    pub fn put(&self, name: &str, text: &str, mode: u32) {
        let path = self.launch.task().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let owner = std::fs::metadata(&self.launch.folder).unwrap();
        if owner.uid() != std::fs::metadata(&path).unwrap().uid() {
            // The worker's user writes the files.
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }

    /// Puts the function's code into the bundle, and loads it.
    pub fn load(&mut self, code: &str) {
        let is_python = self.launch.args.iter().any(|argument| argument.ends_with(".py"));
        self.put(if is_python { "index.py" } else { "index.js" }, code, 0o644);
        assert_eq!(self.next()[0], "ready");
        self.send_load(&json!({"MY_VARIABLE": "mine"}));
        let loaded = self.next();
        assert_eq!(loaded[0], "loaded", "{loaded}");
    }

    pub fn send_load(&mut self, env: &Value) {
        let folder = if self.has_root() { TASK.into() } else { self.launch.task() };
        let settings = json!({
            "function": "attempts", "version": "1", "memory_mb": 128, "handler": "index.handler",
            "folder": folder, "env": env,
        });
        self.send(&json!([["load", settings]]));
    }

    /// Runs an event. None if the process ended instead.
    pub fn invoke(&mut self, event: &Value) -> Option<Value> {
        self.events += 1;
        self.send(&json!([["invoke", self.events, "request", 4_102_444_800_000_u64, event]]));
        loop {
            let message = self.try_next()?;
            match message[0].as_str().unwrap() {
                "done" => return Some(message[3].clone()),
                "failed" => panic!("{event}: {message}"),
                _ => {}
            }
        }
    }

    pub fn send(&mut self, messages: &Value) {
        let bytes = serde_json::to_vec(messages).unwrap();
        let frame = [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes.as_slice()].concat();
        // If the process has ended, the next read shows it.
        let _ = self.socket.write_all(&frame);
    }

    fn next(&mut self) -> Value {
        self.try_next().expect("the interpreter ended")
    }

    /// The next message but those of the log; the tests send one event at a time.
    fn try_next(&mut self) -> Option<Value> {
        loop {
            let frame = self.frame()?;
            let messages: Vec<Value> = serde_json::from_slice(&frame).unwrap();
            let last = messages
                .into_iter()
                .rfind(|message| message[0] != "log" && message[0] != "started");
            if last.is_some() {
                return last;
            }
        }
    }

    /// The next frame. None if the process ended.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length).ok()?;
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.socket.read_exact(&mut frame).ok()?;
        Some(frame)
    }

    /// Waits until the process that the worker knows has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = self.folder.take() {
            let _ = folder.close();
        }
    }
}
