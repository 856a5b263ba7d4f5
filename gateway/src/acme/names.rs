//! The names that certificates are ordered for. Pure: no I/O.

use std::collections::BTreeMap;

use brink_shared::registry::Snapshot;
use brink_shared::wire::UnixMillis;

/// Most names of a cluster. Further ones get no certificate by ACME.
pub(super) const NAMES_MAX: usize = 1_000;

/// The names of applied distributions that ask for certificates, and when each distribution was
/// applied.
pub(super) fn wanted(snapshot: &Snapshot) -> BTreeMap<String, UnixMillis> {
    let mut wanted = BTreeMap::new();
    let asking = snapshot
        .distributions
        .values()
        .filter(|record| record.distribution.viewer_certificate.acme);
    for record in asking {
        let names = record.distribution.acme_names();
        wanted.extend(names.map(|name| (name.to_owned(), record.applied)));
    }
    while wanted.len() > NAMES_MAX {
        wanted.pop_last();
    }
    wanted
}

#[cfg(test)]
mod tests {
    use brink_shared::registry::DistributionRecord;

    use super::*;

    #[test]
    fn only_exact_aliases_of_distributions_that_ask_are_wanted() {
        let mut snapshot = Snapshot::default();
        for (id, aliases, acme, applied) in [
            ("a", r#"["shop.test","*.shop.test","127.0.0.1","a..b"]"#, true, 7),
            ("b", r#"["other.test"]"#, false, 8),
            ("c", "[]", true, 9),
        ] {
            let document = format!(
                r#"{{"revision":1,"applied":{applied},"distribution":{{"id":"{id}",
                "aliases":{aliases},"viewer_certificate":{{"acme":{acme}}},
                "origins":{{"web":{{"url":"http://h"}}}},
                "behaviors":[{{"path":"*","origin":"web"}}]}}}}"#
            );
            let record: DistributionRecord = serde_json::from_str(&document).unwrap();
            snapshot.distributions.insert(id.parse().unwrap(), record);
        }
        let expected = BTreeMap::from([("shop.test".to_owned(), UnixMillis(7))]);
        assert_eq!(wanted(&snapshot), expected);
    }
}
