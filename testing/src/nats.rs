//! NATS servers of tests, and connections to them.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brink_nats_server::{NatsServer, NatsServerOptions};
use brink_shared::bus::{Bus as _, Link, NatsBus, NatsOptions};
use tempfile::TempDir;

/// Longest wait for a connection. Debug builds on a busy machine are slow.
const SOON: Duration = Duration::from_secs(60);

/// A server with a temporary folder for its files. Dropping it kills the server.
#[derive(Debug)]
pub struct Nats {
    server: NatsServer,
    folder: TempDir,
}

// === impl Nats ===

impl Nats {
    /// Starts a server on a free port.
    pub async fn start() -> Self {
        Self::carrying(None).await
    }

    /// Starts a server that carries so many bytes in one message.
    pub async fn carrying(max_payload: Option<usize>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        let options = NatsServerOptions { dir, max_payload, ..NatsServerOptions::default() };
        Self { server: NatsServer::start(options).await.unwrap(), folder }
    }

    /// A connection of its own under this name, which is up.
    pub async fn connect(&self, name: &str) -> Arc<NatsBus> {
        connect(&self.server.url(), name).await
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the server in order.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for Nats {
    type Target = NatsServer;

    fn deref(&self) -> &NatsServer {
        &self.server
    }
}

impl DerefMut for Nats {
    fn deref_mut(&mut self) -> &mut NatsServer {
        &mut self.server
    }
}

/// A connection to the server at this URL, which is up.
pub async fn connect(url: &str, name: &str) -> Arc<NatsBus> {
    let (servers, name) = (vec![url.to_owned()], name.to_owned());
    let bus = NatsBus::connect(NatsOptions { servers, creds: None, ca: None, name }).await.unwrap();
    let mut link = bus.link();
    let up = link.wait_for(|link| *link == Link::Up);
    tokio::time::timeout(SOON, up).await.expect("the NATS server answers").unwrap();
    bus
}
