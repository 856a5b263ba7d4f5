//! `brink distribution` and `brink cache`.

mod bare_aliases;

use brink_shared::admin::{
    Applied, Apply, DistributionDetails, DistributionQuery, DistributionSummary, GatewaysReached,
    Invalidate, Invalidated, ListQuery, Rollback,
};
use brink_shared::iso8601;
use brink_shared::registry::Distribution;
use brink_shared::registry::warnings::warnings;
use brink_shared::status::Role;
use serde_json::Value;

use crate::args::{CacheCommand, DistributionCommand, Global};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::Output;
use crate::printing::{self, Table};
use crate::project::load_distribution;

/// Runs `brink distribution`.
pub async fn command(global: &Global, command: &DistributionCommand) -> Result<(), CommandError> {
    let output = global.output;
    let client = async || Client::connect(global).await;
    let printed = match command {
        DistributionCommand::Apply { file, if_revision } => {
            let distribution = load_distribution(file)?;
            warn(&distribution, &|_| true);
            let required = distribution.required();
            let request = Apply { distribution, if_revision: *if_revision };
            let client = client().await?;
            let applying = client.ask("distribution", "apply", &request);
            let (applied, warnings) =
                tokio::join!(applying, without_certificate(&client, &request.distribution));
            let applied: Applied = applied?;
            for warning in warnings {
                eprintln!("warning: {}", printing::plain(&warning));
            }
            warn_of_older_gateways(&client, &required).await?;
            printing::done(output, &applied, moved(&applied))
        }
        DistributionCommand::List => {
            let all: Vec<DistributionSummary> =
                client().await?.list("distribution", "list", ListQuery::default()).await?;
            printing::result(output, &all, &summaries(&all))
        }
        DistributionCommand::Show { id } => {
            let query = DistributionQuery { id: id.clone() };
            let details: DistributionDetails =
                client().await?.ask("distribution", "show", &query).await?;
            match output {
                Output::Json => printing::json(&details),
                Output::Text => printing::pretty_json(&details),
            }
        }
        DistributionCommand::History { id } => {
            let query = ListQuery { id: Some(id.clone()), ..ListQuery::default() };
            let revisions: Vec<DistributionSummary> =
                client().await?.list("distribution", "history", query).await?;
            if revisions.is_empty() {
                return Err(CommandError::failed(format!("a distribution {id} never existed")));
            }
            printing::result(output, &revisions, &summaries(&revisions))
        }
        DistributionCommand::Rollback { id, to } => {
            let request = Rollback { id: id.clone(), to: *to };
            let client = client().await?;
            let applied: Applied = client.ask("distribution", "rollback", &request).await?;
            let query = DistributionQuery { id: id.clone() };
            let details: DistributionDetails = client.ask("distribution", "show", &query).await?;
            warn_of_older_gateways(&client, &details.requires).await?;
            printing::done(output, &applied, moved(&applied))
        }
        DistributionCommand::Delete { id } => {
            let query = DistributionQuery { id: id.clone() };
            let deleted: Value = client().await?.ask("distribution", "delete", &query).await?;
            printing::done(output, &deleted, format!("deleted {id}"))
        }
    };
    printed.map_err(CommandError::failed)
}

/// Runs `brink cache`.
pub async fn cache_command(global: &Global, command: &CacheCommand) -> Result<(), CommandError> {
    let CacheCommand::Invalidate { id, paths } = command;
    if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
        return Err(CommandError::usage(format!("{path:?} does not begin with /")));
    }
    let request = Invalidate { id: id.clone(), paths: paths.clone() };
    let client = Client::connect(global).await?;
    let done: Invalidated = client.ask("cache", "invalidate", &request).await?;
    let sentence = format!("{id}: {} {}", reached(done.gateways.as_ref()), paths.join(" "));
    printing::done(global.output, &done, sentence).map_err(CommandError::failed)
}

/// `2 of 3 gateways dropped, 1 is away and will follow (gateway-3)` and so on.
fn reached(gateways: Option<&GatewaysReached>) -> String {
    let Some(GatewaysReached { known, applied, away }) = gateways else {
        return "told every gateway to drop".to_owned();
    };
    let noun = if *known == 1 { "gateway" } else { "gateways" };
    let count = format!("{applied} of {known} {noun}");
    let names = printing::plain(&away.join(", "));
    match away.len() {
        0 => format!("{count} dropped"),
        1 => format!("{count} dropped, 1 is away and will follow ({names}):"),
        more => format!("{count} dropped, {more} are away and will follow ({names}):"),
    }
}

/// Prints the [`warnings`] about a distribution.
pub(crate) fn warn(distribution: &Distribution, takes_escapes_for_slashes: &dyn Fn(&str) -> bool) {
    for warning in warnings(distribution, takes_escapes_for_slashes) {
        eprintln!("warning: {}", printing::plain(&warning.to_string()));
    }
}

/// Warnings of aliases that no gateway has a certificate for.
async fn without_certificate(client: &Client, distribution: &Distribution) -> Vec<String> {
    if distribution.aliases.is_empty() {
        return Vec::new();
    }
    // Without answers of the gateways there is nothing to warn of.
    bare_aliases::warnings(distribution, &client.status().await.unwrap_or_default())
}

/// Names the gateways that do not know a feature of the distribution. They go on serving the
/// revision before, which may be open to everybody.
async fn warn_of_older_gateways(client: &Client, required: &[String]) -> Result<(), CommandError> {
    if required.is_empty() {
        return Ok(());
    }
    for node in client.status().await?.iter().filter(|node| node.role == Role::Gateway) {
        let unknown = required.iter().filter(|name| !node.features.contains(name));
        let unknown: Vec<&str> = unknown.map(String::as_str).collect();
        if !unknown.is_empty() {
            let warning = format!(
                "gateway {} (version {}) does not know {}; it serves the revision before until it \
                 is updated",
                node.node,
                node.version,
                unknown.join(", ")
            );
            eprintln!("warning: {}", printing::plain(&warning));
        }
    }
    Ok(())
}

fn moved(applied: &Applied) -> String {
    format!("{} is at revision {}", applied.id, applied.revision)
}

fn summaries(all: &[DistributionSummary]) -> Table {
    let mut table = Table::new(&["DISTRIBUTION", "REVISION", "APPLIED", "HOSTS", "FUNCTIONS"]);
    for summary in all {
        let functions: Vec<_> = summary.functions.iter().map(ToString::to_string).collect();
        let hosts = summary.aliases.join(" ");
        table.row(&[
            &summary.id,
            &summary.revision,
            &iso8601::format(summary.applied),
            &if hosts.is_empty() { "(any)" } else { &hosts },
            &functions.join(" "),
        ]);
    }
    table
}
