//! The certificates that the gateways get by ACME.

use brink_shared::iso8601;
use brink_shared::status::{AcmeFailure, AcmeStatus, NodeStatus};

use crate::printing::Table;

/// A table of the names for each authority, and a line for each failure: the reasons are too long
/// for a table. Gateways of one cluster know the same, so the first one of each authority tells it.
pub(super) fn certificates(nodes: &[NodeStatus]) -> Vec<String> {
    let mut told: Vec<&AcmeStatus> = Vec::new();
    for status in nodes.iter().filter_map(|node| node.acme.as_ref()) {
        if !told.iter().any(|other| other.directory == status.directory) {
            told.push(status);
        }
    }
    told.into_iter().flat_map(of_authority).collect()
}

fn of_authority(status: &AcmeStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if !status.names.is_empty() {
        let mut table = Table::new(&["CERTIFICATE BY ACME", "EXPIRES", "RENEWAL"]);
        for name in &status.names {
            let (expires, renews) = match &name.certificate {
                Some(own) => (iso8601::format(own.expires), iso8601::format(own.renews)),
                None => ("none yet".to_owned(), String::new()),
            };
            table.row(&[&name.name, &expires, &renews]);
        }
        lines.extend(table.lines());
    }
    if status.left_out > 0 {
        lines.push(format!("and {} more names", status.left_out));
    }
    let of_names =
        status.names.iter().filter_map(|name| Some((&name.name, name.failure.as_ref()?)));
    let all = status.authority.iter().map(|failure| (&status.directory, failure)).chain(of_names);
    lines.extend(all.map(|(what, failure)| failed(what, failure)));
    lines
}

fn failed(what: &str, AcmeFailure { count, error, next }: &AcmeFailure) -> String {
    let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
    let next = iso8601::format(*next);
    format!("{what} failed {times}, next try at {next}: {error}")
}

#[cfg(test)]
mod tests {
    use brink_shared::status::{AcmeCertificate, AcmeName};
    use brink_shared::wire::UnixMillis;

    use super::*;

    #[test]
    fn names_have_their_certificates_and_their_failures() {
        let failure = AcmeFailure {
            count: 2,
            error: "connection: refused".to_owned(),
            next: UnixMillis(1_800_000_000_000),
        };
        let names = [
            AcmeName {
                name: "a.test".to_owned(),
                certificate: Some(AcmeCertificate {
                    expires: UnixMillis(1_900_000_000_000),
                    renews: UnixMillis(1_890_000_000_000),
                }),
                failure: None,
            },
            AcmeName {
                name: "b.test".to_owned(),
                certificate: None,
                failure: Some(failure.clone()),
            },
        ];
        let status =
            AcmeStatus::new("https://acme.test/".to_owned(), None, None, names.into_iter());
        let lines = of_authority(&status);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].starts_with("a.test") && lines[1].contains("2030-"), "{lines:?}");
        assert!(lines[2].starts_with("b.test") && lines[2].contains("none yet"), "{lines:?}");
        assert!(lines[3].starts_with("b.test failed 2 times, next try at 2027-"), "{lines:?}");
        assert!(lines[3].ends_with("connection: refused"), "{lines:?}");
    }
}
