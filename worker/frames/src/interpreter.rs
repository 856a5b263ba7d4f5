//! A sandbox that runs a program of the machine: `node`, `python3`, or a function's own `bootstrap`.
//!
//! The supervisor starts its own program as `sandbox interpreter SPEC`, with its socket as standard
//! input. SPEC is an [`Interpreter`] in JSON. That process (the launcher) confines itself, sends
//! [`FromSandbox::Blank`](crate::FromSandbox::Blank) with [`Descriptors`] attached, and becomes the
//! program. The program has the socket as file descriptor [`SOCKET`], which blocks.

use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::network::{PROXY, RUNTIME_API};

/// The file descriptor of the supervisor's socket in the program.
pub const SOCKET: RawFd = 3;

/// Where the program finds the bundle: [`Interpreter::task`].
pub const TASK: &str = "/var/task";

/// Where the program finds the [bootstraps](Interpreter::bootstraps).
pub const BOOTSTRAPS: &str = "/opt/brink";

/// The folder that the program may write to.
pub const TMP: &str = "/tmp";

/// Size of [`TMP`], in bytes. CloudFront's quotas give a function 512 MB.
pub const TMP_SIZE: u64 = 512 * 1024 * 1024;

/// Most threads of an interpreter. `node` has eight of its own, and thread pools of Python have up to
/// 32. Processes that a function may start come on top.
pub const THREADS_MAX: u32 = 128;

/// Sockets that lead to the debugger of a program: the most connections to it at a time. A debugger
/// keeps one or two, and asks for the list of programs over another one.
pub const INSPECTOR_SOCKETS: usize = 8;

/// Most descriptors that come with `Blank`.
pub const DESCRIPTORS_MAX: usize = 4 + INSPECTOR_SOCKETS;

/// The program of a sandbox, and everything that it may have of the machine.
///
/// All paths are absolute. Paths of the machine need not be reachable for the user `nobody` if the
/// worker is root and may mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program: a path of the machine, or one below [`TASK`] or [`BOOTSTRAPS`].
    pub program: PathBuf,
    /// Its arguments, without its name. Those that begin with [`TASK`] or [`BOOTSTRAPS`] name the
    /// paths of the machine where the sandbox has no root folder of its own.
    #[serde(default)]
    pub args: Vec<String>,
    /// Folders and files of the machine that the program may read besides its own file, the
    /// system's libraries, certificates and time zones: `sys.prefix` of a Python. The program finds
    /// them under their own paths. Those that do not exist are passed over.
    #[serde(default)]
    pub readable: Vec<PathBuf>,
    /// The sandbox's own folder. It has the folder `task`, which may be empty until the program gets
    /// its version; the supervisor must not replace it. The launcher makes the folder `tmp` in it if
    /// the machine allows no private one.
    pub folder: PathBuf,
    /// The folder of the bootstraps. It becomes [`BOOTSTRAPS`].
    pub bootstraps: PathBuf,
    /// Processes that the program may start. With 0 it can neither fork nor start a program.
    /// Otherwise it may start programs from the bundle and from the system's folders.
    #[serde(default)]
    pub processes: u32,
    /// Start `node` with `--jitless`, and allow no executable memory but that of files.
    #[serde(default)]
    pub jitless: bool,
    /// The listeners to make, each at most once.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// Make a TUN device ([`crate::network`]), if the machine has `/dev/net/tun`.
    #[serde(default)]
    pub tun: bool,
    /// Wait for the message `load` of the JSON protocol before the program starts. Its environment is
    /// the `env` of that message. The program does not get the message.
    #[serde(default)]
    pub wait_for_load: bool,
    /// Make [`INSPECTOR_SOCKETS`] for the debugger of the program.
    #[serde(default)]
    pub inspect: bool,
}

/// A listener on the sandbox's loopback, where the supervisor accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listener {
    /// The HTTP proxy, at [`PROXY`].
    Proxy,
    /// The Lambda Runtime API, at [`RUNTIME_API`].
    RuntimeApi,
}

