//! `brink status`: who is there, and what runs where.

use brink_shared::status::{Ailing, NodeStatus, Role};

use crate::args::{Global, Output};
use crate::client::Client;
use crate::failure::CommandError;
use crate::printing::{self, Table};

/// Prints nodes, then functions by node.
pub async fn command(global: &Global) -> Result<(), CommandError> {
    let nodes = Client::connect(global).await?.status().await?;
    let printed = match global.output {
        Output::Json => printing::json(&nodes),
        Output::Text => text(&nodes),
    };
    printed.map_err(CommandError::failed)
}

fn text(nodes: &[NodeStatus]) -> std::io::Result<()> {
    if nodes.is_empty() {
        return printing::line("no node answers");
    }
    self::nodes(nodes).lines().try_for_each(printing::line)?;
    if nodes.iter().any(|node| !node.functions.is_empty()) {
        printing::line("")?;
        functions(nodes).lines().try_for_each(printing::line)?;
    }
    let warnings = nodes.iter().flat_map(|node| node.warnings.iter().map(|w| (&node.node, w)));
    let mut warnings = warnings.map(|(node, warning)| format!("{node}: {warning}")).peekable();
    if warnings.peek().is_some() {
        printing::line("")?;
        warnings.try_for_each(printing::line)?;
    }
    let ailing = ailing(nodes);
    if !ailing.is_empty() {
        printing::line("")?;
        ailing.into_iter().try_for_each(printing::line)?;
    }
    Ok(())
}

/// A line for each version that kills its sandboxes: the reason is too long for a table.
fn ailing(nodes: &[NodeStatus]) -> Vec<String> {
    let functions =
        nodes.iter().flat_map(|node| node.functions.iter().map(move |f| (&node.node, f)));
    functions
        .filter_map(|(node, function)| {
            let Ailing { reason, deaths, retry_in_ms } = function.ailing.as_ref()?;
            let next = match retry_in_ms {
                0 => "tried again now".to_owned(),
                ms => format!("next try in {:.1}s", *ms as f64 / 1_000.0),
            };
            let version = &function.version;
            Some(format!("{version} at {node} lost {deaths} sandboxes, {next}: {reason}"))
        })
        .collect()
}

fn nodes(nodes: &[NodeStatus]) -> Table {
    let mut table = Table::new(&["NODE", "ROLE", "VERSION", "PID", "UP", "LISTENS", "SERVES"]);
    for node in nodes {
        let role = match node.role {
            Role::Gateway => "gateway",
            Role::Worker => "worker",
        };
        let up = std::time::Duration::from_secs(node.uptime_s);
        table.row(&[
            &node.node,
            &role,
            &node.version,
            &node.pid,
            &humantime::format_duration(up),
            &node.listens.join(" "),
            &node.distributions.join(" "),
        ]);
    }
    table
}

fn functions(nodes: &[NodeStatus]) -> Table {
    let headings = ["FUNCTION", "NODE", "SANDBOXES", "BUSY", "QUEUED", "INVOCATIONS", "ERRORS"];
    let mut table = Table::new(&headings);
    for node in nodes {
        for function in &node.functions {
            table.row(&[
                &function.version,
                &node.node,
                &function.sandboxes,
                &function.busy,
                &function.queued,
                &function.invocations,
                &function.errors,
            ]);
        }
    }
    table
}
