//! Shields that die, stand still, or miss an invalidation, while viewers ask another gateway. Every
//! gateway is a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/origin.rs"]
mod origin;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/tool.rs"]
mod tool;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use brink_shared::admin::Invalidate;
use brink_shared::bus::NatsBus;
use brink_shared::invalidation::Invalidations;
use brink_shared::registry::{Distribution, Store};
use brink_testing::certificates::Authority;
use brink_testing::nats::Nats;
use proxy::Proxy;
use serde_json::json;
use tempfile::TempDir;
use tool::{Answer, Running, SOON, get, get_until, signal};

/// The time that a busy machine and a debug build may add to a promised one.
const SLACK: Duration = Duration::from_secs(2);

/// A shield that takes no question in this time is left out.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// A silent shield is lost after this time.
const LOST_WITHIN: Duration = Duration::from_millis(3_500);

struct Cluster {
    nats: Nats,
    bus: Arc<NatsBus>,
    folder: TempDir,
}

/// A gateway, where it serves, and where its metrics are.
struct Gateway {
    process: Running,
    address: String,
    admin: String,
}

// === impl Cluster ===

impl Cluster {
    async fn start(origin: &str) -> Self {
        let nats = Nats::start().await;
        let bus = nats.connect("test").await;
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        authority.issue(&["shield.brink.internal"]).write(folder.path(), "gateway");
        let web = json!({ "url": format!("http://{origin}"), "origin_shield": { "site": "fra" } });
        let document = json!({
            "id": "shop",
            "origins": { "web": web },
            "behaviors": [{ "path": "*", "origin": "web" }],
        });
        let document: Distribution = serde_json::from_value(document).unwrap();
        Store::open(bus.clone()).await.unwrap().apply(&document, None).await.unwrap();
        Self { nats, bus, folder }
    }

    /// Starts a gateway, which shields the origins of `site`.
    fn gateway(&self, name: &str, site: Option<&str>, nats: &str) -> Gateway {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let (certificate, key) = (file("gateway.pem"), file("gateway.key"));
        let authority = file("authority.pem");
        let mut variables = vec![
            ("BRINK_SHIELD__CERTIFICATE", certificate.as_str()),
            ("BRINK_SHIELD__KEY", &key),
            ("BRINK_SHIELD__AUTHORITY", &authority),
        ];
        if let Some(site) = site {
            variables.push(("BRINK_SHIELD__SITE", site));
            variables.push(("BRINK_SHIELD__LISTEN", "127.0.0.1:0"));
        }
        let args = ["gateway", "--nats", nats, "--node", name, "--listen", "127.0.0.1:0"];
        let mut process = Running::start_with(&args, &variables);
        let serves = process.line(" serves http://");
        let part = |after: &str, end: char| {
            let rest = serves.split(after).nth(1).unwrap();
            rest.split(end).next().unwrap().to_owned()
        };
        let (address, admin) = (part(" serves http://", ' '), part("(admin http://", ')'));
        Gateway { process, address, admin }
    }

    fn url(&self) -> String {
        self.nats.url()
    }
}

// === impl Gateway ===

impl Gateway {
    /// Waits until an object that nobody has comes from a shield.
    fn wait_shielded(&self, by: &str) {
        let number = AtomicUsize::new(0);
        let path = || format!("/first/{by}/{}", number.fetch_add(1, Ordering::Relaxed));
        let until = Instant::now() + SOON;
        while get(&self.address, &path(), "").body != by {
            assert!(Instant::now() < until, "{by} shields nothing");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A counter of its metrics.
    fn counted(&self, line: &str) -> u64 {
        let metrics = get(&self.admin, "/metrics", "").body;
        let found = metrics.lines().find_map(|text| text.strip_prefix(line));
        found.map_or(0, |number| number.trim().parse().unwrap())
    }
}

/// The object of the path `/film`, of which the origin sends 64 KiB each tenth of a second.
fn film() -> String {
    (0..400_000).map(|n| format!("{n:07}\n")).collect()
}

/// Sends the film, or the rest of it from this byte on.
fn show(mut stream: TcpStream, from: Option<usize>) -> std::io::Result<()> {
    let film = film();
    let rest = &film[from.unwrap_or_default()..];
    let (status, range) = match from {
        None => ("200 OK", String::new()),
        Some(from) => {
            let (last, total) = (film.len() - 1, film.len());
            ("206 Partial Content", format!("content-range: bytes {from}-{last}/{total}\r\n"))
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncache-control: max-age=60\r\netag: \"film\"\r\n{range}\
         content-length: {}\r\nconnection: close\r\n\r\n",
        rest.len()
    )?;
    for piece in rest.as_bytes().chunks(64 * 1024) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// An origin whose answers name the gateway that asked. A path with `slow` takes two seconds.
fn naming_origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .map(|line| line.to_ascii_lowercase())
                    .collect();
                if head.first().is_some_and(|line| line.contains("/film")) {
                    let range = head.iter().find_map(|line| line.strip_prefix("range: bytes="));
                    let from = range.and_then(|range| range.split('-').next()?.parse().ok());
                    let _ = show(stream, from);
                    return;
                }
                if head.first().is_some_and(|line| line.contains("slow")) {
                    std::thread::sleep(Duration::from_secs(2));
                }
                let via = head.iter().find_map(|line| line.strip_prefix("via: 1.1 "));
                let name = via.and_then(|via| via.split('.').next()).unwrap_or("nobody");
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{name}",
                    name.len()
                );
            });
        }
    });
    address
}

/// A viewer's request on a thread of its own, and how long it took.
fn viewer(address: &str, path: String) -> JoinHandle<(Answer, Duration)> {
    let address = address.to_owned();
    std::thread::spawn(move || {
        let began = Instant::now();
        let answer = get(&address, &path, "");
        (answer, began.elapsed())
    })
}

