//! From an applied distribution to a certificate at every gateway.

use std::time::Duration;

use brink_shared::secret::Sealed;
use brink_testing::exchange;
use serde_json::{Value, json};

use crate::authority::{Authority, Conduct, EXTERNAL_KEY};
use crate::client::{ask, connect, trusting};
use crate::cluster::{Cluster, Member, state, until};

/// A path for a challenge that nobody has begun.
const UNKNOWN: &str = "/.well-known/acme-challenge/unknown";

/// Two gateways: the leader, and the one that does not lead.
pub async fn pair(cluster: &Cluster) -> (Member, Member) {
    let leader = cluster.gateway("g1").await;
    until("the first gateway leads", async || cluster.leader().await.as_deref() == Some("g1"))
        .await;
    (leader, cluster.gateway("g2").await)
}

#[actix_rt::test]
async fn every_gateway_answers_the_challenge_and_has_the_certificate() {
    let cluster = Cluster::start(Conduct::default()).await;
    let (leader, other) = pair(&cluster).await;
    // The authority asks the gateway that does not lead.
    cluster.authority.change(|conduct| conduct.validates_at = Some(other.http));
    cluster.apply("ordinary", &["ordinary.test"], false).await;
    cluster.apply("shop", &["shop.test", "www.shop.test", "*.shop.test"], true).await;
    let config = trusting(&cluster.authority.issuer, &["http/1.1"]);
    for member in [&leader, &other] {
        for name in ["shop.test", "www.shop.test"] {
            cluster.wait_for(member, name).await;
            let mut stream = connect(member.https, name, &config).await.unwrap();
            let answer = ask(&mut stream, name, "/").await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        // Other names get no certificate, and never the one of another name.
        for name in ["ordinary.test", "a.shop.test", "nobody.test"] {
            let error = connect(member.https, name, &config).await.unwrap_err().to_string();
            assert!(error.to_lowercase().contains("alert"), "{name}: {error}");
        }
    }
    assert_eq!(cluster.authority.orders(), ["shop.test", "www.shop.test"]);
    assert!(cluster.authority.validations().iter().all(|address| *address == other.http));
    assert_eq!(cluster.leader().await.as_deref(), Some("g1"));
    // Nothing is left of the challenges, and their paths are ordinary ones.
    assert!(!cluster.records().await.iter().any(|entry| entry.key.starts_with("challenge.")));
    for (host, expected) in [("shop.test", "GET /.well-known"), ("nobody.test", "No distribution")]
    {
        let mut request = exchange::request("GET", UNKNOWN, "");
        request.headers_mut().insert("Host", host.parse().unwrap());
        let answer = exchange::exchange(other.http, request).await;
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(body.contains(expected), "{host}: {body}");
    }
    let account = &cluster.authority.accounts()[0];
    assert_eq!(account["contact"], json!(["mailto:ops@shop.test"]));
    let status = cluster.status().await;
    let acme = status[0].acme.clone().unwrap();
    assert_eq!((acme.names.len(), acme.leader.unwrap().as_str()), (2, "g1"));
    assert!(acme.names.iter().all(|name| name.certificate.is_some() && name.failure.is_none()));
    leader.stop().await;
    other.stop().await;
}

#[actix_rt::test]
async fn keys_are_never_on_the_bus_or_on_the_disk_in_plain_text() {
    let cluster = Cluster::start(Conduct::default()).await;
    let kept = state(&cluster);
    let settings = || {
        let mut settings = cluster.settings();
        settings.state = Some(kept.clone());
        settings
    };
    let member = cluster.gateway_with("g1", settings()).await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    until("the certificate is kept", async || kept.join("acme.json").exists()).await;
    let records = cluster.records().await;
    let record = |prefix: &str| -> Value {
        let entry = records.iter().find(|entry| entry.key.starts_with(prefix)).unwrap();
        serde_json::from_slice(&entry.value).unwrap()
    };
    let open = |sealed: &Value, purpose: &str| {
        let sealed: Sealed = serde_json::from_value(sealed.clone()).unwrap();
        sealed.open_text(&cluster.keys, purpose).unwrap().to_string()
    };
    let key = open(&record("certificate.")["key"], "acme certificate shop.test");
    let directory = cluster.authority.directory();
    let account = record("account.");
    let credentials = open(&account["credentials"], &format!("acme account {directory}"));
    let credentials: Value = serde_json::from_str(&credentials).unwrap();
    // The third line of the key has parts of the public key only.
    let mut secrets: Vec<String> = key.lines().skip(1).take(2).map(str::to_owned).collect();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY") && secrets[1].len() == 64, "{secrets:?}");
    secrets.push(credentials["key_pkcs8"].as_str().unwrap().to_owned());
    secrets.push("PRIVATE KEY".to_owned());
    let mut bytes: Vec<u8> = records.iter().flat_map(|entry| entry.value.to_vec()).collect();
    bytes.extend(std::fs::read(kept.join("acme.json")).unwrap());
    let is_in =
        |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    for secret in &secrets {
        assert!(!is_in(secret), "{} characters of a key", secret.len());
    }
    assert!(is_in("BEGIN CERTIFICATE"), "the search finds what is there");
    member.stop().await;
    // A new gateway has the certificate from the registry, without a further order.
    let again = cluster.gateway_with("g2", settings()).await;
    cluster.wait_for(&again, "shop.test").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(cluster.authority.orders().len(), 1);
    again.stop().await;
}

#[actix_rt::test]
async fn a_gateway_with_another_key_says_so_and_orders_nothing() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    member.stop().await;
    let other = cluster.folder.path().join("other.key");
    let text = brink_shared::secret::SecretKey::generate().to_file();
    std::fs::write(&other, text.as_bytes()).unwrap();
    let settings = brink_gateway::https::AcmeSettings { key: Some(other), ..cluster.settings() };
    let stranger = cluster.gateway_with("g2", settings).await;
    cluster.apply("more", &["more.test"], true).await;
    until("it says why", async || {
        let nodes = cluster.status().await;
        let warnings: Vec<String> = nodes.into_iter().flat_map(|node| node.warnings).collect();
        let of = |words: &str| {
            let found = warnings.iter().any(|warning| warning.contains(words));
            found
                && warnings.iter().any(|warning| warning.contains("is not in this node's key file"))
        };
        of("the certificate of shop.test by ACME") && of("the account at the ACME authority")
    })
    .await;
    assert_eq!(cluster.authority.orders(), ["shop.test"]);
    stranger.stop().await;
}

