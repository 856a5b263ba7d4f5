//! The parts of a gateway that all its requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use brink_shared::bus::Bus;
use brink_shared::id::NodeId;

use crate::access::Clients;
use crate::access_log::AccessLog;
use crate::acme::Acme;
use crate::answered::Telling;
use crate::cache::Cache;
use crate::compression::Compressors;
use crate::https::{Https, allows_session};
use crate::invoker::Invoker;
use crate::journal_place::JournalPlace;
use crate::origin::AwsKeys;
use crate::places::Places;
use crate::routing::{Route, Routes};
use crate::shield::Shield;
use crate::viewer_headers::geo::Geo;
use crate::viewer_tls::TlsSession;

/// One gateway, seen from a request. All server threads share it.
pub struct Edge {
    /// This gateway's name; in `Via`.
    pub node: NodeId,
    /// Replaced whole when the registry changes. A request keeps the table that it began with.
    pub routes: ArcSwap<Routes>,
    /// Answers that are kept.
    pub cache: Cache,
    /// The invalidations that the cache has applied; `None` until the journal was read once.
    pub applied: watch::Sender<Option<JournalPlace>>,
    /// The gateways that shield origins; `None` if this gateway has no certificate for them.
    pub shield: Option<Arc<Shield>>,
    /// Compresses answers on their way into the cache.
    pub compressors: Compressors,
    /// The bus, whose clock says when policies of private content end.
    pub bus: Arc<dyn Bus>,
    /// The requests of clients at behaviors with a rate limit.
    pub clients: Clients,
    /// Sends events to workers.
    pub invoker: Arc<Invoker>,
    /// The database of viewers' places.
    pub geo: Arc<Geo>,
    /// HTTPS for viewers, if it is on.
    pub https: Option<Arc<Https>>,
    /// Certificates by ACME, if they are on.
    pub acme: Option<Arc<Acme>>,
    /// The credentials for buckets.
    pub aws: AwsKeys,
    /// The facts that are reported about each request.
    pub telling: Telling,
    /// The access logs.
    pub access_log: Arc<AccessLog>,
    /// The WebSockets that are open.
    pub web_sockets: Places,
    /// The gRPC calls that are open.
    pub calls: Places,
    /// Fetches that go on after the viewer who caused them has left. The gateway waits for them
    /// when it stops.
    pub fetches: TaskTracker,
}

// === impl Edge ===

impl Edge {
    /// The present time in seconds since 1970. It is the bus's, so all gateways agree, even if the
    /// clock of one is wrong.
    pub fn now_s(&self) -> u64 {
        self.bus.clock().now().0 / 1_000
    }

    /// True if a distribution's security policy allows a session. A viewer may send requests for
    /// several hosts over one connection, whose handshake followed the policy of the first one.
    pub(crate) fn allows(&self, route: &Route, session: &TlsSession) -> bool {
        let own = || self.https.as_ref().map(|https| https.certificates.policy());
        route.security_policy.or_else(own).is_none_or(|policy| allows_session(policy, session))
    }

    /// This gateway's entry in `Via`, for a message that came in this version of HTTP.
    pub fn via(&self, http_version: &str) -> String {
        format!("{http_version} {}.brink (Brink)", self.node)
    }
}
