//! Sends twenty thousand requests over raw sockets: valid ones in every form, ones that hide a
//! second request, broken and unfinished ones, and some to origins that break off.
//!
//! A seed determines the requests, and a failure names it. `SEED=7 REQUESTS=200000` sends other and
//! more requests. Memory and open files must not grow with the number of requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "raw_sockets/malformed.rs"]
mod malformed;
#[path = "raw_sockets/origin.rs"]
mod origin;
#[path = "raw_sockets/viewer.rs"]
mod viewer;
#[path = "raw_sockets/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_gateway::https::HttpsSettings;
use brink_testing::certificates::Authority;
use brink_testing::process::{own_open_files, own_resident_kb};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use edge::Edge;
use origin::SuiteOrigin;
use viewer::Viewer;

/// Viewers at a time.
const VIEWERS: u64 = 12;

/// After so many requests, the gateway should need no more memory.
const WARM: usize = 5_000;

/// The growth of memory that is allowed, for free memory that the allocator keeps.
const GROWTH_MAX_KB: u64 = 24 * 1024;

#[actix_rt::test]
async fn twenty_thousand_requests_of_every_kind() {
    let _alone = ALONE.lock().await;
    let origin = SuiteOrigin::start();
    let edge = Edge::start(document(&origin)).await;
    let address = edge.address();
    suite(&origin, edge, address, None, number("REQUESTS", 20_000) as usize).await;
}

/// A fifth of the requests, because each connection has a handshake.
#[actix_rt::test]
async fn the_same_over_tls() {
    let _alone = ALONE.lock().await;
    let origin = SuiteOrigin::start();
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    authority.issue(&["localhost"]).write(folder.path(), "default");
    let https = HttpsSettings {
        listen: Some(edge::LOCAL),
        certificates: Some(folder.path().to_owned()),
        ..HttpsSettings::default()
    };
    let edge = Edge::with_https(https, document(&origin), |event| event).await;
    let address = edge.gateway.https_address().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let requests = number("REQUESTS", 20_000) as usize / 5;
    suite(&origin, edge, address, Some(Arc::new(config)), requests).await;
}

fn document(origin: &SuiteOrigin) -> Value {
    let uncached = json!({"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"});
    json!({
        "id": "d",
        "origins": {"web": {"url": format!("http://127.0.0.1:{}", origin.port), "attempts": 1,
            "read_timeout": "5s"}},
        "behaviors": [
            {"path": "/kept/*", "origin": "web"},
            {"path": "/read/*", "origin": "web", "cache": uncached.clone()},
            {"path": "*", "origin": "web", "cache": uncached, "methods": "all"},
        ],
    })
}

/// One test at a time: they measure the memory and the files of the whole process.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn suite(
    origin: &SuiteOrigin,
    edge: Edge,
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    requests: usize,
) {
    let seed = number("SEED", 1);
    let started = Instant::now();
    let done = Arc::new(AtomicUsize::new(0));
    let round = |from: usize, to: usize| {
        let viewers = (0..VIEWERS).map(|number| {
            let seed = seed.wrapping_mul(1_000_003) + number + from as u64;
            let (done, rng, tls) = (done.clone(), StdRng::seed_from_u64(seed), tls.clone());
            async move {
                let mut viewer = Viewer { address, tls, rng, asked: String::new() };
                while done.load(Ordering::Relaxed) < to {
                    let made = visit(&mut viewer, seed).await;
                    done.fetch_add(made, Ordering::Relaxed);
                }
            }
        });
        join_all(viewers)
    };
    round(0, WARM.min(requests / 2)).await;
    let (files, memory) = (own_open_files(), own_resident_kb());
    round(WARM, requests).await;
    let grown = own_resident_kb().saturating_sub(memory);
    println!(
        "{} requests in {:?}: memory {memory} kB and {grown} kB more, {files} files open",
        done.load(Ordering::Relaxed),
        started.elapsed()
    );
    assert!(grown < GROWTH_MAX_KB, "{grown} kB more than {memory} kB");
    let settled = async {
        while own_open_files() > files + VIEWERS as usize {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(20), settled).await;
    assert!(settled.is_ok(), "{} files are open, {files} were", own_open_files());
    assert_eq!(origin.smuggled(), 0, "requests inside of others reached the origin");
    assert_eq!(edge.get("/alive").await.text(), "/alive");
    edge.stop().await;
}

/// Makes one connection of a random kind. Returns the number of its requests. No wait in it is
/// endless.
async fn visit(viewer: &mut Viewer, seed: u64) -> usize {
    let kind = viewer.rng.random_range(0..100);
    let visit = async {
        match kind {
            0..30 => viewer.sound().await,
            30..60 => viewer.malformed().await,
            60..75 => viewer.mutated().await,
            75..83 => viewer.leaves().await,
            83..95 => viewer.broken_origin().await,
            95..97 => viewer.slow().await,
            _ => viewer.unwanted_upload().await,
        }
    };
    let within = Duration::from_secs(30);
    let made = tokio::time::timeout(within, visit).await;
    made.unwrap_or_else(|_| panic!("a visit of kind {kind} hangs (seed {seed}): {}", viewer.asked))
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
