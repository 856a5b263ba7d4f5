//! Landlock: forbids everything that the kernel can forbid in this way.
//!
//! Open files stay usable. The process can open, connect to or signal nothing further.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
};

use brink_shared::confinement::{Layer, LayerStatus};

/// The newest version that the crate knows. A kernel with an older one forbids what it can.
const NEWEST: ABI = ABI::V10;

/// From this version on TCP is forbidden too.
const WITH_NETWORK: ABI = ABI::V4;

/// From this version on signals and abstract sockets are forbidden too.
const WITH_SCOPES: ABI = ABI::V6;

/// Restricts this thread and the threads that it starts.
pub(super) fn restrict() -> io::Result<LayerStatus> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
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
