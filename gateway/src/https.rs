//! HTTPS towards viewers: certificates, sessions, and the facts about them (`contract.md` 7.19).
//!
//! rustls makes the handshakes. [`certificates`] chooses the certificate by the name that a viewer
//! asks for. The name's distribution, or else the gateway, has a security policy, which chooses the
//! versions and ciphers ([`security_policy`]): [`server_configs`] has the settings of rustls for each
//! policy, and those for QUIC ([`quic_session`]). [`tickets`] lets viewers continue a session at
//! another gateway. [`handshakes`] bounds the handshakes.

mod acme_settings;
mod certificate;
mod certificates;
mod client_hello;
mod handshakes;
mod hello_input;
mod https_error;
mod quic_session;
mod recorded_stream;
mod security_policy;
mod server_configs;
mod server_hello;
mod sockets;
mod tickets;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brink_shared::registry::distribution::SecurityPolicy;
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicServerConfig};
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use rustls::server::{ProducesTickets, ResolvesServerCert};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

pub use acme_settings::{AcmePace, AcmeSettings};
pub(crate) use certificate::Certificate;
use certificates::Certificates;
pub(crate) use handshakes::{
    Handshakes, RUNNING_MAX as HANDSHAKES_MAX, SecureStream, WITHIN as HANDSHAKE_WITHIN,
    count_handshake,
};
pub use https_error::HttpsError;
use quic_session::QuicConfig;
pub(crate) use quic_session::{WantsFingerprints, session_of};
pub(crate) use security_policy::allows_session;
use server_configs::ServerConfigs;
pub(crate) use sockets::HttpsSockets;
use tickets::SharedTickets;

/// Pause between two checks of the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long before its end a certificate is a reason for a warning. Authorities of free
/// certificates renew them a month before.
const WARN_BEFORE: Duration = Duration::from_hours(14 * 24);

/// The `https` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpsSettings {
    /// The address for HTTPS; without it, the gateway serves HTTP only.
    pub listen: Option<SocketAddr>,
    /// The folder with certificates and keys.
    pub certificates: Option<PathBuf>,
    /// Versions and ciphers of TLS for names whose distributions have no policy of their own.
    pub security_policy: SecurityPolicy,
    /// The file with the keys of session tickets; without it, the gateway makes its own.
    pub ticket_keys: Option<PathBuf>,
    /// Whether viewers may come by HTTP/3, over UDP on the port of the address.
    pub http3: bool,
    /// Certificates by ACME.
    pub acme: AcmeSettings,
}

/// HTTPS of a running gateway.
#[derive(Debug)]
pub struct Https {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its certificates.
    pub certificates: Arc<ViewerCertificates>,
    /// True if it speaks HTTP/3 there too.
    pub http3: bool,
}

/// TLS for all viewers of a gateway.
#[derive(Debug)]
pub struct ViewerCertificates {
    certificates: Arc<Certificates>,
    tickets: Option<(PathBuf, Arc<SharedTickets>)>,
    policy: SecurityPolicy,
    configs: ServerConfigs,
    quic: Arc<ServerConfig>,
    folder: Option<PathBuf>,
    /// The files at the beginning.
    opened: Stamp,
}

/// Distinguishes states of the files.
type Stamp = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

// === impl Https ===

impl Https {
    /// Reads the certificates and listens, if HTTPS is on.
    pub(crate) fn open(
        settings: &HttpsSettings,
    ) -> Result<Option<(HttpsSockets, Arc<Self>)>, HttpsError> {
        let Some(listen) = settings.listen else {
            return if settings.http3 { Err(HttpsError::NoAddress) } else { Ok(None) };
        };
        let certificates = Arc::new(ViewerCertificates::open(settings)?);
        let http3 = settings.http3;
        let sockets = HttpsSockets::open(listen, http3)?;
        let at = |source| HttpsError::Listen { address: listen, source };
        let address = sockets.tcp.local_addr().map_err(at)?;
        Ok(Some((sockets, Arc::new(Self { address, certificates, http3 }))))
    }
}

// === impl ViewerCertificates ===

