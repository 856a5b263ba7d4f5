//! `brink function`: publish, list, show, invoke, delete.

use std::collections::HashMap;
use std::path::Path;

use brink_shared::admin::{
    FunctionDetails, FunctionQuery, FunctionSummary, InvokeReport, InvokeRequest, ListQuery,
};
use brink_shared::duration_text;
use brink_shared::iso8601;
use brink_shared::registry::distribution::FunctionRef;
use brink_shared::secret::SecretName;
use serde_json::Value;

use crate::args::{FunctionCommand, Global, PublishArgs};
use crate::bundle_files;
use crate::client::Client;
use crate::command_error::CommandError;
use crate::events_file;
use crate::printing::{self, Table};
use crate::project::{Found, Project, ProjectFunction};
use crate::rejected;
use crate::secrets::SecretSource;

/// Runs `brink function`.
pub async fn command(
    global: &Global,
    command: &FunctionCommand,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let output = global.output;
    match command {
        FunctionCommand::Publish(args) => publish(global, args, environment).await,
        FunctionCommand::Invoke { function, event } => invoke(global, function, event).await,
        FunctionCommand::List => {
            let client = Client::connect(global).await?;
            let functions: Vec<FunctionSummary> =
                client.list("function", "list", ListQuery::default()).await?;
            print(printing::result(output, &functions, &list(&functions)))
        }
        FunctionCommand::Show { function } => {
            let query = FunctionQuery { function: function.clone() };
            let client = Client::connect(global).await?;
            let details: FunctionDetails = client.ask("function", "show", &query).await?;
            print(printing::result(output, &details, &versions(&details)))
        }
        FunctionCommand::Delete { function } => {
            let query = FunctionQuery { function: function.clone() };
            let client = Client::connect(global).await?;
            let deleted: Value = client.ask("function", "delete", &query).await?;
            print(printing::done(output, &deleted, format!("deleted {function}")))
        }
    }
}

async fn publish(
    global: &Global,
    args: &PublishArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let given = SecretSource::read(&args.secrets.secret, environment);
    let given = given.map_err(CommandError::usage)?;
    let ProjectFunction { source, mut settings } = described(args)?;
    settings.secrets.extend(given.names().cloned());
    let secrets = given.values(&settings.secrets).map_err(CommandError::usage)?;
    let files = bundle_files::read(&source, settings.runtime.runtime, &settings.handler)
        .map_err(CommandError::failed)?;
    files.tell();
    rejected::reject(&settings, &files.bundle)?;
    settings.handler.clone_from(&files.handler);
    let bundle = &files.bundle;
    let events = args.events.as_deref().map(events_file::read).transpose()?.unwrap_or_default();
    let client = Client::connect(global).await?;
    let published = client.publish(&args.name, &settings, bundle, &secrets, events).await;
    let advice = |error: &str| {
        let other = || rejected::advice(&settings, error).map(str::to_owned);
        files.advice(error).or_else(other)
    };
    let published = published.map_err(|error| match advice(&error.text) {
        Some(advice) => CommandError { text: format!("{}\n({advice})", error.text), ..error },
        None => error,
    })?;
    published.newer.iter().for_each(|warning| rejected::warn(warning));
    let version = &published.version;
    let sentence = format!(
        "{}  {}, {} bytes, starts in {} ms{}",
        match published.unchanged {
            false => format!("published {version}"),
            true => format!("unchanged: {version} has these files and settings"),
        },
        printing::counted(bundle.files().len(), "file"),
        bundle.size(),
        published.init_us.div_ceil(1000),
        published.interpreter.iter().map(|name| format!(" on {name}")).collect::<String>(),
    );
    print(printing::done(global.output, &published, sentence))
}

/// The function as the options or the project's file describe it.
fn described(args: &PublishArgs) -> Result<ProjectFunction, CommandError> {
    if let Some(path) = &args.path {
        let settings = args.settings.settings(path);
        if let Ok(Some(found)) = Found::at(path, None)
            && found.name == args.name
        {
            let dir = found.file.parent().filter(|dir| *dir != Path::new(""));
            eprintln!(
                "note: {} has settings for {}, which this command does not use; --project {} uses them",
                found.file.display(),
                args.name,
                dir.unwrap_or(Path::new(".")).display()
            );
        }
        return Ok(ProjectFunction { source: path.clone(), settings });
    }
    let dir = args.project.as_deref().unwrap_or(Path::new("."));
    let function = Project::load(dir)?.functions.remove(&args.name);
    function.ok_or_else(|| {
        let (name, dir) = (&args.name, dir.display());
        CommandError::usage(format!("{dir}/brink.toml has no [functions.{name}]"))
    })
}

/// Prints the report as `brink run` does. If the function failed, the command fails.
async fn invoke(global: &Global, function: &FunctionRef, event: &Path) -> Result<(), CommandError> {
    let event = serde_json::from_str(&events_file::text_of(event)?)
        .map_err(|error| CommandError::failed(format!("{}: {error}", event.display())))?;
    let request = InvokeRequest { function: function.clone(), event };
    let client = Client::connect(global).await?;
    let report: InvokeReport = client.ask("function", "invoke", &request).await?;
    print(printing::json(&report))?;
    match report.error {
        None => Ok(()),
        Some(error) => Err(CommandError::printed(format!("{function}: {}", error.error_message))),
    }
}

fn list(functions: &[FunctionSummary]) -> Table {
    let mut table = Table::new(&["FUNCTION", "VERSIONS", "NEWEST", "RUNTIME", "USED BY"]);
    for function in functions {
        table.row(&[
            &function.name,
            &function.versions,
            &function.newest.version.number,
            &function.newest.settings.runtime,
            &function.used_by.join(", "),
        ]);
    }
    table
}

fn versions(function: &FunctionDetails) -> Table {
    let headings = [
        "VERSION",
        "PUBLISHED",
        "RUNTIME",
        "HANDLER",
        "TIMEOUT",
        "MEMORY",
        "BYTES",
        "BUNDLE",
        "ROLE",
        "SECRETS",
    ];
    let mut table = Table::new(&headings);
    for version in &function.versions {
        let settings = &version.settings;
        let secrets: Vec<_> = settings.secrets.iter().map(SecretName::as_str).collect();
        table.row(&[
            &version.version,
            &iso8601::format(version.published),
            &settings.runtime,
            &settings.handler,
            &duration_text::format(settings.timeout),
            &format!("{} MB", settings.memory_mb),
            &version.size,
            &version.bundle.as_str().get(..12).unwrap_or_default(),
            &settings.role.as_ref().map_or("", |role| role.name.as_str()),
            &secrets.join(" "),
        ]);
    }
    table
}

fn print(printed: std::io::Result<()>) -> Result<(), CommandError> {
    printed.map_err(CommandError::failed)
}
