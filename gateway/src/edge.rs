//! What every request at this gateway shares.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_util::task::TaskTracker;

use brink_shared::id::NodeId;

use crate::answered::Telling;
use crate::cache::Cache;
use crate::invoker::Invoker;
use crate::routing::Routes;
use crate::viewer_headers::geo::Geo;
use crate::web_sockets::WebSockets;

/// One gateway, seen from a request. All server threads share it.
pub struct Edge {
    /// This gateway's name; in `Via`.
    pub node: NodeId,
    /// Swapped whole when the registry changes; a request keeps the table it began with.
    pub routes: ArcSwap<Routes>,
    /// Answers that are kept.
    pub cache: Cache,
    /// Sends events to workers.
    pub invoker: Arc<Invoker>,
    /// Where viewers are.
    pub geo: Arc<Geo>,
    /// What is told of each request.
    pub telling: Telling,
    /// The WebSockets that are open.
    pub web_sockets: WebSockets,
    /// Fetches that outlive the viewer who caused them. Waited for when the gateway stops.
    pub fetches: TaskTracker,
}

// === impl Edge ===

impl Edge {
    /// Our entry in `Via`, for a message that came in this version of HTTP.
    pub fn via(&self, http_version: &str) -> String {
        format!("{http_version} {}.brink (Brink)", self.node)
    }
}
