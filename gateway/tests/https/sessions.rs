//! The facts about a session, and sessions that continue at another gateway.

use std::sync::Arc;

use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use serde_json::{Value, json};

use brink_gateway::https::HttpsSettings;
use brink_testing::certificates::Authority;

use crate::client::{SITE, Site, connect, document, exchange, settings, trusting};
use crate::edge::{Edge, Origin};

/// A behavior that tells its origin-request function about the session.
fn telling() -> Value {
    json!({
        "forward": {"headers": [
            "CloudFront-Viewer-TLS", "CloudFront-Viewer-JA3-Fingerprint",
            "CloudFront-Viewer-JA4-Fingerprint", "CloudFront-Forwarded-Proto",
            "CloudFront-Viewer-Http-Version",
        ]},
        "functions": {"origin-request": "f:1"},
    })
}

/// The requests that a function saw.
type Seen = Arc<Mutex<Vec<Value>>>;

fn keeping(seen: &Seen) -> impl Fn(Value) -> Value + Send + 'static {
    let seen = seen.clone();
    move |event| {
        let request = event["Records"][0]["cf"]["request"].clone();
        seen.lock().push(request["headers"].clone());
        request
    }
}

fn value(headers: &Value, name: &str) -> String {
    headers[name][0]["value"].as_str().unwrap_or_default().to_owned()
}

#[actix_rt::test]
async fn the_origin_side_learns_of_the_session_and_of_the_viewers_program() {
    let (origin, seen) = (Origin::start().await, Seen::default());
    let site = Site::with_function(document(&origin.url(), telling()), keeping(&seen)).await;
    let config = trusting(&site.authority, &["http/1.1"]);
    let mut stream = connect(site.address(), SITE, &config).await.unwrap();
    exchange(&mut stream, "/1").await;
    exchange(&mut stream, "/2").await;
    // The ticket has come with the answers.
    let mut again = connect(site.address(), SITE, &config).await.unwrap();
    exchange(&mut again, "/3").await;
    let handshakes = ["fullHandshake", "connectionReused", "sessionResumed"];
    let all = seen.lock().clone();
    assert_eq!(all.len(), 3);
    for (headers, handshake) in all.iter().zip(handshakes) {
        let expected = format!("TLSv1.3:TLS_AES_128_GCM_SHA256:{handshake}");
        assert_eq!(value(headers, "cloudfront-viewer-tls"), expected);
        assert_eq!(value(headers, "cloudfront-forwarded-proto"), "https");
        assert_eq!(value(headers, "cloudfront-viewer-http-version"), "1.1");
        let ja3 = value(headers, "cloudfront-viewer-ja3-fingerprint");
        assert!(ja3.len() == 32 && ja3.bytes().all(|b| b.is_ascii_hexdigit()), "{ja3}");
        let ja4 = value(headers, "cloudfront-viewer-ja4-fingerprint");
        let parts: Vec<_> = ja4.split('_').collect();
        assert_eq!((parts.len(), parts[1].len(), parts[2].len()), (3, 12, 12), "{ja4}");
        assert!(parts[0].starts_with("t13d") && parts[0].ends_with("h1"), "{ja4}");
    }
    let [first, second] = [&all[0], &all[1]].map(|h| value(h, "cloudfront-viewer-ja4-fingerprint"));
    assert_eq!(first, second);
    // Over plain HTTP there is nothing to tell.
    site.edge.get("/4").await;
    let plain = seen.lock().last().cloned().unwrap();
    assert_eq!(value(&plain, "cloudfront-forwarded-proto"), "http");
    for name in ["cloudfront-viewer-tls", "cloudfront-viewer-ja3-fingerprint"] {
        assert_eq!(value(&plain, name), "");
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_session_continues_at_a_gateway_with_the_same_ticket_keys() {
    let (origin, authority) = (Origin::start().await, Authority::new());
    let folder = tempfile::tempdir().unwrap();
    authority.issue(&[SITE]).write(folder.path(), "shop");
    let keys = folder.path().join("tickets");
    std::fs::write(&keys, data_encoding::BASE64.encode(&[7; 32])).unwrap();
    let shared = HttpsSettings { ticket_keys: Some(keys), ..settings(folder.path()) };
    let plain = |event: Value| event["Records"][0]["cf"]["request"].clone();
    let start = async |settings: &HttpsSettings| {
        Edge::with_https(settings.clone(), document(&origin.url(), json!({})), plain).await
    };
    let edges = [start(&shared).await, start(&shared).await, start(&settings(folder.path())).await];
    let config = trusting(&authority, &["http/1.1"]);
    let mut kinds = Vec::new();
    for edge in &edges {
        let address = edge.gateway.https_address().unwrap();
        let mut stream = connect(address, SITE, &config).await.unwrap();
        exchange(&mut stream, "/").await;
        kinds.push(stream.get_ref().1.handshake_kind().unwrap());
    }
    assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Full]);
    for edge in edges {
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_security_policy_decides_the_versions() {
    let (origin, authority) = (Origin::start().await, Authority::new());
    let folder = tempfile::tempdir().unwrap();
    authority.issue(&[SITE]).write(folder.path(), "shop");
    let plain = |event: Value| event["Records"][0]["cf"]["request"].clone();
    let old = old_viewer(&authority);
    for (policy, takes_old) in
        [("TLSv1.2_2018", true), ("TLSv1.2_2025", true), ("TLSv1.3_2025", false)]
    {
        let settings =
            HttpsSettings { security_policy: policy.parse().unwrap(), ..settings(folder.path()) };
        let edge = Edge::with_https(settings, document(&origin.url(), json!({})), plain).await;
        let address = edge.gateway.https_address().unwrap();
        assert_eq!(connect(address, SITE, &old).await.is_ok(), takes_old, "{policy}");
        assert!(connect(address, SITE, &trusting(&authority, &[])).await.is_ok(), "{policy}");
        edge.stop().await;
    }
}

/// A viewer that speaks TLS 1.2 only.
fn old_viewer(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
