//! A gateway with a disk cache that is restarted, killed, or has a disk that is full or cannot be
//! written. Every node is a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_testing::nats::Nats;
use served::Cluster;
use tempfile::TempDir;
use tool::{Answer, Running, SOON, ask, folder, get, get_until};

/// A NATS server, a worker, an origin, and a folder for the disk cache.
struct Site {
    cluster: Cluster,
    origin: Origin,
    dir: TempDir,
    _nats: Nats,
    _worker: Running,
}

struct Gateway {
    process: Running,
    address: String,
    admin: String,
}

/// An origin whose answers depend on the path only, as long as nobody writes.
#[derive(Clone)]
struct Origin {
    address: String,
    requests: Arc<AtomicUsize>,
    /// Is a part of each body.
    edition: Arc<AtomicUsize>,
}

impl Site {
    async fn start() -> Self {
        let nats = Nats::start().await;
        let url = nats.url();
        let worker = Running::start(&["worker", "--nats", &url, "--node", "worker-1"]);
        let (cluster, origin) = (Cluster { url }, Origin::start());
        let document = format!(
            r#"{{ "id": "shop", "origins": {{ "web": {{ "url": "http://{}" }} }},
                 "behaviors": [{{ "path": "*", "origin": "web", "methods": "all" }}] }}"#,
            origin.address
        );
        let file = folder(&[("shop.json", &document)]);
        let file = file.path().join("shop.json");
        let until = Instant::now() + SOON;
        // The worker may not be there yet.
        while !cluster.run(&["distribution", "apply", file.to_str().unwrap()]).status.success() {
            assert!(Instant::now() < until, "the distribution cannot be applied");
        }
        let dir = tempfile::tempdir().unwrap();
        Self { cluster, origin, dir, _nats: nats, _worker: worker }
    }

    /// The command line of a gateway with this folder.
    fn args(&self, dir: &Path) -> Vec<String> {
        let dir = dir.to_str().unwrap();
        let args = ["gateway", "--listen", "127.0.0.1:0", "--nats", &self.cluster.url];
        let disk = ["--node", "gateway-1", "--disk-cache-dir", dir, "--disk-cache-mb", "64"];
        args.into_iter().chain(disk).map(str::to_owned).collect()
    }

    fn gateway(&self) -> Gateway {
        Gateway::of(Running::start(&self.args(self.dir.path())))
    }

    fn invalidate(&self, path: &str) {
        self.cluster.text(&["cache", "invalidate", "shop", path]);
    }

    /// Asks for a path and checks the answer.
    fn see(&self, gateway: &Gateway, path: &str) -> Answer {
        self.origin.seen_at(&gateway.address, path)
    }
}

impl Gateway {
    fn of(mut process: Running) -> Self {
        let line = process.line(" serves http://");
        let mut addresses = line.split("http://").skip(1);
        let mut next = || addresses.next().unwrap().split([' ', ')']).next().unwrap().to_owned();
        let gateway = Self { address: next(), admin: next(), process };
        get_until(&gateway.address, "/ready-to-serve/10", |answer| answer.status == 200);
        get_until(&gateway.admin, "/ready", |answer| answer.status == 200);
        gateway
    }

    fn metric(&self, line: &str) -> f64 {
        let text = get(&self.admin, "/metrics", "").body;
        let found = text.lines().find_map(|metric| metric.strip_prefix(line));
        found.map_or(0.0, |value| value.trim().parse().unwrap())
    }

