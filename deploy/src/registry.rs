//! `brink registry`.

use brink_shared::admin::Prune;
use brink_shared::registry::store::{OLDER_THAN_DEFAULT, Pruned};

use crate::args::{Global, RegistryCommand};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::{self, counted};

/// Carries out `brink registry`.
pub async fn command(global: &Global, command: &RegistryCommand) -> Result<(), CommandError> {
    let RegistryCommand::Prune { dry_run, keep, older_than } = command;
    let older_than = older_than.unwrap_or(OLDER_THAN_DEFAULT);
    let request = Prune { keep: *keep, older_than, dry_run: *dry_run };
    let client = Client::connect(global).await?;
    let pruned: Pruned = client.ask("registry", "prune", &request).await?;
    printing::done(global.output, &pruned, told(&pruned, *dry_run)).map_err(CommandError::failed)
}

/// The removed versions, revisions and bundles, each kind on a line of its own.
fn told(pruned: &Pruned, dry_run: bool) -> String {
    let Pruned { versions, revisions, bundles, broken_off, bytes } = pruned;
    let verb = if dry_run { "would remove" } else { "removed" };
    let documents = versions.len() + revisions.len();
    if documents + bundles.len() + broken_off == 0 {
        return format!("{verb} nothing: everything is in use, among the newest, or too young");
    }
    let mut lines = vec![format!(
        "{verb} {}, {} and {}{} ({:.1} MB)",
        counted(versions.len(), "version"),
        counted(revisions.len(), "revision"),
        counted(bundles.len(), "bundle"),
        match broken_off {
            0 => String::new(),
            number => format!(", and {} that broke off", counted(*number, "upload")),
        },
        *bytes as f64 / 1e6,
    )];
    let names = versions.iter().map(ToString::to_string).chain(revisions.iter().cloned());
    lines.extend(names.map(|name| format!("  {}", printing::plain(&name))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_names_removed_entries() {
        assert!(told(&Pruned::default(), false).starts_with("removed nothing"));
        let pruned = Pruned {
            versions: vec!["hello:1".parse().unwrap()],
            revisions: vec!["shop@1".to_owned(), "shop@2".to_owned()],
            ..Pruned::default()
        };
        let lines = "would remove 1 version, 2 revisions and 0 bundles (0.0 MB)\n  hello:1\n  \
                     shop@1\n  shop@2";
        assert_eq!(told(&pruned, true), lines);
        let pruned = Pruned { broken_off: 2, bytes: 1_500_000, ..Pruned::default() };
        let line = "removed 0 versions, 0 revisions and 0 bundles, and 2 uploads that broke off \
                    (1.5 MB)";
        assert_eq!(told(&pruned, false), line);
    }
}
