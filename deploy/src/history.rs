//! `brink history`: who changed what.

use std::collections::HashSet;

use brink_shared::admin::{Changes, ListChanges, NumberedChange};
use brink_shared::audit::State;
use brink_shared::iso8601;

use crate::args::{Global, HistoryArgs};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::{self, Table};

/// Prints the newest changes, oldest first.
pub async fn command(global: &Global, args: &HistoryArgs) -> Result<(), CommandError> {
    let client = Client::connect(global).await?;
    let changes = newest(&client, args).await?;
    printing::result(global.output, &changes, &table(&changes)).map_err(CommandError::failed)
}

/// The newest changes, oldest first. Of each change there is its last entry only.
async fn newest(client: &Client, args: &HistoryArgs) -> Result<Vec<NumberedChange>, CommandError> {
    let mut query = ListChanges { of: args.of.clone(), by: args.by.clone(), marker: None };
    let (mut found, mut ended) = (Vec::new(), HashSet::new());
    loop {
        let page: Changes = client.ask("change", "list", &query).await?;
        for entry in page.items {
            ended.extend(entry.change.state.begun());
            if !ended.remove(&entry.number) && found.len() < args.last {
                found.push(entry);
            }
        }
        query.marker = page.next_marker;
        if query.marker.is_none() || found.len() >= args.last {
            found.reverse();
            return Ok(found);
        }
    }
}

fn table(changes: &[NumberedChange]) -> Table {
    let mut table = Table::new(&["TIME", "BY", "FROM", "REQUEST", "OF", "RESULT"]);
    for NumberedChange { change, .. } in changes {
        let by = match (&change.by.name, change.by.role) {
            (Some(name), _) => name.clone(),
            (None, Some(role)) => format!("({role})"),
            (None, None) => "(anybody)".to_owned(),
        };
        table.row(&[
            &iso8601::format(change.time),
            &by,
            &change.by.address.as_deref().unwrap_or_default(),
            &change.request,
            &change.of,
            &result(&change.state),
        ]);
    }
    table
}

/// The result in a few words.
fn result(state: &State) -> String {
    match state {
        State::Begun => "not known: the worker did not come to its end".to_owned(),
        State::Failed { why, .. } => format!("failed: {}", why.lines().next().unwrap_or_default()),
        State::Done { before, after, .. } => {
            let revision = |state: &serde_json::Value| state.get("revision")?.as_u64();
            match (revision(before), revision(after)) {
                (None, Some(new)) => format!("revision {new}"),
                (Some(old), Some(new)) => format!("revision {old} -> {new}"),
                (Some(old), None) => format!("revision {old} -> gone"),
                (None, None) => after["version"].as_str().unwrap_or("done").to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_are_said_in_a_few_words() {
        let done = |before, after| result(&State::Done { begun: 1, before, after });
        let at = |revision: u64| json!({ "revision": revision });
        assert_eq!(done(at(1), at(2)), "revision 1 -> 2");
        assert_eq!(done(json!(null), at(1)), "revision 1");
        assert_eq!(done(at(2), json!(null)), "revision 2 -> gone");
        assert_eq!(done(json!(null), json!({"version": "f:3"})), "f:3");
        assert_eq!(done(json!(null), json!(["f:1"])), "done");
        let failed = State::Failed { begun: 1, why: "no\nbecause".to_owned() };
        assert_eq!(result(&failed), "failed: no");
        assert!(result(&State::Begun).starts_with("not known"));
    }
}
