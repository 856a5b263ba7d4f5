//! What holds this worker's sandboxes, learned from the first of them.

use brink_shared::confinement::{Layer, LayerStatus};

use crate::cgroup;
use crate::sandbox::child::{Blank, SandboxProgram, SpawnError};

/// Why sandboxes are not held as they must be.
#[derive(Debug, thiserror::Error)]
pub enum Unconfined {
    /// Required layers are missing on this machine.
    #[error("sandboxes are not confined as `sandbox.require` says: {}", list(.0))]
    Missing(Vec<LayerStatus>),
    /// No sandbox came up, so that nothing is known of the layers that are required.
    #[error("cannot tell how sandboxes are confined: {0}")]
    NoSandbox(#[from] SpawnError),
}

/// Starts a sandbox and asks it which layers are in force.
///
/// Fails if one that is required is missing. Without a sandbox nothing is known; the pool goes on
/// trying, unless something is required.
pub(super) async fn probe(
    program: &SandboxProgram,
    require: &[Layer],
) -> Result<(Vec<LayerStatus>, Option<Blank>), Unconfined> {
    let cgroup = cgroup::own_status();
    let blank = match program.spawn().await {
        Ok(blank) => blank,
        Err(error) if require.is_empty() => {
            tracing::error!(%error, "no sandbox comes up");
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
        let why = status.why.as_deref().unwrap_or("it is not there");
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
