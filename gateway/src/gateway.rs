//! One gateway: routes that follow the registry, the server, and the tasks that listen on the bus.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use brink_shared::bus::{Bus, BusError};
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::registry::distribution::viewer_header::ViewerHeader;

use crate::access::Clients;
use crate::access_log::{AccessLog, AccessLogSettings, AccessLogStartError};
use crate::acme::{Acme, AcmeError, Setup};
use crate::answered::Telling;
use crate::cache::Cache;
use crate::cache::disk::{DiskCacheError, DiskCacheSettings};
use crate::compression::Compressors;
use crate::control::Control;
use crate::edge::Edge;
use crate::http3::{Http3, Http3Parts};
use crate::https::{Https, HttpsError, HttpsSettings, HttpsSockets};
use crate::invalidations::Follower;
use crate::invoker::Invoker;
use crate::origin::{AwsKeys, OriginTls};
use crate::places::Places;
use crate::proxy_protocol::ProxyProtocolSettings;
use crate::routing::Routes;
use crate::server::{self, DRAIN_S, Listeners};
use crate::shield::Shield;
use crate::shield::settings::{self, ShieldError, ShieldSettings};
use crate::viewer_headers::geo::{Geo, GeoError, GeoFiles};

/// Bytes of answers that are kept where nothing else is configured.
pub const CACHE_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;

/// Time for queueing and a cold start, beyond a function's own timeout. The worker enforces the timeout
/// itself; this bounds the wait for a silent worker.
pub const START_ALLOWANCE_DEFAULT: Duration = Duration::from_secs(5);

/// How long gRPC calls may go on when the gateway stops. The rest of the drain is for their last
/// bytes.
const CALLS_END_WITHIN: Duration = Duration::from_secs(DRAIN_S - 5);

/// How often the cache does its housekeeping.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// The parts and settings of a gateway.
pub struct GatewayOptions {
    /// Its name.
    pub node: NodeId,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The registry as this node knows it; the caller makes it follow.
    pub mirror: Arc<Mirror>,
    /// Address for viewers; port 0 takes a free one.
    pub listen: SocketAddr,
    /// HTTPS for viewers; off without an address.
    pub https: HttpsSettings,
    /// The load balancers that tell the addresses of viewers.
    pub proxy_protocol: ProxyProtocolSettings,
    /// Bytes of answers that are kept in memory.
    pub cache_bytes: u64,
    /// Where answers are kept over a restart. The bus must then keep the journal of invalidations
    /// over the restart too.
    pub disk_cache: DiskCacheSettings,
    /// The lowest rate, in bytes a second, at which viewers may read an answer or send a body. A
    /// viewer that is slower for about a minute is cut off. With 0, only a viewer that stands still
    /// for a minute is cut off.
    pub min_rate: u32,
    /// Threads that serve viewers; `None` means one per core.
    pub threads: Option<usize>,
    /// Address of its process for metrics, for `brink status`.
    pub admin: Option<SocketAddr>,
    /// Databases of viewers' places.
    pub geo: GeoFiles,
    /// How long the gateway waits for a function beyond its timeout.
    pub start_allowance: Duration,
    /// The facts that are reported about each request.
    pub telling: Telling,
    /// Where access logs go.
    pub access_log: AccessLogSettings,
    /// The gateway's own identity at origins.
    pub identity: OriginIdentity,
    /// How it asks and answers other gateways.
    pub shield: ShieldSettings,
}