#[actix_rt::test]
async fn no_viewer_notices_that_a_shield_was_killed() {
    let cluster = Cluster::start(&naming_origin()).await;
    let url = cluster.url();
    let shields = ["fra-1", "fra-2"].map(|name| cluster.gateway(name, Some("fra"), &url));
    let edge = cluster.gateway("iad-1", None, &url);
    for shield in ["fra-1", "fra-2"] {
        edge.wait_shielded(shield);
    }
    // Some of these are at the origin, through the shield that is about to die.
    let slow: Vec<_> = (0..8).map(|n| viewer(&edge.address, format!("/slow/{n}"))).collect();
    std::thread::sleep(Duration::from_millis(700));
    let [first, second] = shields;
    first.process.kill();
    let later: Vec<_> = (0..40)
        .map(|n| {
            std::thread::sleep(Duration::from_millis(20));
            viewer(&edge.address, format!("/later/{n}"))
        })
        .collect();
    for viewer in slow {
        let (answer, took) = viewer.join().unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body, "fra-2");
        assert!(took < Duration::from_secs(4) + SLACK, "{took:?}");
    }
    for viewer in later {
        let (answer, took) = viewer.join().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "fra-2"), "{answer:?}");
        assert!(took < TAKEN_WITHIN + SLACK, "{took:?}");
    }
    second.process.interrupt();
    edge.process.interrupt();
}

#[actix_rt::test]
async fn a_shield_that_stands_still_is_left_out_and_used_again_later() {
    let cluster = Cluster::start(&naming_origin()).await;
    let url = cluster.url();
    let shield = cluster.gateway("fra-1", Some("fra"), &url);
    let edge = cluster.gateway("iad-1", None, &url);
    edge.wait_shielded("fra-1");
    let slow: Vec<_> = (0..4).map(|n| viewer(&edge.address, format!("/slow/{n}"))).collect();
    std::thread::sleep(Duration::from_millis(700));
    signal(shield.process.pid(), "STOP");
    let (answer, took) = viewer(&edge.address, "/now".to_owned()).join().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "iad-1"), "{answer:?}");
    assert!(took < TAKEN_WITHIN + SLACK, "{took:?}");
    // The others do not try it again.
    let (answer, took) = viewer(&edge.address, "/next".to_owned()).join().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "iad-1"), "{answer:?}");
    assert!(took < SLACK, "{took:?}");
    for viewer in slow {
        let (answer, took) = viewer.join().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "iad-1"), "{answer:?}");
        let most = LOST_WITHIN + Duration::from_millis(2_700);
        assert!(took < most + SLACK, "{took:?}");
    }
    signal(shield.process.pid(), "CONT");
    edge.wait_shielded("fra-1");
    shield.process.interrupt();
    edge.process.interrupt();
}

#[actix_rt::test]
async fn a_body_goes_on_when_its_shield_dies_or_stands_still() {
    let cluster = Cluster::start(&naming_origin()).await;
    let url = cluster.url();
    let edge = cluster.gateway("iad-1", None, &url);
    for (name, signal_name) in [("fra-1", "KILL"), ("fra-2", "STOP")] {
        let shield = cluster.gateway(name, Some("fra"), &url);
        edge.wait_shielded(name);
        let watching = viewer(&edge.address, format!("/film/{name}"));
        std::thread::sleep(Duration::from_millis(1_500));
        signal(shield.process.pid(), signal_name);
        let (answer, _) = watching.join().unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.body == film(), "{signal_name}: {} bytes came", answer.body.len());
        shield.process.kill();
        std::thread::sleep(LOST_WITHIN);
    }
    edge.process.interrupt();
}

#[actix_rt::test]
async fn no_gateway_gets_an_object_back_that_it_has_invalidated() {
    let cluster = Cluster::start(&origin::counting_origin()).await;
    let proxy = Proxy::start(cluster.url().strip_prefix("nats://").unwrap());
    let near = format!("nats://{}", proxy.address());
    let shield = cluster.gateway("fra-1", Some("fra"), &near);
    let edge = cluster.gateway("iad-1", None, &cluster.url());
    get_until(&edge.address, "/", |answer| answer.status == 200);
    let answered = "brink_gateway_shield_questions_total{outcome=\"answered\"}";
    let until = Instant::now() + SOON;
    for number in 0.. {
        get(&edge.address, &format!("/wait/{number}"), "");
        if edge.counted(answered) > 0 {
            break;
        }
        assert!(Instant::now() < until, "no shield answers");
        std::thread::sleep(Duration::from_millis(100));
    }
    let old = get(&edge.address, "/page", "").body;
    assert_eq!(get(&shield.address, "/page", "").body, old, "the shield has it too");

    // The shield hears no more of the bus, but the others still count it as alive.
    proxy.cut();
    let unanswered = "brink_gateway_shield_questions_total{outcome=\"unanswered\"}";
    let before = edge.counted(unanswered);
    let invalidations = Invalidations::open(cluster.bus.clone()).await.unwrap();
    let all = Invalidate { id: "shop".parse().unwrap(), paths: vec!["/*".to_owned()] };
    invalidations.add(&all).await.unwrap();
    let new = get_until(&edge.address, "/page", |answer| answer.body != old).body;
    assert!(edge.counted(unanswered) > before, "the shield was asked and refused");
    assert_eq!(get(&edge.address, "/page", "").body, new);

    proxy.mend();
    get_until(&shield.address, "/page", |answer| answer.body != old);
    assert_eq!(get(&edge.address, "/page", "").body, new);
    shield.process.interrupt();
    edge.process.interrupt();
}
