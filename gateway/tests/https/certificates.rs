//! Which certificate a viewer gets, and what happens when the files change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use brink_gateway::{Gateway, GatewayError, GatewayOptions};
use brink_shared::bus::EmbeddedBus;
use brink_shared::registry::Mirror;

use crate::client::{SITE, Site, connect, document, exchange, settings, trusting};
use crate::edge::{LOCAL, Origin};

/// The names for which a connection gets a valid certificate.
async fn is_valid_for(site: &Site, name: &str, config: &Arc<ClientConfig>) -> Result<(), String> {
    connect(site.address(), name, config).await.map(drop).map_err(|error| error.to_string())
}

#[actix_rt::test]
async fn a_name_gets_its_own_certificate_or_a_wildcards_or_the_default() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), serde_json::json!({}))).await;
    let config = trusting(&site.authority, &[]);
    assert_eq!(is_valid_for(&site, SITE, &config).await, Ok(()));
    assert_eq!(is_valid_for(&site, "SHOP.test", &config).await, Ok(()));
    assert_eq!(is_valid_for(&site, "default.test", &config).await, Ok(()));
    // The default is for other names, and the viewer sees that it is not for this one.
    let error = is_valid_for(&site, "a.shop.test", &config).await.unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
    site.authority.issue(&["*.shop.test", "a.example"]).write(&site.certificates(), "wildcard");
    until("the wildcard is read", async || {
        is_valid_for(&site, "a.shop.test", &config).await.is_ok()
    })
    .await;
    assert_eq!(is_valid_for(&site, "A.example", &config).await, Ok(()));
    assert_eq!(is_valid_for(&site, SITE, &config).await, Ok(()));
    assert!(is_valid_for(&site, "b.a.shop.test", &config).await.is_err());
    // Without a default, a viewer of another name gets none at all.
    std::fs::remove_file(site.certificates().join("default.pem")).unwrap();
    until("the default is gone", async || {
        let error = is_valid_for(&site, "b.test", &config).await.unwrap_err();
        error.to_lowercase().contains("access") || error.to_lowercase().contains("alert")
    })
    .await;
    assert_eq!(is_valid_for(&site, SITE, &config).await, Ok(()));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn certificates_change_under_load_with_no_failed_handshake() {
    let origin = Origin::start().await;
    let site = Arc::new(Site::start(document(&origin.url(), serde_json::json!({}))).await);
    let mut kept = site.connect().await;
    exchange(&mut kept, "/kept").await;
    let (made, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let load = (0..4).map(|_| {
        let (site, made, stop) = (site.clone(), made.clone(), stop.clone());
        actix_rt::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // A new configuration has no ticket, so each handshake shows the certificate.
                let answer = exchange(&mut site.connect().await, "/").await;
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                made.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let load: Vec<_> = load.collect();
    let shown = async || {
        let stream = site.connect().await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let before = shown().await;
    site.authority.issue(&[SITE]).write(&site.certificates(), "shop");
    until("the new certificate is served", async || shown().await != before).await;
    // A key that belongs to another certificate.
    let good = shown().await;
    let chain = site.certificates().join("shop.pem");
    std::fs::write(&chain, site.authority.issue(&[SITE]).chain).unwrap();
    let read_again = Duration::from_millis(2_500);
    tokio::time::sleep(read_again).await;
    assert_eq!(shown().await, good);
    site.authority.issue(&[SITE]).write(&site.certificates(), "shop");
    until("the next certificate is served", async || shown().await != good).await;
    stop.store(true, Ordering::Relaxed);
    for viewer in load {
        viewer.await.unwrap();
    }
    assert!(made.load(Ordering::Relaxed) > 20, "{made:?}");
    let answer = exchange(&mut kept, "/kept").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Arc::into_inner(site).unwrap().edge.stop().await;
}

#[actix_rt::test]
async fn a_gateway_with_a_bad_certificate_does_not_start_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let bus = EmbeddedBus::new();
        let started = Gateway::start(GatewayOptions {
            node: "g".parse().unwrap(),
            bus,
            mirror: Mirror::open(None).unwrap(),
            listen: LOCAL,
            https: settings(folder.path()),
            proxy_protocol: Default::default(),
            cache_bytes: 1 << 20,
            min_rate: 1024,
            threads: Some(1),
            admin: None,
            geo: Default::default(),
            start_allowance: brink_gateway::gateway::START_ALLOWANCE_DEFAULT,
            telling: Default::default(),
            access_log: Default::default(),
            identity: Default::default(),
            shield: Default::default(),
        });
        match started.await {
            Err(GatewayError::Https(error)) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it started"),
        }
    };
    assert!(start().await.contains("there is no certificate in"));
    let authority = brink_testing::certificates::Authority::new();
    let (one, two) = (authority.issue(&[SITE]), authority.issue(&[SITE]));
    std::fs::write(folder.path().join("shop.pem"), &one.chain).unwrap();
    let error = start().await;
    assert!(error.contains("its key is missing: put it into") && error.contains("shop.key"));
    std::fs::write(folder.path().join("shop.key"), &two.key).unwrap();
    let error = start().await;
    assert!(error.contains("shop.pem") && error.contains("shop.key"), "{error}");
    std::fs::write(folder.path().join("shop.key"), "no key").unwrap();
    assert!(start().await.contains("no private key"));
}

/// Waits until this is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