/// With what a gateway proves to origins who it is.
#[derive(Debug, Default)]
pub struct OriginIdentity {
    /// A folder of client certificates for TLS, `NAME.crt` with `NAME.key`.
    pub client_certificates: Option<PathBuf>,
    /// The credentials for buckets.
    pub aws: AwsKeys,
}

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    edge: Arc<Edge>,
    server: ServerHandle,
    http3: Option<Http3>,
    caught_up: watch::Receiver<bool>,
    tasks: TaskTracker,
    /// Cancelled when the gateway no longer orders certificates by ACME: it would not be there to
    /// answer challenges.
    leads: CancellationToken,
    stop: CancellationToken,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bus reports an error.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The origin client cannot be made.
    #[error("cannot prepare TLS for origins: {0}")]
    Tls(String),
    /// The system allows no further threads.
    #[error("cannot start a thread to compress answers: {0}")]
    Threads(std::io::Error),
    /// A database cannot be used.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// The access log cannot be written.
    #[error(transparent)]
    AccessLog(#[from] AccessLogStartError),
    /// It cannot ask or answer other gateways.
    #[error(transparent)]
    Shield(#[from] ShieldError),
    /// HTTPS cannot be served.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// Certificates by ACME cannot be got.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// The disk cache is not possible as it is set up.
    #[error(transparent)]
    DiskCache(#[from] DiskCacheError),
}

// === impl Gateway ===

impl Gateway {
    /// Starts serving. Must run in an actix system, and ends with it.
    pub async fn start(options: GatewayOptions) -> Result<Self, GatewayError> {
        let GatewayOptions {
            node,
            bus,
            mirror,
            listen,
            https,
            proxy_protocol,
            cache_bytes,
            disk_cache,
            min_rate,
            threads,
            admin,
            geo,
            start_allowance,
            telling,
            access_log,
            identity,
            shield,
        } = options;
        let in_tls = |error: rustls::Error| GatewayError::Tls(error.to_string());
        let tls = OriginTls::system().map_err(in_tls)?;
        let mut tls = tls.with_client_certificates(identity.client_certificates);
        let (mut shields, mut shield_listener) = (None, None);
        if let Some((shield, identity, listener)) = Shield::open(&shield, &node)? {
            let settings::Identity { authorities, chain, key } = identity;
            tls = tls.with_gateways(authorities, chain, key).map_err(ShieldError::Tls)?;
            (shields, shield_listener) = (Some(shield), listener);
        }
        let access_log = AccessLog::start(&access_log, bus.clone(), node.as_str()).await?;
        let setup = Setup::read(&https.acme)?;
        let https = Https::open(&https)?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        // If the gateway cannot start, its tasks end.
        let started = stop.clone().drop_guard();
        let acme = match (setup, &https) {
            (None, _) => None,
            (Some(_), None) => return Err(AcmeError::NoHttps.into()),
            (Some(setup), Some((_, https))) => {
                let around = (bus.clone(), mirror.clone(), node.clone());
                let certificates = https.certificates.clone();
                Some(Acme::start(setup, around, certificates, (&tasks, &stop)).await)
            }
        };
        let (acme, leader) = acme.unzip();
        let edge = Arc::new(Edge {
            node,
            https: https.as_ref().map(|(_, https)| https.clone()),
            acme,
            routes: ArcSwap::from_pointee(Routes::new(&mirror.snapshot())),
            cache: Cache::with_disk(cache_bytes, &disk_cache)?,
            applied: watch::Sender::new(None),
            shield: shields,
            compressors: Compressors::start().map_err(GatewayError::Threads)?,
            bus: bus.clone(),
            clients: Clients::default(),
            invoker: Invoker::start(bus.clone(), start_allowance).await?,
            geo: Arc::new(Geo::open(&geo)?),
            aws: identity.aws,
            telling,
            access_log,
            web_sockets: Places::for_web_sockets(),
            calls: Places::for_calls(),
            fetches: TaskTracker::new(),
        });
        let at = |source| GatewayError::Listen { address: listen, source };
        let listener = server::open(listen).map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        tasks.spawn(edge.geo.clone().follow(stop.clone()));
        tasks.spawn(keep_house(edge.clone(), stop.clone()));
        tasks.spawn(follow_routes(edge.clone(), mirror.clone(), stop.clone()));
        let follower = Follower::open(bus.clone(), edge.clone()).await?;
        let caught_up = follower.caught_up();
        tasks.spawn(follower.run(stop.clone()));
        if let Some(shield) = &edge.shield {
            tasks.spawn(shield.clone().run(bus.clone(), stop.clone()).await?);
        }
        let control = Control::open(bus, edge.clone(), mirror, address, admin).await?;
        tasks.spawn(control.run(stop.clone()));
        if let Some(https) = &edge.https {
            tasks.spawn(https.certificates.clone().follow(stop.clone()));
        }
        let (mut secure, mut http3) = (None, None);
        if let Some((HttpsSockets { tcp, udp }, https)) = https {
            secure = Some((tcp, https.certificates.clone()));
            let parts = || Http3Parts {
                edge: edge.clone(),
                origins: tls.clone(),
                certificates: https.certificates.clone(),
                threads,
                min_rate,
                proxies: proxy_protocol.clone(),
            };
            let started = udp.map(|socket| Http3::start(socket, parts())).transpose();
            let address = https.address;
            http3 = started.map_err(|source| HttpsError::ListenUdp { address, source })?;
        }
        let listeners = Listeners { http: listener, https: secure, shield: shield_listener };
        let running =
            server::serve(listeners, edge.clone(), tls, threads, min_rate, proxy_protocol)
                .map_err(at)?;
        let server = running.handle();
        tasks.spawn_local(async move {
            if let Err(error) = running.await {
                tracing::error!(%error, "the server ended");
            }
        });
        let leads = stop.child_token();
        if let Some(leader) = leader {
            tasks.spawn(leader.run(leads.clone()));
        }
        started.disarm();
        Ok(Self { address, edge, server, http3, caught_up, tasks, leads, stop })
    }

    /// The address for viewers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for HTTPS, if it is on.
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.edge.https.as_ref().map(|https| https.address)
    }

    /// True if it speaks HTTP/3 at the address for HTTPS.
    pub fn speaks_http3(&self) -> bool {
        self.http3.is_some()
    }

    /// The address for other gateways, if it shields origins.
    pub fn shield_address(&self) -> Option<SocketAddr> {
        self.edge.shield.as_ref().and_then(|shield| shield.listens())
    }

    /// Whether it has applied all invalidations that it knows of, and has a connection to the bus
    /// to hear of more.
    pub fn caught_up(&self) -> watch::Receiver<bool> {
        self.caught_up.clone()
    }

    /// Takes no new connections, finishes running requests, ends WebSockets at once and gRPC calls
    /// in time, and stops.
    pub async fn stop(self) {
        self.leads.cancel();
        if let Some(shield) = &self.edge.shield {
            shield.leave();
        }
        self.edge.web_sockets.stop();
        let end_calls = async {
            tokio::time::sleep(CALLS_END_WITHIN).await;
            self.edge.calls.stop();
            std::future::pending::<()>().await;
        };
        let http3 = async {
            if let Some(http3) = self.http3 {
                http3.stop().await;
            }
        };
        let stopped = async { tokio::join!(self.server.stop(true), http3) };
        tokio::select! {
            _ = stopped => {}
            () = end_calls => {}
        }
        self.edge.fetches.close();
        let fetched = self.edge.fetches.wait();
        if tokio::time::timeout(Duration::from_secs(DRAIN_S), fetched).await.is_err() {
            tracing::warn!(
                "the gateway stops while fetches are running; their answers are not stored"
            );
        }
        self.stop.cancel();
        self.edge.cache.stop().await;
        self.edge.access_log.stop().await;
        self.edge.invoker.stop().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Lets the cache do its housekeeping.
async fn keep_house(edge: Arc<Edge>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        edge.cache.keep_house();
    }
}

/// Replaces the routes whenever the registry changes.
async fn follow_routes(edge: Arc<Edge>, mirror: Arc<Mirror>, stop: CancellationToken) {
    let mut changes = mirror.changes();
    let mut warned = HashSet::new();
    loop {
        let snapshot = changes.borrow_and_update().clone();
        let routes = Routes::new(&snapshot);
        warn_of_missing_databases(&routes, &edge.geo, &mut warned);
        edge.routes.store(Arc::new(routes));
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
    }
}

/// Warns once for every revision that uses headers whose database is missing.
fn warn_of_missing_databases(
    routes: &Routes,
    geo: &Geo,
    warned: &mut HashSet<(String, &'static str)>,
) {
    // The headers of older revisions no longer matter.
    warned.retain(|(label, _)| routes.all().iter().any(|route| route.label() == *label));
    for route in routes.all() {
        let restricted = route.geo_restriction.as_ref();
        if let Some(setting) = restricted.and_then(|_| geo.lacks(ViewerHeader::Country))
            && warned.insert((route.label(), setting))
        {
            tracing::error!(
                distribution = route.label(),
                setting,
                "geo_restriction needs a database; viewers get 503 until the setting names one"
            );
        }
        let asked = route.behaviors.iter().flat_map(|behavior| &behavior.viewer_headers);
        let missing = asked.filter_map(|header| Some((header.name(), geo.lacks(*header)?)));
        for (header, setting) in missing {
            let distribution = route.label();
            if warned.insert((distribution.clone(), setting)) {
                tracing::warn!(
                    distribution,
                    header,
                    setting,
                    "a behavior uses a header that needs a database; the header is missing until \
                     the setting names one"
                );
            }
        }
    }
}
