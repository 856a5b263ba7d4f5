//! From the command line to the command, and from its end to an exit code.

use std::process::ExitCode;

use brink_shared::admin::Reply;
use brink_shared::event::ForFunction;

use crate::args::{Cli, Command, EventArgs, Global, Output};
use crate::client::Client;
use crate::failure::CommandError;
use crate::{distribution, event, function, logs, printing, status};

/// Carries out a command. Its result is on standard output, errors are on standard error; with
/// `--output json` programs find the error on standard output too.
pub fn run(cli: Cli) -> ExitCode {
    let output = cli.global.output;
    let ended = actix_rt::System::new().block_on(carry_out(cli));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if output == Output::Json {
                // Nothing is left to be done if this cannot be written either.
                let _ = printing::json(&Reply::<()>::Error(error.problem));
            }
            ExitCode::from(error.exit_code)
        }
    }
}

async fn carry_out(cli: Cli) -> Result<(), CommandError> {
    let Cli { global, command } = cli;
    match command {
        Command::Event(args) => sample_event(&global, &args),
        asking => ask(&global, asking).await,
    }
}

/// The commands that ask a running edge.
async fn ask(global: &Global, command: Command) -> Result<(), CommandError> {
    let client = Client::connect(global).await?;
    let output = global.output;
    match command {
        Command::Function(command) => function::command(&client, output, &command).await,
        Command::Distribution(command) => distribution::command(&client, output, &command).await,
        Command::Cache(command) => distribution::cache_command(&client, output, &command).await,
        Command::Logs(args) => logs::command(&client, output, &args).await,
        _ => status::command(&client, output).await,
    }
}

/// Prints it over many lines for people, on one for `--events` files and programs.
fn sample_event(global: &Global, args: &EventArgs) -> Result<(), CommandError> {
    let event = event::sample(args)?;
    let event = ForFunction(&event);
    let printed = match global.output {
        Output::Text => printing::pretty_json(&event),
        Output::Json => printing::json(&event),
    };
    printed.map_err(CommandError::failed)
}
