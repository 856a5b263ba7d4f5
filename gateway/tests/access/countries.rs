//! Geo restriction.

use brink_gateway::viewer_headers::geo::GeoFiles;
use serde_json::{Value, json};

use crate::database::{local, seattle, write};
use crate::edge::Edge;
use crate::log;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, TRIGGERS, at, document};

async fn edge(origin: &RawOrigin, geo: GeoFiles, listen: &str, restriction: Value) -> Edge {
    let mut document = document(origin, at(&TRIGGERS));
    document["geo_restriction"] = restriction;
    Edge::with_geo(listen.parse().unwrap(), geo, document, |_| json!({"status": "299"})).await
}

#[actix_rt::test]
async fn viewers_in_other_countries_are_refused() {
    log::keep();
    let origin = RawOrigin::answering(HELLO);
    let folder = tempfile::tempdir().unwrap();
    let (places, _) = local(folder.path());
    let elsewhere = folder.path().join("elsewhere.mmdb");
    write(&elsewhere, "GeoLite2-City", &[("::192.0.2.0/120", seattle())]);
    let (four, six) = ("127.0.0.1:0", "[::1]:0");
    // In this database the machine is in Brazil over IPv4, and in the United States over IPv6.
    for (places, listen, restriction, expected) in [
        (&places, four, json!({"allow": ["BR"]}), 299),
        (&places, four, json!({"allow": ["DE", "US"]}), 403),
        (&places, four, json!({"deny": ["BR", "DE"]}), 403),
        (&places, four, json!({"deny": ["US"]}), 299),
        (&places, six, json!({"allow": ["BR"]}), 403),
        (&places, six, json!({"deny": ["BR"]}), 299),
        // The database does not have the address.
        (&elsewhere, four, json!({"allow": ["DE"]}), 299),
        (&elsewhere, four, json!({"deny": ["DE"]}), 299),
    ] {
        let geo = GeoFiles { database: Some(places.clone()), asn_database: None };
        let edge = edge(&origin, geo, listen, restriction.clone()).await;
        let reply = edge.get("/").await;
        assert_eq!(reply.status, expected, "{listen} {restriction}: {}", reply.text());
        if expected == 403 {
            assert!(reply.text().contains("not available in your country"), "{}", reply.text());
            let (_, lines) = log::told(async || edge.get("/").await).await;
            assert!(lines.contains("geo_restriction does not allow"), "{lines}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_gateway_without_a_database_answers_nobody() {
    let origin = RawOrigin::answering(HELLO);
    let restriction = json!({"deny": ["BR"]});
    let edge = edge(&origin, GeoFiles::default(), "127.0.0.1:0", restriction).await;
    let (reply, lines) = log::told(async || edge.get("/").await).await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(lines.contains("geo.database is not set here"), "{lines}");
    edge.stop().await;
}
