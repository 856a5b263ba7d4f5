//! Finds out how this worker's sandboxes are confined, from the first one.

use brink_shared::confinement::{Layer, LayerStatus};

use crate::cgroup;
use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox::child::{Blank, SpawnError};

/// Why sandboxes are not confined as the settings require.
#[derive(Debug, thiserror::Error)]
pub enum Unconfined {
    /// Required layers are missing on this machine.
    #[error("sandboxes are not confined as `sandbox.require` says: {}", list(.0))]
    Missing(Vec<LayerStatus>),
    /// No sandbox came up, so it is not known whether it has the required layers.
    #[error("cannot tell how sandboxes are confined: {0}")]
    NoSandbox(#[from] SpawnError),
}

/// Starts a sandbox and learns which layers are in force.
///
/// Fails if a required layer is missing. If no sandbox comes up, it fails if any layer is required.
/// Otherwise the warm pool goes on trying.
pub(super) async fn probe(
    program: &SandboxProgram,
    require: &[Layer],
) -> Result<(Vec<LayerStatus>, Option<Blank>), Unconfined> {
    let cgroup = cgroup::own_status();
    let blank = match program.spawn(&SandboxKind::EMBEDDED).await {
        Ok(blank) => blank,
        Err(error) if require.is_empty() => {
            tracing::error!(%error, "no sandbox could be started");
            return Ok((Vec::new(), None));
        }
        Err(error) => return Err(error.into()),
    };
    let mut layers = blank.layers.clone();
    layers.push(cgroup);
    let missing: Vec<_> = require
        .iter()
        .filter_map(|layer| layers.iter().find(|status| status.layer == *layer))
        .filter(|status| !status.in_force)
        .cloned()
        .collect();
    if missing.is_empty() { Ok((layers, Some(blank))) } else { Err(Unconfined::Missing(missing)) }
}

fn list(missing: &[LayerStatus]) -> String {
    let one = |status: &LayerStatus| {
        let why = status.why.as_deref().unwrap_or("it does not exist here");
        format!("{} is missing: {why}. Without it {}", status.layer, status.layer.advice())
    };
    missing.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_layer_is_named_with_its_reason_and_its_remedy() {
        let missing = vec![LayerStatus::missing(Layer::Landlock, "the kernel has no Landlock")];
        let text = Unconfined::Missing(missing).to_string();
        assert!(text.contains("landlock is missing: the kernel has no Landlock"), "{text}");
        assert!(text.contains("Linux 5.13"), "{text}");
    }
}
