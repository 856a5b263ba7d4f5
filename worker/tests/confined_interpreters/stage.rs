//! The targets of attempts.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use serde_json::{Value, json};

use crate::sandbox::USER;

/// A process, files and listeners of the machine, all of them open to the sandboxes' user.
pub struct Stage {
    /// The facts that attempts are told about it.
    pub scene: Value,
    victim: Child,
    folder: tempfile::TempDir,
    _other: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    path: UnixListener,
    abstracted: UnixListener,
}

// === impl Stage ===

impl Stage {
    pub fn set() -> Self {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("file"), "untouched").unwrap();
        std::fs::create_dir_all(other.path().join("1/task")).unwrap();
        std::fs::write(other.path().join("1/task/secret"), "of another function").unwrap();
        let mut victim = Command::new("sleep");
        victim.arg("120");
        if rustix::process::geteuid().is_root() {
            victim.uid(USER).gid(USER);
        }
        let victim = victim.spawn().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let udp = UdpSocket::bind(("127.0.0.1", port)).unwrap();
        let path = UnixListener::bind(folder.path().join("socket")).unwrap();
        let name = format!("brink-attempts-{}", victim.id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let abstracted = UnixListener::bind_addr(&address).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        path.set_nonblocking(true).unwrap();
        abstracted.set_nonblocking(true).unwrap();
        for (path, mode) in [
            (folder.path().to_owned(), 0o777),
            (folder.path().join("file"), 0o666),
            (folder.path().join("socket"), 0o777),
            (other.path().to_owned(), 0o755),
        ] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            // So a sandbox could change its rights and times.
            chown(folder.path().join("file"), Some(USER), Some(USER)).unwrap();
        }
        let scene = json!({
            "parent": std::process::id(), "victim": victim.id(), "folder": folder.path(),
            "other": other.path().join("1"), "port": port, "name": name,
        });
        Self { scene, victim, folder, _other: other, tcp, udp, path, abstracted }
    }

    /// Everything of it that was reached.
    pub fn touched(&mut self) -> Vec<String> {
        let nobody = |error: Option<std::io::Error>| {
            error.is_some_and(|error| error.kind() == ErrorKind::WouldBlock)
        };
        let path = self.folder.path().join("file");
        let file = std::fs::read_to_string(&path).unwrap_or_default();
        let about = std::fs::metadata(path);
        [
            ("somebody connected by TCP", nobody(self.tcp.accept().err())),
            ("somebody sent by UDP", nobody(self.udp.recv(&mut [0]).err())),
            ("somebody found the socket", nobody(self.path.accept().err())),
            ("somebody knew the name", nobody(self.abstracted.accept().err())),
            ("the other process is gone", self.victim.try_wait().unwrap().is_none()),
            ("the file was changed", file == "untouched"),
            (
                "the rights or times of the file were changed",
                about.is_ok_and(|about| about.mode() & 0o777 == 0o666 && about.mtime() > 1),
            ),
            ("the folder was changed", names(self.folder.path()) == ["file", "socket"]),
        ]
        .into_iter()
        .filter(|(_, untouched)| !untouched)
        .map(|(what, _)| what.to_owned())
        .collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
