//! The gateway as a program of its own.

use std::process::ExitCode;

use clap::Parser;

use brink_gateway::gateway_process;
use brink_shared::node::BusArgs;

/// A Brink gateway: proxies and caches HTTP, and has workers run functions.
#[derive(Parser)]
#[command(name = "brink-gateway", version)]
struct Command {
    #[command(flatten)]
    bus: BusArgs,
    #[command(flatten)]
    args: gateway_process::Args,
}

fn main() -> ExitCode {
    let Command { bus, args } = Command::parse();
    let environment = std::env::vars().collect();
    let run = async {
        let stop = brink_shared::stop::on_signals()?;
        anyhow::Ok(gateway_process::run(args, bus, environment, stop).await?)
    };
    match actix_rt::System::new().block_on(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
