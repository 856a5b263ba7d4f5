//! Invalidations reach every gateway, also one that was away when they were made: behind a network
//! that was cut, frozen, or without a NATS server. Every node is a process of its own.

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
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;

use std::time::{Duration, Instant};

use brink_shared::bus::Bus;
use brink_shared::invalidation::Invalidations;
use brink_testing::nats::Nats;
use origin::counting_origin;
use proxy::Proxy;
use served::Cluster;
use tool::{Running, SOON, folder, get, get_until, signal};

/// Invalidations that the journal of these tests keeps.
const KEPT: u64 = 4;

/// Three gateways, of which the last one reaches NATS through a proxy, and a worker.
struct Edge {
    nats: Nats,
    proxy: Proxy,
    gateways: Vec<Gateway>,
    cluster: Cluster,
    _worker: Running,
}

struct Gateway {
    process: Running,
    address: String,
    admin: String,
}

impl Edge {
    async fn start() -> Self {
        let nats = Nats::start().await;
        let url = nats.url();
        let proxy = Proxy::start(url.strip_prefix("nats://").unwrap());
        let bus = nats.connect("test").await;
        Invalidations::open_keeping(bus, KEPT).await.unwrap();

        let worker = Running::start(&["worker", "--nats", &url, "--node", "worker-1"]);
        let through = format!("nats://{}", proxy.address());
        let gateways = [(1, &url), (2, &url), (3, &through)].map(|(number, url)| {
            let name = format!("gateway-{number}");
            let args = ["gateway", "--listen", "127.0.0.1:0", "--nats", url, "--node", &name];
            let mut process = Running::start(&args);
            let line = process.line(" serves http://");
            let mut addresses = line.split("http://").skip(1);
            let mut next =
                || addresses.next().unwrap().split([' ', ')']).next().unwrap().to_owned();
            Gateway { address: next(), admin: next(), process }
        });
        let cluster = Cluster { url };
        let origin = counting_origin();
        let document = format!(
            r#"{{ "id": "shop", "origins": {{ "web": {{ "url": "http://{origin}" }} }},
                 "behaviors": [{{ "path": "*", "origin": "web" }}] }}"#
        );
        let file = folder(&[("shop.json", &document)]);
        let file = file.path().join("shop.json");
        let until = Instant::now() + SOON;
        // The worker may not be there yet.
        while !cluster.run(&["distribution", "apply", file.to_str().unwrap()]).status.success() {
            assert!(Instant::now() < until, "the distribution cannot be applied");
        }
        let edge = Self { nats, proxy, gateways: gateways.into(), cluster, _worker: worker };
        for gateway in &edge.gateways {
            get_until(&gateway.address, "/", |answer| answer.status == 200);
        }
        edge
    }

    /// The body of the gateway's answer.
    fn body(&self, gateway: usize, path: &str) -> String {
        let answer = get(&self.gateways[gateway].address, path, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Makes every gateway keep the path; the answers.
    fn fill(&self, path: &str) -> Vec<String> {
        let kept = |gateway| (self.body(gateway, path), self.body(gateway, path));
        let all = (0..self.gateways.len()).map(kept);
        all.map(|(first, second)| {
            assert_eq!(first, second, "it is not kept");
            first
        })
        .collect()
    }

    fn invalidate(&self, paths: &[&str]) -> String {
        self.cluster.text(&[&["cache", "invalidate", "shop"], paths].concat())
    }

    /// Waits until all gateways have applied everything: an invalidation that means nothing is
    /// acknowledged by all of them, and numbers are applied in their order. The worker may not be
    /// back yet after a restart of NATS.
    fn settle(&self) {
        let until = Instant::now() + SOON;
        loop {
            let said = self.cluster.run(&["cache", "invalidate", "shop", "/settled"]);
            if String::from_utf8_lossy(&said.stdout).contains("3 of 3 gateways dropped") {
                return;
            }
            assert!(Instant::now() < until, "{said:?}");
        }
    }

    fn is_ready(&self, gateway: usize) -> bool {
        get(&self.gateways[gateway].admin, "/ready", "").status == 200
    }

    fn wait_ready(&self, gateway: usize, ready: bool) {
        let until = Instant::now() + SOON;
        while self.is_ready(gateway) != ready {
            assert!(Instant::now() < until, "gateway {gateway} does not become ready={ready}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

const AWAY: &str = "2 of 3 gateways dropped, 1 is away and will follow";

#[actix_rt::test]
async fn a_gateway_that_was_away_serves_nothing_stale_after_it_is_back() {
    let mut edge = Edge::start().await;
    let (first, other) = (edge.fill("/page"), edge.fill("/other"));
    let said = edge.invalidate(&["/page"]);
    assert!(said.contains("3 of 3 gateways dropped /page"), "{said}");
    let second = edge.fill("/page");
    assert!(first.iter().all(|body| !second.contains(body)), "{first:?} {second:?}");

    // The network is cut.
    edge.proxy.cut();
    edge.wait_ready(2, false);
    let said = edge.invalidate(&["/page"]);
    assert!(said.contains(&format!("{AWAY} (gateway-3): /page")), "{said}");
    assert_ne!(edge.body(0, "/page"), second[0]);
    assert_eq!(edge.body(2, "/page"), second[2], "a gateway that is away goes on serving");
    edge.proxy.mend();
    edge.wait_ready(2, true);
    let third = edge.body(2, "/page");
    assert!(!second.contains(&third), "{third} is stale");

    // The process is frozen.
    signal(edge.gateways[1].process.pid(), "STOP");
    let said = edge.invalidate(&["/p*"]);
    assert!(said.contains(&format!("{AWAY} (gateway-2)")), "{said}");
    signal(edge.gateways[1].process.pid(), "CONT");
    edge.settle();
    let fourth = edge.fill("/page");
    assert!(!fourth.contains(&third) && !fourth.contains(&second[1]), "{fourth:?}");

    // NATS is restarted between an invalidation and the return of a gateway.
    edge.proxy.cut();
    edge.wait_ready(2, false);
    edge.invalidate(&["/page"]);
    edge.nats.restart().await.unwrap();
    edge.proxy.mend();
    edge.wait_ready(2, true);
    assert!(!fourth.contains(&edge.body(2, "/page")), "stale after a restart of NATS");

    // A worker of the previous version knows of no journal.
    edge.settle();
    let fifth = edge.fill("/page");
    edge.proxy.cut();
    edge.wait_ready(2, false);
    let message = r#"{"id":"shop","paths":["/page"]}"#;
    let bus = edge.nats.connect("test").await;
    bus.publish("brink.cache.invalidate", None, message.into()).await.unwrap();
    bus.flush().await.unwrap();
    get_until(&edge.gateways[0].address, "/page", |answer| answer.body != fifth[0]);
    edge.proxy.mend();
    edge.wait_ready(2, true);
    assert_ne!(edge.body(2, "/page"), fifth[2]);

    // Nothing else was dropped in all this time.
    assert_eq!(edge.fill("/other"), other);

    // A gateway that misses more than the journal keeps drops everything.
    edge.proxy.cut();
    edge.wait_ready(2, false);
    for number in 0..=KEPT {
        let said = edge.invalidate(&[&format!("/nothing/{number}")]);
        assert!(said.contains(AWAY), "{said}");
    }
    edge.proxy.mend();
    edge.wait_ready(2, true);
    assert_eq!(edge.body(0, "/other"), other[0]);
    assert_ne!(edge.body(2, "/other"), other[2]);

    // One that stops in order is no gateway any more.
    let (code, _) = edge.gateways.pop().unwrap().process.stop("TERM");
    assert_eq!(code, Some(0));
    let said = edge.invalidate(&["/page"]);
    assert!(said.contains("1 of 2 gateways") || said.contains("2 of 2 gateways"), "{said}");
}