    /// Waits until the disk has so many objects.
    fn wait_objects(&self, count: f64) {
        let until = Instant::now() + SOON;
        while self.metric("brink_gateway_disk_cache_objects") < count {
            assert!(Instant::now() < until, "the disk does not get {count} objects");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Origin {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (requests, edition) = Default::default();
        let origin = Self { address, requests, edition };
        let its = origin.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let its = its.clone();
                std::thread::spawn(move || its.answer(stream));
            }
        });
        origin
    }

    /// The body of `/NAME/SIZE` has this many bytes.
    fn body(&self, path: &str) -> String {
        let size = path.rsplit('/').next().unwrap().parse().unwrap();
        let line = format!("{path} {}\n", self.edition.load(Ordering::SeqCst));
        line.chars().cycle().take(size).collect()
    }

    /// The answer of a gateway at this address, which must have this origin's body.
    fn seen_at(&self, address: &str, path: &str) -> Answer {
        let answer = get(address, path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        assert!(answer.body == self.body(path), "{path}: {}", answer.head);
        answer
    }

    fn asked(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        self.requests.fetch_add(1, Ordering::SeqCst);
        let body = self.body(first.split(' ').nth(1).unwrap_or_default());
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncache-control: max-age=3600\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

#[actix_rt::test]
async fn a_restart_keeps_the_site_and_forgets_what_became_wrong_in_between() {
    let site = Site::start().await;
    let paths: Vec<String> = (0..60).map(|n| format!("/{n}/{}", 10 + n * n * 50)).collect();
    let gateway = site.gateway();
    for path in &paths {
        site.see(&gateway, path);
    }
    let second = Running::start(&site.args(site.dir.path())).line("error:");
    assert!(second.contains("in use by another gateway"), "{second}");
    assert_eq!(gateway.process.stop("INT").0, Some(0));
    std::thread::sleep(Duration::from_secs(1));

    let gateway = site.gateway();
    let before = site.origin.asked();
    for path in &paths {
        let answer = site.see(&gateway, path);
        assert!(answer.head.contains("x-cache: hit from brink"), "{answer:?}");
        let age = answer.head.lines().find_map(|line| line.strip_prefix("age: ")).unwrap();
        assert!(age.parse::<u64>().unwrap() >= 1, "{age}");
        assert!(answer.head.contains("\r\ndate: "), "{answer:?}");
    }
    assert_eq!(site.origin.asked(), before, "the origin was asked");
    assert!(gateway.metric("brink_gateway_disk_cache_reads_total{outcome=\"hit\"}") >= 60.0);
    assert!(gateway.metric("brink_gateway_disk_cache_bytes") > 60.0);

    // A write is known after the restart as soon as its answer is there.
    assert_eq!(ask(&gateway.address, "POST", &paths[7], "content-length: 0\r\n").status, 200);
    gateway.process.kill();
    site.invalidate("/3*");
    site.origin.edition.fetch_add(1, Ordering::SeqCst);
    let gateway = site.gateway();
    let is_wrong = |path: &str| path.starts_with("/3") || path == paths[7];
    for path in &paths {
        let answer = get(&gateway.address, path, "");
        let is_new = answer.body == site.origin.body(path);
        assert_eq!(is_new, is_wrong(path), "{path} {}", answer.head);
    }
}

#[actix_rt::test]
async fn a_gateway_that_is_killed_under_load_serves_no_wrong_body_afterwards() {
    let site = Site::start().await;
    let mut from_disk = 0.0;
    for round in 0..3 {
        let gateway = site.gateway();
        let stop = Arc::new(AtomicBool::new(false));
        let viewers: Vec<_> = (0..3)
            .map(|viewer| {
                let (origin, address) = (site.origin.clone(), gateway.address.clone());
                let stop = stop.clone();
                std::thread::spawn(move || {
                    let mut n = viewer * 7_919 + round * 31;
                    while !stop.load(Ordering::SeqCst) {
                        n += 1;
                        let path = format!("/{}/{}", n % 700, (n % 700) * 97 % 60_000 + 20);
                        origin.seen_at(&address, &path);
                    }
                })
            })
            .collect();
        gateway.wait_objects(200.0);
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::SeqCst);
        from_disk += gateway.metric("brink_gateway_disk_cache_reads_total{outcome=\"hit\"}");
        for viewer in viewers {
            viewer.join().unwrap();
        }
        assert_eq!(gateway.metric("brink_gateway_disk_cache_failures_total"), 0.0);
        // Writes are still on their way.
        gateway.process.kill();
    }
    assert!(from_disk > 100.0, "{from_disk} answers came from the disk");
}

#[actix_rt::test]
async fn a_disk_that_is_full_or_read_only_fails_no_request() {
    let site = Site::start().await;
    for (options, failures) in [("size=6m", 1.0), ("ro", 1.0)] {
        // A file system of its own, which nobody else sees.
        let mount = format!("mount -t tmpfs -o {options} disk \"$0\" && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
        command.arg(site.dir.path()).arg(env!("CARGO_BIN_EXE_brink"));
        command.args(site.args(site.dir.path()));
        let gateway = Gateway::of(Running::spawn(command));
        let until = Instant::now() + SOON;
        let mut n = 0;
        while gateway.metric("brink_gateway_disk_cache_failures_total") < failures {
            assert!(Instant::now() < until, "{options}: nothing fails");
            n += 1;
            site.see(&gateway, &format!("/{options}-{n}/300000"));
        }
        for n in 0..20 {
            site.see(&gateway, &format!("/{n}/1000"));
            site.see(&gateway, &format!("/{n}/1000"));
        }
        let (code, _) = gateway.process.stop("INT");
        assert_eq!(code, Some(0));
    }
}
