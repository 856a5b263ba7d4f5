//! Landlock: forbids everything that the kernel can forbid in this way.
//!
//! Open files stay usable. The embedded engine can open, connect to or signal nothing further. An
//! interpreter can use the files of its list (`places`).

use std::io;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use brink_shared::confinement::{Layer, LayerStatus};

use super::places::Rights;

/// The newest version that the crate knows. A kernel with an older one forbids what it can.
const NEWEST: ABI = ABI::V10;

/// From this version on TCP is forbidden too.
const WITH_NETWORK: ABI = ABI::V4;

/// From this version on signals and abstract sockets are forbidden too.
const WITH_SCOPES: ABI = ABI::V6;

/// A file, or a folder with everything in it, and what the process may do with it.
pub(super) type Right = (PathBuf, BitFlags<AccessFs>);

/// The accesses to a place.
pub(super) fn accesses(rights: Rights) -> BitFlags<AccessFs> {
    match rights {
        Rights::Read => AccessFs::ReadFile | AccessFs::ReadDir,
        Rights::Execute => AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute,
        Rights::Device => AccessFs::ReadFile.into(),
        Rights::Sink => AccessFs::ReadFile | AccessFs::WriteFile,
    }
}

/// The access to the names in a folder.
pub(super) fn names() -> BitFlags<AccessFs> {
    AccessFs::ReadDir.into()
}

/// The accesses to a folder for temporary files. Programs and devices cannot be in it.
pub(super) fn everything_but_devices_and_programs() -> BitFlags<AccessFs> {
    let others = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    AccessFs::from_all(NEWEST) & !others
}

/// Restricts this thread and the threads that it starts.
pub(super) fn restrict() -> io::Result<LayerStatus> {
    restrict_to(Vec::new(), false)
}

/// The same, but with some files, and TCP if the process has a network of its own.
pub(super) fn restrict_to(rights: Vec<Right>, network: bool) -> io::Result<LayerStatus> {
    let ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST));
    let ruleset = ruleset.and_then(|rules| {
        if network { Ok(rules) } else { rules.handle_access(AccessNet::from_all(NEWEST)) }
    });
    let rules = rights.into_iter().filter_map(rule).map(Ok::<_, RulesetError>);
    let status = ruleset
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .and_then(|created| created.add_rules(rules))
        .and_then(|rules| rules.restrict_self())
        .map_err(io::Error::other)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Ok(LayerStatus::missing(Layer::Landlock, "the kernel has no Landlock"));
    }
    let why = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => weakness(effective_abi),
        _ => None,
    };
    let why = why.map(str::to_owned);
    Ok(LayerStatus { why, ..LayerStatus::in_force(Layer::Landlock) })
}

/// True if Landlock keeps the signals of this process within it and the processes that it starts.
pub(super) fn bounds_signals(status: &LayerStatus) -> bool {
    status.in_force && status.why.is_none()
}

/// The rule for a right; none if its path does not exist or cannot be reached. It can then not be
/// used either.
fn rule((path, allowed): Right) -> Option<PathBeneath<PathFd>> {
    let is_folder = path.metadata().ok()?.is_dir();
    let allowed = if is_folder { allowed } else { allowed & AccessFs::from_file(NEWEST) };
    Some(PathBeneath::new(PathFd::new(&path).ok()?, allowed))
}

/// The accesses that this kernel's Landlock cannot forbid.
fn weakness(abi: ABI) -> Option<&'static str> {
    if abi < WITH_NETWORK {
        Some("this kernel's forbids files only, neither TCP (Linux 6.7) nor signals (Linux 6.12)")
    } else if abi < WITH_SCOPES {
        Some("this kernel's forbids files and TCP, but not signals (Linux 6.12)")
    } else {
        None
    }
}