/// The descriptors that come with `Blank`, attached to its first byte.
///
/// Something is missing if it was not wanted, or if the machine does not allow it. Without a network
/// namespace there are neither listeners nor a TUN device, and the program cannot make internet
/// sockets.
#[derive(Debug, Default)]
pub struct Descriptors {
    /// The folder [`TMP`], opened as a path. `fstatvfs` tells how much of it is in use. Its files are
    /// memory, which the kernel counts for the sandbox's control group but not for its processes.
    /// None if it is a folder on a disk.
    pub tmp: Option<OwnedFd>,
    /// [`Listener::Proxy`]; it does not block.
    pub proxy: Option<TcpListener>,
    /// [`Listener::RuntimeApi`]; it does not block.
    pub runtime_api: Option<TcpListener>,
    /// The TUN device; it does not block.
    pub tun: Option<OwnedFd>,
    /// TCP sockets of the sandbox's network without a connection; they do not block. A socket stays
    /// in the network where it was made, so the supervisor can connect them to
    /// [`INSPECTOR`](crate::network::INSPECTOR).
    pub inspector: Vec<OwnedFd>,
}

// === impl Interpreter ===

impl Interpreter {
    /// The folder of the machine that becomes [`TASK`].
    pub fn task(&self) -> PathBuf {
        self.folder.join("task")
    }

    /// The folder of the machine that the program writes to in place of [`TMP`], where it can have no
    /// private one.
    pub fn tmp(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// A path of the sandbox, as the machine has it.
    pub fn on_machine(&self, path: &Path) -> PathBuf {
        let places =
            [(TASK, self.task()), (TMP, self.tmp()), (BOOTSTRAPS, self.bootstraps.clone())];
        let found = places.into_iter().find_map(|(inside, outside)| {
            // Joined with nothing it would end with a slash.
            Some(outside.join(path.strip_prefix(inside).ok()?).components().collect())
        });
        found.unwrap_or_else(|| path.to_owned())
    }
}

// === impl Descriptors ===

impl Descriptors {
    /// Tells received descriptors apart. Fails if one of them is none that a launcher sends.
    pub fn new(received: impl IntoIterator<Item = OwnedFd>) -> io::Result<Self> {
        let mut descriptors = Self::default();
        for descriptor in received {
            let file = File::from(descriptor);
            let kind = file.metadata()?.file_type();
            if kind.is_dir() {
                descriptors.tmp = Some(file.into());
            } else if kind.is_char_device() {
                descriptors.tun = Some(file.into());
            } else if kind.is_socket() {
                let listener = TcpListener::from(OwnedFd::from(file));
                match listener.local_addr()?.port() {
                    0 => descriptors.inspector.push(listener.into()),
                    port if port == PROXY.port() => descriptors.proxy = Some(listener),
                    port if port == RUNTIME_API.port() => descriptors.runtime_api = Some(listener),
                    port => return Err(unknown(&format!("a listener at port {port}"))),
                }
            } else {
                return Err(unknown(&format!("a {kind:?}")));
            }
        }
        Ok(descriptors)
    }

    /// All that are there, to send them.
    pub fn all(&self) -> Vec<BorrowedFd<'_>> {
        let listeners = [&self.proxy, &self.runtime_api].into_iter().flatten().map(AsFd::as_fd);
        let others = [&self.tmp, &self.tun].into_iter().flatten();
        let others = others.chain(&self.inspector).map(AsFd::as_fd);
        listeners.chain(others).collect()
    }
}

fn unknown(what: &str) -> io::Error {
    io::Error::other(format!("the sandbox sent a descriptor that it has no reason to send: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_sandbox_are_found_on_the_machine() {
        let text = r#"{"program": "/usr/bin/node", "folder": "/s/1", "bootstraps": "/b"}"#;
        let interpreter: Interpreter = serde_json::from_str(text).unwrap();
        let outside = |path: &str| interpreter.on_machine(Path::new(path));
        assert_eq!(outside("/var/task/bootstrap"), Path::new("/s/1/task/bootstrap"));
        assert_eq!(outside("/var/task").as_os_str(), "/s/1/task");
        assert_eq!(outside("/opt/brink/node/bootstrap.cjs"), Path::new("/b/node/bootstrap.cjs"));
        assert_eq!(outside("/var/tasks"), Path::new("/var/tasks"));
        assert_eq!(outside("/usr/bin/node"), Path::new("/usr/bin/node"));
    }

    #[test]
    fn descriptors_are_told_apart() {
        let folder = File::open("/").unwrap();
        let device = File::open("/dev/null").unwrap();
        let descriptors = Descriptors::new([device.into(), folder.into()]).unwrap();
        assert!(descriptors.tmp.is_some() && descriptors.tun.is_some());
        assert_eq!(descriptors.all().len(), 2);
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = Descriptors::new([OwnedFd::from(other)]).unwrap_err();
        assert!(error.to_string().contains("a listener at port"), "{error}");
        let file = File::open("/proc/self/status").unwrap();
        assert!(Descriptors::new([file.into()]).is_err());
    }
}
