//! Answers status requests on the bus for a gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, BusError, Message, Subscription};
use brink_shared::registry::Mirror;
use brink_shared::registry::document::KNOWN_FEATURES;
use brink_shared::status::{CertificateNames, NodeStatus, RegistryStatus, Role, bounded};
use brink_shared::subject;

use crate::edge::Edge;
use crate::routing::{Route, RoutedBehavior};

/// Most messages that wait to be read.
const CAPACITY: usize = 256;

/// Listens to the bus on behalf of one gateway.
pub(crate) struct Control {
    bus: Arc<dyn Bus>,
    edge: Arc<Edge>,
    mirror: Arc<Mirror>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    started: Instant,
    questions: Subscription,
}

// === impl Control ===

impl Control {
    /// Subscribes. `address` is for viewers, `admin` is for metrics.
    pub(crate) async fn open(
        bus: Arc<dyn Bus>,
        edge: Arc<Edge>,
        mirror: Arc<Mirror>,
        address: SocketAddr,
        admin: Option<SocketAddr>,
    ) -> Result<Self, BusError> {
        let questions = bus.subscribe(subject::STATUS, None, CAPACITY).await?;
        Ok(Self { bus, edge, mirror, address, admin, started: Instant::now(), questions })
    }

    /// Answers until `stop` or until the bus closes.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                question = self.questions.next() => match question {
                    Some(question) => self.tell_status(question).await,
                    None => return,
                },
                () = stop.cancelled() => return,
            }
        }
    }

    /// Warnings of distributions that want HTTPS, at a gateway that serves HTTP only.
    fn without_https(&self) -> Vec<String> {
        let routes = self.edge.routes.load();
        let wants_https =
            |behavior: &Arc<RoutedBehavior>| !behavior.config.viewer_protocol_policy.allows_http();
        let found = routes.all().iter().filter(|route| route.behaviors.iter().any(wants_https));
        let warned = found.map(|route| {
            let distribution = route.label();
            format!("{distribution} wants HTTPS, but this gateway has no address for it; set https.listen")
        });
        warned.collect()
    }

    /// Warnings of distributions whose origins have a shield that this gateway cannot ask.
    fn without_shield(&self) -> Vec<String> {
        let routes = self.edge.routes.load();
        let sites = |route: &Arc<Route>| {
            let label = route.label();
            let sites = route.shield_sites().into_iter().filter_map(|site| {
                let why = match &self.edge.shield {
                    None => "this gateway has no certificate to ask them; set shield.certificate",
                    Some(shield) if !shield.announcements.has(site) => "none of them is alive",
                    Some(_) => return None,
                };
                Some(format!(
                    "{label} has origins that gateways of the site {site} shield, but {why}"
                ))
            });
            sites.collect::<Vec<_>>()
        };
        routes.all().iter().flat_map(sites).collect()
    }

    fn listens(&self) -> Vec<String> {
        let https = self.edge.https.as_ref().map(|https| format!("https://{}", https.address));
        let admin = self.admin.map(|address| format!("http://{address}"));
        let http = format!("http://{}", self.address);
        let own = self.edge.shield.as_ref().and_then(|shield| shield.own());
        let shield = own.map(|own| format!("shield://{} ({})", own.address, own.site));
        [Some(http), https, shield, admin].into_iter().flatten().collect()
    }

    fn registry(&self) -> RegistryStatus {
        RegistryStatus::new(&self.mirror.snapshot(), self.mirror.is_current())
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = bounded(self.edge.routes.load().warnings().iter().map(String::as_str));
        warnings.extend(self.bus.clock().warning());
        let of_https = match &self.edge.https {
            Some(https) => https.certificates.warnings(),
            None => self.without_https(),
        };
        warnings.extend(bounded(of_https.iter().map(String::as_str)));
        warnings.extend(bounded(self.without_shield().iter().map(String::as_str)));
        warnings
    }

    async fn tell_status(&mut self, question: Message) {
        let Some(reply_to) = question.reply_to else {
            return;
        };
        let status = NodeStatus {
            node: self.edge.node.clone(),
            role: Role::Gateway,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_s: self.started.elapsed().as_secs(),
            listens: self.listens(),
            functions: Vec::new(),
            distributions: self.edge.routes.load().all().iter().map(|r| r.label()).collect(),
            features: KNOWN_FEATURES.map(str::to_owned).to_vec(),
            confinement: Vec::new(),
            interpreters: Vec::new(),
            https: self
                .edge
                .https
                .as_ref()
                .map(|https| CertificateNames::new(https.certificates.names())),
            clock: self.bus.clock().status(),
            warnings: self.warnings(),
            registry: Some(self.registry()),
        };
        let text = Bytes::from(serde_json::to_vec(&status).unwrap_or_default());
        if let Err(error) = self.bus.publish(&reply_to, None, text).await {
            tracing::warn!(%error, "cannot answer a status request");
        }
    }
}
