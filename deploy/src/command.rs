//! Runs the command of a command line, and turns its result into an exit code.

use std::collections::HashMap;
use std::process::ExitCode;

use brink_shared::admin::Reply;
use brink_shared::event::ForFunction;
use brink_shared::telemetry::{LogFormat, log_to_stderr};

use crate::args::{Cli, Command, EventArgs, Global};
use crate::command_error::CommandError;
use crate::printing::Output;
use crate::{
    bus, dev, distribution, event, function, history, init, logs, node_commands, printing,
    registry, run, sign, status, up,
};

/// The default log filter: a tool is quiet.
const LOG_DEFAULT: &str = "warn,async_nats=off";

/// Runs a command. Its result is on standard output, and errors are on standard error. With
/// `--output json`, programs find the error on standard output too. `environment` has the `BRINK_*`
/// variables.
pub fn run(cli: Cli, environment: HashMap<String, String>) -> ExitCode {
    let output = cli.global.output;
    if let Command::Sandbox { kind } = &cli.command {
        return brink_sandbox::run(kind);
    }
    match actix_rt::System::new().block_on(carry_out(cli, environment)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            let lines: Vec<_> = text.lines().map(printing::plain).collect();
            eprintln!("error: {}", lines.join("\n"));
            if output == Output::Json
                && let Some(problem) = error.problem
            {
                // If this cannot be written either, there is nothing left to do.
                let _ = printing::json(&Reply::<()>::Error(problem));
            }
            ExitCode::from(error.exit_code)
        }
    }
}

async fn carry_out(cli: Cli, environment: HashMap<String, String>) -> Result<(), CommandError> {
    let Cli { global, command } = cli;
    let command = match command {
        // Nodes have log settings of their own.
        Command::Gateway(args) => return node_commands::gateway(&global, *args, environment).await,
        Command::Worker(args) => return node_commands::worker(&global, args, environment).await,
        command => command,
    };
    let filter = environment.get("BRINK_LOG").map_or(LOG_DEFAULT, String::as_str);
    log_to_stderr(LogFormat::Text, filter).map_err(CommandError::usage)?;
    match &command {
        Command::Init(args) => init::command(&global, args),
        Command::Dev(args) => dev::command(args, environment).await,
        Command::Up(args) => up::command(args, environment).await,
        Command::Run(args) => run::command(args, environment).await,
        Command::Event(args) => sample_event(&global, args),
        Command::Function(command) => function::command(&global, command, environment).await,
        Command::Distribution(command) => distribution::command(&global, command).await,
        Command::Cache(command) => distribution::cache_command(&global, command).await,
        Command::Registry(command) => registry::command(&global, command).await,
        Command::Bus(command) => bus::command(&global, command),
        Command::Whoami => bus::who_am_i(&global).await,
        Command::Can(args) => bus::can(&global, args),
        Command::History(args) => history::command(&global, args).await,
        Command::Logs(args) => logs::command(&global, args).await,
        Command::Sign(args) => sign::command(&global, args),
        Command::Status => status::command(&global).await,
        // Done above.
        Command::Gateway(_) | Command::Worker(_) | Command::Sandbox { .. } => Ok(()),
    }
}

/// Prints it on many lines for people, on one line for `--events` files and programs.
fn sample_event(global: &Global, args: &EventArgs) -> Result<(), CommandError> {
    let event = event::sample(args)?;
    let event = ForFunction(&event);
    let printed = match global.output {
        Output::Text => printing::pretty_json(&event),
        Output::Json => printing::json(&event),
    };
    printed.map_err(CommandError::failed)
}
