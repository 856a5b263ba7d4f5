//! Client certificates, from the gateway's settings to the origin.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::node_origins::{NodeOrigins, client, request, tls, told};
use crate::edge::Edge;
use crate::tls_origin::trusts_the_tests_authority;
use brink_gateway::gateway::OriginIdentity;
use brink_gateway::origin::{OriginClient, OriginFault};

fn openssl(folder: &Path, arguments: &str) {
    let ended = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("this test makes certificates: it needs `openssl` in PATH");
    assert!(ended.status.success(), "{arguments}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// An authority for clients.
fn authority(folder: &Path) {
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
         -subj /CN=Clients -keyout ca.key -out ca.pem",
    );
}

/// `shop.crt` and `shop.key` for a client of this name.
fn certificate(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
             -subj /CN={name} -CA ca.pem -CAkey ca.key -keyout shop.key -out shop.crt"
        ),
    );
}

#[actix_rt::test]
async fn the_origin_gets_the_certificate_that_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path());
    certificate(folder.path(), "first");
    let origins = NodeOrigins::trusting(Some(&folder.path().join("ca.pem")));
    let tls = tls().with_client_certificates(Some(folder.path().to_owned()));
    let with = |port: &str, name: &str| {
        let mut request = request("GET", origins.port(port), "/");
        request.access.client_certificate = Some(name.parse().unwrap());
        request
    };
    for port in ["strict", "asking"] {
        let client = OriginClient::new(tls.clone());
        assert_eq!(told(&client, with(port, "shop")).await["client"], "first", "{port}");
        // Without its name, no certificate is shown, and no connection shared.
        let anonymous = request("GET", origins.port(port), "/");
        match port {
            "strict" => assert!(client.fetch(anonymous).await.is_err()),
            _ => assert_eq!(told(&client, anonymous).await["client"], Value::Null),
        }
    }
    // Files that changed are read for the next connection.
    certificate(folder.path(), "second");
    let renewed = OriginClient::new(tls.clone());
    assert_eq!(told(&renewed, with("strict", "shop")).await["client"], "second");

    let missing = renewed.fetch(with("strict", "absent")).await.unwrap_err();
    assert!(matches!(missing.cause, OriginFault::ClientCertificate(_)), "{missing}");
    assert!(missing.to_string().contains("absent.crt"), "{missing}");
    std::fs::write(folder.path().join("shop.key"), "no key").unwrap();
    let broken = OriginClient::new(tls).fetch(with("strict", "shop")).await.unwrap_err();
    assert!(broken.to_string().contains("shop.key"), "{broken}");
    let unset = client().fetch(with("strict", "shop")).await.unwrap_err();
    assert!(unset.to_string().contains("client_certificates"), "{unset}");
}

#[actix_rt::test]
async fn a_distribution_names_certificate_and_version() {
    let test = "mutual_tls::a_distribution_names_certificate_and_version";
    if !trusts_the_tests_authority(test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path());
    certificate(folder.path(), "gateway");
    let origins = NodeOrigins::trusting(Some(&folder.path().join("ca.pem")));
    let identity = OriginIdentity {
        client_certificates: Some(folder.path().to_owned()),
        ..Default::default()
    };
    let web = json!({
        "url": format!("https://localhost:{}", origins.port("strict")),
        "http_version": "2", "client_certificate": "shop", "response_completion_timeout": "60s",
    });
    let elsewhere = origins.port("asking");
    let function = move |event: Value| {
        let mut request = event["Records"][0]["cf"]["request"].clone();
        if request["uri"] == "/elsewhere" {
            request["origin"]["custom"]["port"] = json!(elsewhere);
        }
        request
    };
    let behavior = json!({"path": "*", "origin": "web", "functions": {"origin-request": "f:1"}});
    let document = json!({"id": "d", "origins": {"web": web}, "behaviors": [behavior]});
    let edge = Edge::with_identity(identity, document, function).await;
    let told =
        |reply: crate::edge::Reply| -> Value { serde_json::from_slice(&reply.body).unwrap() };
    let own = told(edge.get("/own").await);
    assert_eq!((&own["client"], &own["version"]), (&json!("gateway"), &json!("2.0")));
    // The certificate is for the configured server only.
    let other = told(edge.get("/elsewhere").await);
    assert_eq!((&other["client"], &other["version"]), (&Value::Null, &json!("1.1")));
    edge.stop().await;
}
