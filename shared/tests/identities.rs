//! Identities at a real NATS server: who may do what, and what happens to those who try more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "identities/audit.rs"]
mod audit;
#[path = "identities/forging.rs"]
mod forging;
#[path = "identities/permissions.rs"]
mod permissions;
#[path = "identities/roles.rs"]
mod roles;
#[path = "identities/tenants.rs"]
mod tenants;
#[path = "identities/validity.rs"]
mod validity;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Event, ServerError};
use brink_nats_server::{NatsServer, NatsServerOptions, program};
use brink_shared::bus::{Bus, BusError, Link, NatsBus, NatsOptions};
use brink_shared::id::{NodeId, TenantName};
use brink_shared::identity::{Authority, Identity, Role};
use tokio::sync::mpsc;

/// Longest wait for what must come.
const SOON: Duration = Duration::from_secs(10);

/// Nobody may publish here.
const NOWHERE: &str = "brink.nowhere";

/// A server that lets only known identities in.
struct Secured {
    server: NatsServer,
    authority: Authority,
    _dir: tempfile::TempDir,
}

/// A client without the bus's own checks, as an attacker has it.
struct Raw {
    client: async_nats::Client,
    denials: mpsc::Receiver<String>,
}

// === impl Secured ===

impl Secured {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(&dir.path().join("bus")).unwrap();
        let options = NatsServerOptions {
            program: Some(program::find().await.unwrap()),
            dir: dir.path().join("nats"),
            accounts: Some(authority.accounts_file()),
            ..NatsServerOptions::default()
        };
        Self { server: NatsServer::start(options).await.unwrap(), authority, _dir: dir }
    }

    /// New credentials of this name, with the role's name as name if there is none.
    fn creds(&mut self, name: &str, role: Role) -> PathBuf {
        self.authority.add_user(&name.parse().unwrap(), role, None, Vec::new()).unwrap()
    }

    fn options(&self, creds: PathBuf) -> NatsOptions {
        let name = "not the name in the credentials".to_owned();
        NatsOptions { servers: vec![self.server.url()], creds: Some(creds), ca: None, name }
    }

    /// The bus as a process with this role has it.
    async fn bus(&mut self, name: &str, role: Role) -> Arc<dyn Bus> {
        let creds = self.creds(name, role);
        let bus = NatsBus::connect(self.options(creds)).await.unwrap();
        soon(bus.link().wait_for(|link| *link == Link::Up)).await.unwrap();
        bus
    }

    async fn raw(&mut self, name: &str, role: Role) -> Raw {
        let creds = self.creds(name, role);
        Raw::connect(&self.server.url(), creds, name).await.unwrap()
    }
}

// === impl Raw ===

impl Raw {
    async fn connect(
        url: &str,
        creds: PathBuf,
        name: &str,
    ) -> Result<Self, async_nats::ConnectError> {
        let (tell, denials) = mpsc::channel(4_096);
        let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
        let client = options
            .custom_inbox_prefix(format!("_INBOX.{name}"))
            .event_callback(move |event| {
                if let Event::ServerError(ServerError::Other(text)) = event {
                    let _ = tell.try_send(text);
                }
                std::future::ready(())
            })
            .connect(url)
            .await?;
        Ok(Self { client, denials })
    }

    /// Whether the server takes a message to the subject. It handles messages in their order, so the
    /// denial of the second one comes after that of the first one.
    async fn may_publish(&mut self, subject: &str) -> bool {
        self.client.publish(subject.to_owned(), "".into()).await.unwrap();
        self.is_allowed(&format!("\"{subject}\"")).await
    }

    async fn may_subscribe(&mut self, subject: &str) -> bool {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.is_allowed(&format!("\"{subject}\"")).await
    }

    async fn is_allowed(&mut self, quoted: &str) -> bool {
        self.client.publish(NOWHERE, "".into()).await.unwrap();
        let mut allowed = true;
        loop {
            let denial = soon(self.denials.recv()).await.unwrap();
            if denial.contains(NOWHERE) {
                return allowed;
            }
            allowed &= !denial.contains(quoted);
        }
    }
}

/// The future's value, which must come before [`SOON`] is over.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it did not happen soon")
}

/// Asks again until the answer is yes.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn node(name: &str) -> NodeId {
    name.parse().unwrap()
}

/// The subjects to which a role may subscribe, with their queue groups, for the user with the role's
/// name.
fn subscriptions(role: Role) -> impl Iterator<Item = (String, Option<String>)> {
    let allowed = brink_shared::identity::permissions::of(role).sub.allow;
    allowed.into_iter().map(move |allowed| {
        let allowed = allowed.replace("{{name()}}", role.name());
        match allowed.split_once('\u{b}') {
            Some((pattern, group)) => (pattern.to_owned(), Some(group.to_owned())),
            None => (allowed, None),
        }
    })
}