impl ViewerCertificates {
    /// Reads the files that the settings name.
    pub fn open(settings: &HttpsSettings) -> Result<Self, HttpsError> {
        let folder = settings.certificates.clone();
        let has_acme = settings.acme.directory.is_some();
        if folder.is_none() && !has_acme {
            return Err(HttpsError::NoFolder);
        }
        let policy = settings.security_policy;
        let ticket_keys = settings.ticket_keys.as_deref();
        let opened = stamp(folder.as_deref(), ticket_keys);
        let provider = rustls::crypto::ring::default_provider();
        let certificates = Certificates::open(folder.as_deref(), has_acme, provider)?;
        let tickets = match ticket_keys {
            Some(file) => Some((file.to_owned(), SharedTickets::open(file)?)),
            None => None,
        };
        let ticketer: Arc<dyn ProducesTickets> = match &tickets {
            Some((_, tickets)) => tickets.clone(),
            None => Ticketer::new()?,
        };
        let resolver: Arc<dyn ResolvesServerCert> = certificates.clone();
        let configs = ServerConfigs::new(policy, &resolver, &ticketer)?;
        let quic = server_configs::for_quic(&resolver, &ticketer)?;
        Ok(Self { certificates, tickets, policy, configs, quic, folder, opened })
    }

    /// Handshakes for one server thread.
    pub(crate) fn handshakes(&self) -> Handshakes {
        Handshakes::new(self.configs.clone())
    }

    /// The security policy of names whose distributions have none of their own.
    pub(crate) fn policy(&self) -> SecurityPolicy {
        self.policy
    }

    /// Replaces the certificates that were issued by ACME.
    pub(crate) fn install(&self, issued: Vec<Certificate>) {
        self.certificates.install(issued);
    }

    /// The configuration of connections by QUIC.
    pub(crate) fn quic(
        &self,
        fingerprints: WantsFingerprints,
    ) -> Result<quinn::ServerConfig, NoInitialCipherSuite> {
        let tls = Arc::new(QuicServerConfig::try_from(self.quic.clone())?);
        Ok(quinn::ServerConfig::with_crypto(Arc::new(QuicConfig { tls, fingerprints })))
    }

    /// The names that the certificates are for, sorted; `*.` stands for one label.
    pub fn names(&self) -> Vec<String> {
        self.certificates.names()
    }

    /// Warnings of certificates that are no longer valid, or not for long.
    pub fn warnings(&self) -> Vec<String> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let ending = self.certificates.ending(now, WARN_BEFORE).into_iter();
        let warned = ending.map(|(name, expires)| match expires.checked_sub(now) {
            None => format!("the certificate {name} has expired"),
            Some(left) => {
                let days = left.as_secs() / (24 * 3600);
                format!("the certificate {name} expires in {days} days")
            }
        });
        warned.collect()
    }

    /// Reads changed files again, until `stop`.
    ///
    /// A certificate and its key are two files, which change one after the other. So the files are
    /// read only after they have stayed the same for one pause.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut read, mut seen) = (self.opened.clone(), self.opened.clone());
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let (of, was_read, was_seen) = (self.clone(), read.clone(), seen.clone());
            let looked = tokio::task::spawn_blocking(move || {
                let now = stamp(
                    of.folder.as_deref(),
                    of.tickets.as_ref().map(|(file, _)| file.as_path()),
                );
                let is_new = now != was_read && now == was_seen;
                if is_new {
                    of.reload();
                }
                (if is_new { now.clone() } else { was_read }, now)
            });
            match looked.await {
                Ok(stamps) => (read, seen) = stamps,
                Err(error) => {
                    tracing::error!(%error, "cannot check the certificates for changes");
                }
            }
        }
    }

    fn reload(&self) {
        let mut problems = self.certificates.reload();
        if let Some((file, tickets)) = &self.tickets {
            problems.extend(tickets.reload(file).err());
        }
        for problem in &problems {
            tracing::error!(%problem, "the last good state of this file stays in use");
        }
        tracing::info!(names = ?self.names(), "read the certificates again");
    }
}

fn stamp(folder: Option<&Path>, ticket_keys: Option<&Path>) -> Stamp {
    let mut stamp = Stamp::new();
    if let Some(folder) = folder {
        stamp_folder(folder, true, &mut stamp);
    }
    stamp.extend(ticket_keys.map(|file| (file.to_owned(), stamp_file(file))));
    stamp.sort();
    stamp
}

fn stamp_folder(folder: &Path, inner: bool, stamp: &mut Stamp) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        stamp.push((folder.to_owned(), None));
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if inner && path.is_dir() {
            stamp_folder(&path, false, stamp);
        } else {
            stamp.push((path.clone(), stamp_file(&path)));
        }
    }
}

fn stamp_file(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
