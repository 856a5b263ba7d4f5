//! Distributions with security policies of their own, behind one address.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::{Value, json};

use crate::client::{Site, ask, connect, document};
use crate::edge::Origin;
use crate::frames::{DATA, END_HEADERS, END_STREAM, Frames, HEADERS, frame, head_for};

/// One certificate covers them all.
const NAMES: [&str; 3] = ["plain.test", "gcm.test", "strict.test"];

/// The distribution of a name. The first one has the id that the edge waits for.
fn of_name(origin: &Origin, name: &str, policy: Option<&str>) -> Value {
    let mut document = document(&origin.url(), json!({}));
    if name != "plain.test" {
        document["id"] = json!(name.strip_suffix(".test"));
    }
    document["aliases"] = json!([name]);
    if let Some(policy) = policy {
        document["viewer_certificate"] = json!({"minimum_protocol_version": policy});
    }
    document
}

/// A gateway with the usual policy, and a distribution for each name.
async fn site(origin: &Origin) -> Site {
    let site = Site::start(of_name(origin, "plain.test", None)).await;
    site.edge.apply(of_name(origin, "gcm.test", Some("TLSv1.2_2025"))).await;
    site.edge.apply(of_name(origin, "strict.test", Some("TLSv1.3_2025"))).await;
    site.authority.issue(&NAMES).write(&site.certificates(), "names");
    let (modern, old) = (viewer(&site, &TLS13, |_| true), viewer(&site, &TLS12, |_| true));
    until("the certificate is read and all distributions are served", async || {
        let reached = connect(site.address(), "gcm.test", &modern).await.is_ok();
        reached && connect(site.address(), "strict.test", &old).await.is_err()
    })
    .await;
    site
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

/// A viewer that speaks one version of TLS, with some of its ciphers.
fn viewer(
    site: &Site,
    version: &'static SupportedProtocolVersion,
    has: impl Fn(CipherSuite) -> bool,
) -> Arc<ClientConfig> {
    speaking(site, version, has, "http/1.1")
}

fn speaking(
    site: &Site,
    version: &'static SupportedProtocolVersion,
    has: impl Fn(CipherSuite) -> bool,
    protocol: &str,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(site.authority.pem().as_bytes()).unwrap()).unwrap();
    let mut provider: CryptoProvider = ring::default_provider();
    provider.cipher_suites.retain(|suite| has(suite.suite()));
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    Arc::new(config)
}

fn is_chacha(suite: CipherSuite) -> bool {
    format!("{suite:?}").contains("CHACHA20")
}

#[actix_rt::test]
async fn each_name_has_the_versions_and_ciphers_of_its_own_policy() {
    let origin = Origin::start().await;
    let site = site(&origin).await;
    let old = viewer(&site, &TLS12, |_| true);
    let chacha = viewer(&site, &TLS12, is_chacha);
    let new = viewer(&site, &TLS13, |_| true);
    let new_chacha = viewer(&site, &TLS13, is_chacha);
    for (name, expected) in [
        ("plain.test", [true, true, true, true]),
        ("gcm.test", [true, false, true, true]),
        ("strict.test", [false, false, true, true]),
        // Names are read without regard to case.
        ("STRICT.test", [false, false, true, true]),
    ] {
        for (config, accepted) in [&old, &chacha, &new, &new_chacha].into_iter().zip(expected) {
            let connected = connect(site.address(), name, config).await;
            let versions = format!("{:?}", config.crypto_provider().cipher_suites);
            assert_eq!(connected.is_ok(), accepted, "{name} {versions} {:?}", connected.err());
            if let Ok(mut stream) = connected {
                let answer = ask(&mut stream, name, "/").await;
                assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
            }
        }
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_connection_serves_other_hosts_only_if_their_policies_allow_its_session() {
    let origin = Origin::start().await;
    let site = site(&origin).await;
    let new = viewer(&site, &TLS13, |_| true);
    let chacha = viewer(&site, &TLS12, is_chacha);
    let mut to_plain = connect(site.address(), "plain.test", &new).await.unwrap();
    let mut to_strict = connect(site.address(), "strict.test", &new).await.unwrap();
    for name in NAMES {
        for stream in [&mut to_plain, &mut to_strict] {
            let answer = ask(stream, name, "/").await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
        }
    }
    let before = origin.requests.load(std::sync::atomic::Ordering::Relaxed);
    let mut weak = connect(site.address(), "plain.test", &chacha).await.unwrap();
    for name in ["gcm.test", "strict.test"] {
        let answer = ask(&mut weak, name, "/").await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{name}: {answer}");
        assert!(answer.contains("X-Cache: Error from brink"), "{answer}");
        assert!(answer.contains("needs a more secure connection"), "{answer}");
    }
    assert_eq!(origin.requests.load(std::sync::atomic::Ordering::Relaxed), before);
    // The connection goes on for the hosts that it is good enough for, until that changes.
    let answer = ask(&mut weak, "plain.test", "/").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    site.edge.apply(of_name(&origin, "plain.test", Some("TLSv1.3_2025"))).await;
    until("the new policy holds", async || {
        ask(&mut weak, "plain.test", "/").await.starts_with("HTTP/1.1 421 ")
    })
    .await;
    site.edge.stop().await;
}

#[actix_rt::test]
async fn in_http2_only_the_misdirected_stream_is_refused() {
    let origin = Origin::start().await;
    let site = site(&origin).await;
    let old = speaking(&site, &TLS12, |_| true, "h2");
    let stream = connect(site.address(), "plain.test", &old).await.unwrap();
    let mut frames = Frames::over(stream, &[]).await;
    let get = |stream: u32, host: &str| {
        frame(HEADERS, END_STREAM | END_HEADERS, stream, &head_for(host, 2, "/"))
    };
    frames.send(&[get(1, "strict.test"), get(3, "plain.test")].concat()).await.unwrap();
    let mut bodies = [String::new(), String::new()];
    while !bodies[0].contains("needs a more secure connection") || !bodies[1].contains("GET /") {
        let frame = frames.until(DATA).await.unwrap();
        let body = &mut bodies[usize::from(frame.stream == 3)];
        body.push_str(&String::from_utf8_lossy(&frame.content));
    }
    assert!(bodies[0].contains("421 ERROR"), "{bodies:?}");
    drop(frames);
    site.edge.stop().await;
}