#[actix_rt::test]
async fn a_new_key_takes_over_from_the_old_one() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    member.stop().await;
    let file = cluster.folder.path().join("acme.key");
    let new = brink_shared::secret::SecretKey::generate();
    let both = format!("{}{}", *new.to_file(), std::fs::read_to_string(&file).unwrap());
    std::fs::write(&file, both).unwrap();
    let member = cluster.gateway("g2").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.wait_for(&member, "shop.test").await;
    cluster.apply("more", &["more.test"], true).await;
    cluster.wait_for(&member, "more.test").await;
    let new = new.public().to_string();
    for entry in cluster.records().await {
        let text = String::from_utf8_lossy(&entry.value).into_owned();
        let is_new = entry.key.starts_with("account.") || entry.key == "certificate.more.test";
        assert!(!is_new || text.contains(&new), "{}", entry.key);
    }
    assert_eq!(cluster.authority.accounts().len(), 1);
    member.stop().await;
}

#[actix_rt::test]
async fn an_account_is_bound_to_the_operators_own() {
    let conduct = Conduct { wants_binding: true, ..Conduct::default() };
    let cluster = Cluster::start(conduct).await;
    let file = cluster.folder.path().join("external");
    let key = data_encoding::BASE64URL_NOPAD.encode(EXTERNAL_KEY);
    std::fs::write(&file, format!("ops-1\n{key}\n")).unwrap();
    let mut settings = cluster.settings();
    settings.external_account = Some(file);
    let member = cluster.gateway_with("g1", settings).await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    assert_eq!(cluster.authority.bindings(), ["ops-1"]);
    member.stop().await;
}

#[actix_rt::test]
async fn another_authority_replaces_the_certificates_of_the_first() {
    let cluster = Cluster::start(Conduct::default()).await;
    let member = cluster.gateway("g1").await;
    cluster.authority.change(|conduct| conduct.validates_at = Some(member.http));
    cluster.apply("shop", &["shop.test"], true).await;
    cluster.wait_for(&member, "shop.test").await;
    member.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let second = Authority::start(folder.path(), Conduct::default()).await;
    let settings = brink_gateway::https::AcmeSettings {
        directory: Some(second.directory()),
        root: Some(second.root()),
        ..cluster.settings()
    };
    let member = cluster.gateway_with("g2", settings).await;
    second.change(|conduct| conduct.validates_at = Some(member.http));
    let config = trusting(&second.issuer, &[]);
    until("the second authority's certificate", async || {
        connect(member.https, "shop.test", &config).await.is_ok()
    })
    .await;
    member.stop().await;
}
