//! `brink gateway` and `brink worker`: one node of a cluster as a process of its own.

use std::collections::HashMap;

use brink_shared::node::BusArgs;
use brink_worker::SandboxProgram;
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::args::{GatewayArgs, Global, WorkerArgs};
use crate::command_error::CommandError;

/// Runs a gateway until a signal.
pub async fn gateway(
    global: &Global,
    args: GatewayArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let stop = brink_shared::stop::on_signals().map_err(CommandError::failed)?;
    end_with_parent(args.with_parent)?;
    let ended =
        brink_gateway::gateway_process::run(args.node, bus(global), environment, stop).await;
    ended.map_err(CommandError::failed)
}

/// Runs a worker until a signal.
pub async fn worker(
    global: &Global,
    args: WorkerArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let stop = brink_shared::stop::on_signals().map_err(CommandError::failed)?;
    end_with_parent(args.with_parent)?;
    let program = SandboxProgram::current().map_err(CommandError::failed)?;
    let ended =
        brink_worker::worker_process::run(args.node, bus(global), environment, program, stop).await;
    ended.map_err(CommandError::failed)
}

fn bus(global: &Global) -> BusArgs {
    BusArgs {
        nats: global.nats.clone(),
        creds: global.creds.clone(),
        nats_ca: global.nats_ca.clone(),
    }
}

/// Asks the system to send this process SIGTERM when its parent ends, however that happens.
fn end_with_parent(wanted: bool) -> Result<(), CommandError> {
    if wanted {
        set_parent_process_death_signal(Some(Signal::TERM)).map_err(CommandError::failed)?;
    }
    Ok(())
}
