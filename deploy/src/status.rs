//! `brink status`: the nodes, the confinement of their sandboxes, the running functions, and the
//! certificates by ACME.

mod acme;

use brink_shared::clock::ClockStatus;
use brink_shared::confinement::LayerStatus;
use brink_shared::status::{Ailing, InterpreterStatus, NodeStatus, RegistryStatus, Role};

use crate::args::Global;
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::Output;
use crate::printing::{self, Table};

/// Prints the nodes, the registry, then functions by node.
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
    let lacking = lacking(nodes);
    if !lacking.is_empty() {
        printing::line("")?;
        lacking.iter().try_for_each(printing::line)?;
    }
    if let Some(interpreters) = interpreters(nodes) {
        printing::line("")?;
        interpreters.lines().try_for_each(printing::line)?;
    }
    if let Some(registry) = registry(nodes) {
        for table in [applied(registry), published(registry)].into_iter().flatten() {
            printing::line("")?;
            table.lines().try_for_each(printing::line)?;
        }
        if registry.left_out > 0 {
            printing::line(format!(
                "and {} more; see `brink function list` and `brink distribution list`",
                registry.left_out
            ))?;
        }
    }
    let certificates = acme::certificates(nodes);
    if !certificates.is_empty() {
        printing::line("")?;
        certificates.into_iter().try_for_each(printing::line)?;
    }
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

/// The programs that run functions, by worker.
fn interpreters(nodes: &[NodeStatus]) -> Option<Table> {
    let mut table = Table::new(&["WORKER", "RUNTIME", "VERSION", "PROGRAM", "NETWORK"]);
    let all = nodes.iter().flat_map(|node| node.interpreters.iter().map(move |own| (node, own)));
    for (node, InterpreterStatus { runtime, version, program, network }) in all {
        let network = network.as_deref().unwrap_or("not used yet");
        table.row(&[&node.node, runtime, version, program, &network]);
    }
    nodes.iter().any(|node| !node.interpreters.is_empty()).then_some(table)
}

/// The registry as a worker knows it that has read it live, or else the best copy of the other
/// nodes.
fn registry(nodes: &[NodeStatus]) -> Option<&RegistryStatus> {
    let known = nodes.iter().filter_map(|node| Some((node, node.registry.as_ref()?)));
    let best = known.max_by_key(|(node, registry)| (registry.current, node.role == Role::Worker));
    best.map(|(_, registry)| registry)
}

fn applied(registry: &RegistryStatus) -> Option<Table> {
    let mut table = Table::new(&["DISTRIBUTION", "REVISION", "HOSTS", "NAMES"]);
    for distribution in &registry.distributions {
        let hosts = distribution.aliases.join(" ");
        let functions: Vec<_> = distribution.functions.iter().map(ToString::to_string).collect();
        table.row(&[
            &distribution.id,
            &distribution.revision,
            &if hosts.is_empty() { "(any)" } else { &hosts },
            &functions.join(" "),
        ]);
    }
    (!registry.distributions.is_empty()).then_some(table)
}

fn published(registry: &RegistryStatus) -> Option<Table> {
    let mut table = Table::new(&["PUBLISHED", "NEWEST", "VERSIONS", "IN USE"]);
    for function in &registry.functions {
        let in_use: Vec<_> = function.in_use.iter().map(ToString::to_string).collect();
        table.row(&[&function.name, &function.newest, &function.versions, &in_use.join(" ")]);
    }
    (!registry.functions.is_empty()).then_some(table)
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
    let mut table = Table::new(&[
        "NODE", "ROLE", "VERSION", "PID", "UP", "CLOCK", "CONFINED", "LISTENS", "SERVES",
    ]);
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
            &clock(node),
            &confined(node),
            &node.listens.join(" "),
            &node.distributions.join(" "),
        ]);
    }
    table
}

/// How far a node's clock is ahead of the bus's, in seconds.
fn clock(node: &NodeStatus) -> String {
    let seconds = |clock: ClockStatus| format!("{:+.3}", clock.ahead_ms as f64 / 1_000.0);
    node.clock.map(seconds).unwrap_or_default()
}

/// A worker's layers of confinement, in a word or two.
fn confined(node: &NodeStatus) -> String {
    let missing: Vec<_> = missing(node).map(|status| status.layer.name()).collect();
    match node.role {
        Role::Gateway => String::new(),
        Role::Worker if node.confinement.is_empty() => "unknown".to_owned(),
        Role::Worker if missing.is_empty() => "yes".to_owned(),
        Role::Worker => format!("no {}", missing.join(", ")),
    }
}

/// Why layers are missing, each reason once for all workers with it.
pub fn lacking(nodes: &[NodeStatus]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for node in nodes {
        for status in missing(node) {
            let Some(line) = status.lack() else { continue };
            match lines.iter_mut().find(|(told, _)| *told == line) {
                Some((_, workers)) => workers.push(node.node.as_str()),
                None => lines.push((line, vec![node.node.as_str()])),
            }
        }
    }
    lines.into_iter().map(|(line, workers)| format!("{}: {line}", workers.join(" "))).collect()
}

fn missing(node: &NodeStatus) -> impl Iterator<Item = &LayerStatus> {
    node.confinement.iter().filter(|status| !status.in_force)
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

#[cfg(test)]
mod tests {
    use brink_shared::confinement::Layer;

    use super::*;

    fn worker(node: &str, confinement: Vec<LayerStatus>) -> NodeStatus {
        NodeStatus {
            node: node.parse().unwrap(),
            role: Role::Worker,
            version: String::new(),
            pid: 1,
            uptime_s: 1,
            listens: Vec::new(),
            functions: Vec::new(),
            distributions: Vec::new(),
            clock: None,
            functions_only: false,
            warnings: Vec::new(),
            features: Vec::new(),
            confinement,
            interpreters: Vec::new(),
            https: None,
            acme: None,
            registry: None,
        }
    }

    #[test]
    fn interpreters_are_shown_by_worker() {
        let mut nodes = [worker("a", Vec::new()), worker("b", Vec::new())];
        assert!(interpreters(&nodes).is_none());
        nodes[1].interpreters = vec![InterpreterStatus {
            runtime: "nodejs".to_owned(),
            version: "22.20.0".to_owned(),
            program: "/usr/bin/node".to_owned(),
            network: Some("transparent".to_owned()),
        }];
        let lines: Vec<_> = interpreters(&nodes).unwrap().lines().collect();
        let words: Vec<_> = lines[1].split_whitespace().collect();
        assert_eq!(
            (lines.len(), words.as_slice()),
            (2, &["b", "nodejs", "22.20.0", "/usr/bin/node", "transparent"][..])
        );
    }

    #[test]
    fn missing_layers_are_named_and_explained_once() {
        let whole = vec![LayerStatus::in_force(Layer::Seccomp)];
        let lacks = vec![
            LayerStatus::in_force(Layer::Seccomp),
            LayerStatus::missing(Layer::Cgroup, "it has other processes in it"),
        ];
        let nodes = [worker("a", whole), worker("b", lacks.clone()), worker("c", lacks)];
        let words: Vec<_> = nodes.iter().map(confined).collect();
        assert_eq!(words, ["yes", "no cgroup", "no cgroup"]);
        let lines = lacking(&nodes);
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with("b c: no cgroup: it has other processes in it; "),
            "{lines:?}"
        );
        assert_eq!(confined(&worker("d", Vec::new())), "unknown");
    }
}
