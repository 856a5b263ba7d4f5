//! The layers of confinement around a sandbox process, and those that a machine provides.
//!
//! Sandboxes report the layers in force before they see any user code. Workers show them in their
//! status, and do not start if a required layer is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One layer of confinement. Each layer holds alone: code that breaks out of one is still inside
/// the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A session of its own, no descriptors but its socket, no dumps, resource limits, and an end
    /// with its parent. A sandbox does not start without this layer.
    Process,
    /// It is not root, has no capability, and cannot gain any.
    Privileges,
    /// User, network, IPC, host name and mount namespaces of its own: an empty network.
    Namespaces,
    /// Its root folder is empty and read-only.
    Root,
    /// Landlock: no file, no TCP port, no signal or abstract socket beyond itself.
    Landlock,
    /// seccomp: system calls that the sandbox does not need fail.
    Seccomp,
    /// A control group of its own with memory and process limits.
    Cgroup,
}

/// Whether a layer is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerStatus {
    /// Which.
    pub layer: Layer,
    /// True if it is in force.
    pub in_force: bool,
    /// Why it is missing, or in which point it is weaker than it could be.
    pub why: Option<String>,
}

// === impl Layer ===

impl Layer {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Process,
        Self::Privileges,
        Self::Namespaces,
        Self::Root,
        Self::Landlock,
        Self::Seccomp,
        Self::Cgroup,
    ];

    /// Its name in settings and in `brink status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Privileges => "privileges",
            Self::Namespaces => "namespaces",
            Self::Root => "root",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Cgroup => "cgroup",
        }
    }

    /// The risk without this layer, and the way to get it on a machine.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Process => "this is never missing",
            Self::Privileges => {
                "a function that breaks its runtime has the worker's root user; run the worker \
                 as an ordinary user, or leave it CAP_SETUID, CAP_SETGID and CAP_KILL"
            }
            Self::Namespaces => {
                "sandboxes share the machine's network and users; let ordinary users make user \
                 namespaces (user.max_user_namespaces, and \
                 kernel.apparmor_restrict_unprivileged_userns=0 where there is AppArmor)"
            }
            Self::Root => {
                "sandboxes keep the machine's root folder; let processes mount within their own \
                 user namespace"
            }
            Self::Landlock => {
                "only the other layers keep sandboxes from files; use Linux 5.13 or newer with \
                 lsm=...,landlock"
            }
            Self::Seccomp => {
                "a sandbox may ask the kernel for anything; use a kernel with \
                 CONFIG_SECCOMP_FILTER, on x86-64 or AArch64"
            }
            Self::Cgroup => {
                "the worker's own looks bound a sandbox's memory, not the kernel; give the worker \
                 a cgroup of version 2 of its own (systemd: Delegate=yes)"
            }
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl LayerStatus ===

impl LayerStatus {
    /// A layer that holds.
    pub fn in_force(layer: Layer) -> Self {
        Self { layer, in_force: true, why: None }
    }

    /// A layer that does not.
    pub fn missing(layer: Layer, why: impl fmt::Display) -> Self {
        Self { layer, in_force: false, why: Some(why.to_string()) }
    }

    /// `no cgroup: WHY; WHAT IS WORSE, AND THE REMEDY`; nothing of a layer that holds.
    pub fn lack(&self) -> Option<String> {
        let why = self.why.as_deref().unwrap_or("not there");
        let layer = self.layer;
        (!self.in_force).then(|| format!("no {layer}: {why}; {}", layer.advice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_status_use_the_same_names() {
        for layer in Layer::ALL {
            assert_eq!(serde_json::to_value(layer).unwrap(), layer.name());
        }
    }
}
