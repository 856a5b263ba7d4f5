//! What do TLS, HTTP/2, HTTP/3 and access logs cost? Brink beside nginx, on one machine.
//!
//! `cargo bench -p brink-gateway --bench viewers` prints, for each server and version of HTTP, new
//! connections per second (each with a handshake and one request), requests per second, and the
//! memory of an idle connection. An object of 1 KiB is asked for. Brink has it in its cache, nginx
//! in a file that it keeps open. Each figure is the median of rounds in alternation, and the ratio
//! of the last column is to Brink's plain HTTP/1.1.
//!
//! `BRINK_OTHER=PATH` adds another build of `brink` over plain HTTP/1.1. The client for HTTP/3 is
//! this program's own, and the one for the other versions is h2load, which costs less. Quote ratios of
//! one run on a quiet machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "viewers/clients.rs"]
mod clients;
#[path = "viewers/servers.rs"]
mod servers;

use std::time::Duration;

use clients::{Client, h2load};
use servers::Site;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

/// Connections that stay open for the figure of memory.
const IDLE: usize = 500;

/// A version of HTTP, with or without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Plain,
    Tls,
    Http2,
    Http3,
}

/// A row of the table.
struct Row {
    name: String,
    server: usize,
    version: Version,
    host: &'static str,
    new_connections: Vec<f64>,
    requests: Vec<f64>,
    idle_kb: f64,
}

// === impl Version ===

impl Version {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "HTTP/1.1",
            Self::Tls => "HTTP/1.1, TLS",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }
}

fn main() {
    // Only `cargo bench` says this; `cargo test` builds benches too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let site = Site::start().await;
    let mut servers = vec![site.brink().await, site.nginx().await];
    let mut rows = Vec::new();
    let mut row = |server: usize, name: &str, version: Version, host| {
        rows.push(Row {
            name: format!("{name}, {}", version.name()),
            server,
            version,
            host,
            new_connections: Vec::new(),
            requests: Vec::new(),
            idle_kb: 0.0,
        });
    };
    for version in [Version::Plain, Version::Tls, Version::Http2, Version::Http3] {
        row(0, "brink", version, servers::PLAIN);
    }
    row(0, "brink with access logs", Version::Plain, servers::LOGGED);
    for version in [Version::Plain, Version::Tls, Version::Http2] {
        row(1, "nginx", version, servers::PLAIN);
    }
    if let Some(program) = std::env::var_os("BRINK_OTHER") {
        row(servers.len(), "the other brink", Version::Plain, servers::PLAIN);
        servers.push(site.other(program.into()).await);
    }
    for row in &mut rows {
        row.idle_kb = idle(&site, row).await;
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let server = &servers[row.server];
            let client = Client::new(&site.authority, server, row.version, row.host);
            row.new_connections.push(client.new_connections(ROUND).await);
            row.requests.push(match row.version {
                Version::Http3 => client.requests(ROUND).await,
                version => h2load(server, version, row.host, ROUND).await,
            });
        }
    }
    print(&rows);
    for server in servers {
        server.stop().await;
    }
}

/// Memory of an idle connection at a server that has had no others, in kB.
async fn idle(site: &Site, row: &Row) -> f64 {
    let server = match row.server {
        0 => site.brink().await,
        1 => site.nginx().await,
        _ => return f64::NAN,
    };
    let client = Client::new(&site.authority, &server, row.version, row.host);
    // The first connections make what is made once.
    drop(client.idle(20).await);
    let before = server.resident_kb();
    let connections = client.idle(IDLE).await;
    let taken = server.resident_kb() - before;
    drop(connections);
    server.stop().await;
    taken / IDLE as f64
}

fn print(rows: &[Row]) {
    let base = median(&rows[0].requests);
    println!("| server | connections/s | requests/s | kB for an idle one | requests, ratio |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for row in rows {
        let requests = median(&row.requests);
        println!(
            "| {} | {:.0} | {requests:.0} | {:.1} | {:.2} |",
            row.name,
            median(&row.new_connections),
            row.idle_kb,
            requests / base
        );
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
