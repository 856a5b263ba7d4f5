//! `brink gateway` and `brink worker`: one node of a cluster as a process of its own.

use std::collections::HashMap;

use brink_shared::telemetry::{LogFormat, log_to_stderr};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::args::{GatewayArgs, WorkerArgs};
use crate::failure::CommandError;
use crate::{sandbox_program, signals};

/// Runs a gateway until a signal.
pub async fn gateway(
    args: GatewayArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let (stop, _listening) = signals::stop_signal().map_err(CommandError::failed)?;
    end_with_parent(args.with_parent)?;
    let ended = brink_gateway::node::run(args.node, environment, stop).await;
    ended.map_err(CommandError::failed)
}

/// Runs a worker until a signal.
pub async fn worker(args: WorkerArgs) -> Result<(), CommandError> {
    log_to_stderr(LogFormat::Text, &args.log).map_err(CommandError::usage)?;
    let (stop, _listening) = signals::stop_signal().map_err(CommandError::failed)?;
    end_with_parent(args.with_parent)?;
    let program = sandbox_program().map_err(CommandError::failed)?;
    brink_worker::node::run(args.node, program, stop).await.map_err(CommandError::failed)
}

/// Asks the system to send this process SIGTERM when its parent ends, however that happens.
fn end_with_parent(wanted: bool) -> Result<(), CommandError> {
    if wanted {
        set_parent_process_death_signal(Some(Signal::TERM)).map_err(CommandError::failed)?;
    }
    Ok(())
}
