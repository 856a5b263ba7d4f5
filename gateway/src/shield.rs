//! Origin shield: gateways ask each other before they ask an origin (`contract.md` 7.14).
//!
//! An origin may name a *site*. The gateways of that site then ask the origin on behalf of all
//! gateways. For each resource one of them is chosen, its *shield* ([`placement`]), so an object is
//! fetched once however many gateways want it.
//!
//! ```text
//! viewer ──▶ gateway ──question──▶ shield ──▶ origin
//!            viewer functions,     origin functions,
//!            cache                 cache
//! ```
//!
//! | file | what is in it |
//! | --- | --- |
//! | [`announcements`] | which gateways shield origins, and which of them are alive |
//! | [`placement`] | which of them shields a resource |
//! | [`message`] | the question, the reply, and their form on the wire |
//! | [`asking`] | one question to one shield, with its deadlines |
//! | [`writes`] | which writes a shield has heard of |
//! | [`settings`] | addresses and certificates |
//!
//! A shield never asks another shield, so questions cannot go round in circles. The gateways prove to
//! each other by certificates that they belong together. Viewers cannot reach the listener without
//! one, and the listener for viewers knows no questions.

pub mod announcements;
pub mod asking;
pub mod message;
pub mod placement;
pub mod settings;
pub mod writes;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use brink_shared::bus::{Bus, BusError};
use brink_shared::id::NodeId;
use rustls::ServerConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use announcements::{Announcement, Announcements, announce};
use settings::{Identity, ShieldError, ShieldSettings};
use writes::Writes;

/// Most questions that a shield answers at a time. Further ones are refused.
const QUESTIONS_MAX: usize = 4096;

/// The shields that a gateway knows, and its own part as one.
#[derive(Debug)]
pub struct Shield {
    /// A number that no other process has. Gateways tell by it whether another one was restarted.
    pub process: u64,
    /// The gateways that shield origins.
    pub announcements: Announcements,
    /// The writes that other gateways have told of.
    pub writes: Writes,
    /// Where this gateway answers others, if it shields origins.
    own: Option<Own>,
    places: Arc<Semaphore>,
}

/// This gateway as a shield.
#[derive(Debug)]
struct Own {
    listens: SocketAddr,
    announced: watch::Sender<Announcement>,
}

/// The listener for other gateways, and its TLS.
pub struct ShieldListener {
    /// Where it listens.
    pub socket: TcpListener,
    /// Rejects everybody without a certificate of the authority.
    pub tls: Arc<ServerConfig>,
}

/// A gateway's part in shielding: what its requests share, whom it trusts, and its listener.
pub type Opened = (Arc<Shield>, Identity, Option<ShieldListener>);

// === impl Shield ===

impl Shield {
    /// Reads the files that the settings name, and listens. `None` if no file is named.
    pub fn open(settings: &ShieldSettings, node: &NodeId) -> Result<Option<Opened>, ShieldError> {
        let Some(identity) = Identity::read(settings)? else { return Ok(None) };
        let process = rand::random();
        let bound = settings.bind()?;
        let (own, listener) = match bound {
            None => (None, None),
            Some(bound) => {
                let own = Announcement {
                    gateway: node.clone(),
                    process,
                    site: bound.site,
                    address: bound.address,
                    leaving: false,
                };
                let listener = ShieldListener { socket: bound.socket, tls: identity.server()? };
                let announced = watch::Sender::new(own);
                (Some(Own { listens: bound.listens, announced }), Some(listener))
            }
        };
        let shield = Self {
            process,
            announcements: Announcements::default(),
            writes: Writes::default(),
            own,
            places: Arc::new(Semaphore::new(QUESTIONS_MAX)),
        };
        Ok(Some((Arc::new(shield), identity, listener)))
    }

    /// Follows the announcements of others, and makes those of this gateway, until `stop`.
    pub async fn run(
        self: Arc<Self>,
        bus: Arc<dyn Bus>,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + Send + use<>, BusError> {
        let heard = announcements::subscribe(bus.as_ref()).await?;
        Ok(async move {
            let own = self.own.as_ref().map(|own| own.announced.subscribe());
            let announcing = async {
                match own {
                    Some(own) => announce(bus, own).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.announcements.follow(heard) => {}
                () = announcing => {}
                () = stop.cancelled() => {}
            }
        })
    }

    /// The announcement of this gateway, if it shields origins.
    pub fn own(&self) -> Option<Announcement> {
        self.own.as_ref().map(|own| own.announced.borrow().clone())
    }

    /// Where it listens for other gateways, if it shields origins.
    pub fn listens(&self) -> Option<SocketAddr> {
        self.own.as_ref().map(|own| own.listens)
    }

    /// Tells the others to ask other gateways from now on. Questions that run go on.
    pub fn leave(&self) {
        if let Some(own) = &self.own {
            own.announced.send_modify(|own| own.leaving = true);
        }
    }

    /// A place for one more question, if there is room.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }
}
