//! `brink status`: who is there, and what runs where.

use brink_shared::status::{NodeStatus, Role};

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
    Ok(())
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
