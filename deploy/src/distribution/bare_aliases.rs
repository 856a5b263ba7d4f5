//! Warns of aliases that no gateway has a certificate for.

use brink_shared::registry::Distribution;
use brink_shared::status::NodeStatus;

/// The warnings. Gateways that serve no HTTPS do not count: something in front of them may have the
/// certificates. An alias whose certificate will come by ACME is no reason for a warning.
pub(super) fn warnings(distribution: &Distribution, nodes: &[NodeStatus]) -> Vec<String> {
    let names: Vec<_> = nodes.iter().filter_map(|node| node.https.as_ref()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let asks = distribution.viewer_certificate.acme;
    let gets = asks && nodes.iter().any(|node| node.acme.is_some());
    let comes =
        |alias: &String| gets && distribution.acme_names().any(|name| name == alias.as_str());
    let is_bare =
        |alias: &&String| !names.iter().any(|names| names.may_cover(alias)) && !comes(alias);
    let why = if gets { "ACME gives none for it; " } else { "" };
    let bare = distribution.aliases.iter().filter(is_bare).map(|alias| {
        format!(
            "no gateway has a certificate for {alias}; {why}put one into its folder of certificates"
        )
    });
    let useless = (asks && !gets).then(|| {
        "viewer_certificate.acme: no gateway gets certificates by ACME; set https.acme.directory"
            .to_owned()
    });
    bare.chain(useless).collect()
}

#[cfg(test)]
mod tests {
    use brink_shared::status::{AcmeStatus, CertificateNames};
    use serde_json::json;

    use super::*;

    fn gateway(names: &[&str], has_acme: bool) -> NodeStatus {
        let told = json!({"node": "g1", "role": "gateway", "version": "0.1.0", "pid": 1,
            "uptime_s": 1, "listens": [], "functions": [], "distributions": []});
        let mut node: NodeStatus = serde_json::from_value(told).unwrap();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        node.https = Some(CertificateNames::new(names));
        node.acme = has_acme
            .then(|| AcmeStatus::new("https://acme.test/".to_owned(), None, None, [].into_iter()));
        node
    }

    #[test]
    fn aliases_without_a_certificate_now_or_soon_are_told_of() {
        let distribution = |acme: bool| -> Distribution {
            let document = json!({"id": "d", "aliases": ["a.test", "b.test", "*.c.test"],
                "viewer_certificate": {"acme": acme}, "origins": {"web": {"url": "http://h"}},
                "behaviors": [{"path": "*", "origin": "web"}]});
            serde_json::from_value(document).unwrap()
        };
        let told = |acme, nodes: &[NodeStatus]| warnings(&distribution(acme), nodes);
        assert_eq!(told(true, &[]), Vec::<String>::new());
        let plain = told(false, &[gateway(&["a.test"], true)]);
        assert!(plain.len() == 2 && plain[0].contains("for b.test; put one"), "{plain:?}");
        let comes = told(true, &[gateway(&[], true)]);
        assert_eq!(comes.len(), 1, "{comes:?}");
        assert!(comes[0].contains("for *.c.test; ACME gives none for it; put"), "{comes:?}");
        let off = told(true, &[gateway(&["a.test", "b.test", "x.c.test", "*.c.test"], false)]);
        assert_eq!(off.len(), 1, "{off:?}");
        assert!(off[0].contains("set https.acme.directory"), "{off:?}");
    }
}
