//! The order of the checks, and what they come before.

use brink_gateway::viewer_headers::geo::GeoFiles;
use serde_json::{Value, json};

use crate::database::local;
use crate::edge::Edge;
use crate::raw_origin::RawOrigin;
use crate::signer::{Signer, trusting};
use crate::stage::{HELLO, TRIGGERS, at, document};

#[actix_rt::test]
async fn decision_68_address_country_rate_and_signature_come_before_the_function() {
    let origin = RawOrigin::answering(HELLO);
    let folder = tempfile::tempdir().unwrap();
    let geo = GeoFiles { database: Some(local(folder.path()).0), asn_database: None };
    let signer = Signer::ecdsa("K2");
    // Each case takes one more obstacle away.
    let denied =
        |document: &mut Value| document["behaviors"][0]["access"]["deny"] = json!(["127.0.0.1"]);
    let abroad = |document: &mut Value| document["geo_restriction"] = json!({"allow": ["DE"]});
    let limited = |document: &mut Value, requests: u32| {
        document["behaviors"][0]["access"]["rate_limit"] =
            json!({"requests": requests, "per": "1h"});
    };
    let plain = || {
        let mut document = document(&origin, at(&TRIGGERS));
        trusting(&mut document, &[&signer]);
        document
    };
    let edge =
        Edge::with_geo("127.0.0.1:0".parse().unwrap(), geo, plain(), |_| json!({"status": "299"}))
            .await;
    let says = async |document: Value, text: &str| {
        edge.apply(document).await;
        for _ in 0..1_000 {
            if edge.get("/").await.text().contains(text) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("nothing says {text}");
    };
    let mut all = plain();
    denied(&mut all);
    abroad(&mut all);
    limited(&mut all, 1);
    says(all, "from your address").await;
    let mut three = plain();
    abroad(&mut three);
    limited(&mut three, 1);
    says(three, "in your country").await;
    let mut two = plain();
    limited(&mut two, 1);
    // The first request is counted, and has no signature.
    says(two.clone(), "<Code>MissingKey</Code>").await;
    says(two, "too many requests").await;
    says(plain(), "<Code>MissingKey</Code>").await;
    // The method comes before all of them.
    let reply = edge.request("TRACE", "/", &[], b"").await;
    assert!(reply.text().contains("method is not allowed"), "{}", reply.text());
    assert_eq!(origin.requests().len(), 0);
    edge.stop().await;
}
