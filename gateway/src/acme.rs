//! Certificates by ACME (RFC 8555): gateways get them for the names of distributions and renew them.
//!
//! The gateways of a cluster share [`records`] in a bucket of the bus. Each gateway follows it
//! ([`follower`]): it installs the certificates, and answers challenges for the authority over plain
//! HTTP. One gateway, the leader, orders certificates ([`leader`], [`order`]). It holds a lease in
//! the bucket ([`lease`]); if it ends, another one takes over. [`schedule`] says when a certificate
//! is renewed, and when something that failed is tried again.
//!
//! Keys of certificates and of the account are sealed in the bucket. Only gateways have the file with
//! the key that opens them.

mod account;
mod acme_error;
mod authority_client;
mod follower;
mod key;
mod leader;
mod lease;
mod names;
mod order;
mod order_error;
mod records;
mod renewal_info;
mod schedule;
mod settings;
mod shared_records;
mod state_file;

use std::sync::Arc;

use brink_shared::bus::Bus;
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::status::AcmeStatus;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use acme_error::AcmeError;
use follower::Follower;
pub(crate) use leader::Leader;
pub(crate) use settings::Setup;
use shared_records::SharedRecords;

use crate::https::ViewerCertificates;

/// Where an authority asks for the answer to a challenge (RFC 8555, 8.3).
const CHALLENGE_PATH: &str = "/.well-known/acme-challenge/";

/// ACME of a running gateway.
#[derive(Debug)]
pub struct Acme {
    records: Arc<SharedRecords>,
    setup: Arc<Setup>,
    mirror: Arc<Mirror>,
}

// === impl Acme ===

impl Acme {
    /// Starts to follow the records. The leader is to be started when the gateway answers challenges.
    pub(crate) async fn start(
        setup: Setup,
        (bus, mirror, node): (Arc<dyn Bus>, Arc<Mirror>, NodeId),
        certificates: Arc<ViewerCertificates>,
        (tasks, stop): (&TaskTracker, &CancellationToken),
    ) -> (Arc<Self>, Leader) {
        let (setup, records) = (Arc::new(setup), Arc::new(SharedRecords::default()));
        let follower = Follower::new(setup.clone(), records.clone(), certificates);
        follower.install_saved().await;
        tasks.spawn(follower.run(bus.clone(), stop.clone()));
        let leader = Leader::new(setup.clone(), records.clone(), bus, mirror.clone(), node);
        (Arc::new(Self { records, setup, mirror }), leader)
    }

    /// The answer to a challenge, if this is the path of one that is under way.
    pub(crate) fn answer(&self, path: &str) -> Option<String> {
        self.records.challenge(path.strip_prefix(CHALLENGE_PATH)?)
    }

    /// Warnings for the operator of this gateway.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.records.problems()
    }

    /// The names, their certificates and errors, for `brink status`.
    pub(crate) fn status(&self) -> AcmeStatus {
        let wanted = names::wanted(&self.mirror.snapshot());
        self.records.status(self.setup.directory.clone(), wanted.into_keys())
    }
}
