//! The files and folders of the machine that an interpreter may use.
//!
//! The list serves two layers: the root folder has nothing else, and Landlock allows nothing else.

use std::path::{Path, PathBuf};

use brink_frames::Interpreter;
use brink_frames::interpreter::{BOOTSTRAPS, TASK};

use super::loader;

/// Libraries, certificates and time zones: everything that an interpreter needs and that tells
/// nothing about the machine's owner.
const READABLE: &[&str] = &[
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld-musl-x86_64.path",
    "/etc/ld-musl-aarch64.path",
    // Debian's `node` has some of its own modules there.
    "/usr/share/nodejs",
    "/usr/share/node_modules",
    "/usr/share/zoneinfo",
    // OpenSSL's settings, and the certificates of authorities.
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/pki",
    "/usr/local/share/ca-certificates",
    "/etc/crypto-policies",
    "/usr/share/crypto-policies",
    // Names of protocols, ports and media types.
    "/etc/protocols",
    "/etc/services",
    "/etc/mime.types",
];

/// The system's programs, for functions that may start processes.
const PROGRAMS: &[&str] = &[
    "/usr/bin",
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/bin",
    "/bin",
    "/sbin",
    "/etc/alternatives",
    "/usr/share",
    "/usr/local/share",
];

/// Facts that programs ask about the machine: its memory, processors and load. Lambda shows the same.
pub(super) const FACTS: &[&str] = &[
    "/proc/cpuinfo",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
];

/// A file or folder of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its path on the machine.
    pub(super) outside: PathBuf,
    /// Its path in the sandbox.
    pub(super) inside: PathBuf,
    /// The rights of the interpreter.
    pub(super) rights: Rights,
}

/// The rights of an interpreter at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Read it.
    Read,
    /// Read it, and start it or the programs in it.
    Execute,
    /// Read it; it is a device.
    Device,
    /// Read and write it; it is a device.
    Sink,
}

/// Everything that the program of a specification may use, besides its folder for temporary files
/// and its own part of `/proc`. Some of the places may not exist.
pub(super) fn places(spec: &Interpreter) -> Vec<Place> {
    // The loader of a bundle's own program is one of the libraries, and not known yet.
    let starts_own = spec.program.starts_with(TASK);
    let programs = if spec.processes > 0 || starts_own { Rights::Execute } else { Rights::Read };
    let mut places: Vec<_> = READABLE.iter().map(|path| Place::same(path, programs)).collect();
    if spec.processes > 0 {
        places.extend(PROGRAMS.iter().map(|path| Place::same(path, Rights::Execute)));
    }
    places.extend(FACTS.iter().map(|path| Place::same(path, Rights::Read)));
    let devices = ["/dev/zero", "/dev/random", "/dev/urandom"];
    places.extend(devices.map(|path| Place::same(path, Rights::Device)));
    places.push(Place::same("/dev/null", Rights::Sink));
    places.extend(spec.readable.iter().map(|path| Place::same(path, programs)));
    places.push(Place {
        outside: spec.bootstraps.clone(),
        inside: BOOTSTRAPS.into(),
        rights: Rights::Read,
    });
    places.push(Place { outside: spec.task(), inside: TASK.into(), rights: programs });
    if !starts_own {
        places.push(Place::same(&spec.program, Rights::Execute));
        let loader = loader::of(&spec.program).ok().flatten();
        places.extend(loader.map(|path| Place::same(path, Rights::Execute)));
    }
    places
}

// === impl Place ===

impl Place {
    fn same(path: impl AsRef<Path>, rights: Rights) -> Self {
        let path = path.as_ref().to_owned();
        Self { outside: path.clone(), inside: path, rights }
    }

    /// True if it has the same path on the machine and in the sandbox.
    pub(super) fn is_same(&self) -> bool {
        self.outside == self.inside
    }
}

// === impl Rights ===

impl Rights {
    /// True for a device.
    pub(super) fn is_device(self) -> bool {
        matches!(self, Self::Device | Self::Sink)
    }
}
