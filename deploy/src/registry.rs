//! `brink registry`.

use brink_shared::admin::Prune;
use brink_shared::registry::store::{OLDER_THAN_DEFAULT, Pruned};

use crate::args::{Global, RegistryCommand};
use crate::client::Client;
use crate::failure::CommandError;
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
    let Pruned { versions, revisions, bundles, bytes } = pruned;
    let verb = if dry_run { "would remove" } else { "removed" };
    if versions.is_empty() && revisions.is_empty() && bundles.is_empty() {
        return format!("{verb} nothing: everything is in use, among the newest, or too young");
    }
    let mut lines = vec![format!(
        "{verb} {}, {} and {} ({:.1} MB)",
        counted(versions.len(), "version"),
        counted(revisions.len(), "revision"),
        counted(bundles.len(), "bundle"),
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
    fn it_says_what_went_or_would_go() {
        assert!(told(&Pruned::default(), false).starts_with("removed nothing"));
        let pruned = Pruned {
            versions: vec!["hello:1".parse().unwrap()],
            revisions: vec!["shop@1".to_owned(), "shop@2".to_owned()],
            bundles: Vec::new(),
            bytes: 0,
        };
        let lines = "would remove 1 version, 2 revisions and 0 bundles (0.0 MB)\n  hello:1\n  \
                     shop@1\n  shop@2";
        assert_eq!(told(&pruned, true), lines);
    }
}
