//! An authority of a test, as the test sees it. [`crate::desk`] answers its requests.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use brink_testing::certificates::Authority as Issuer;

use crate::desk::Desk;

/// The key of the external account `ops-1`.
pub const EXTERNAL_KEY: &[u8] = b"a key that the authority gave out";

/// A running authority. Dropping it ends it.
pub struct Authority {
    pub address: SocketAddr,
    pub issuer: Arc<Issuer>,
    state: Arc<Mutex<State>>,
    root: PathBuf,
    running: tokio::task::JoinHandle<()>,
}

/// The faults that the authority makes.
#[derive(Clone, Default)]
pub struct Conduct {
    /// Where it fetches the answers to challenges.
    pub validates_at: Option<SocketAddr>,
    /// How long certificates are valid.
    pub lifetime: Option<Duration>,
    /// How many of the next signed requests get `badNonce`.
    pub bad_nonces: usize,
    /// Seconds of `Retry-After` of refused orders.
    pub limits_orders: Option<u64>,
    /// True if validations never come to an end.
    pub holds_validations: bool,
    /// How often an order is `processing` before it is valid.
    pub processes: usize,
    /// The start and the end of windows, in seconds of Unix time.
    pub window: Option<(u64, u64)>,
    /// True if accounts need a binding.
    pub wants_binding: bool,
    /// The reply to every request, instead of an answer.
    pub breaks: Option<Breaks>,
}

/// Ways in which a server is of no use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    Silent,
    Garbage,
    Failing,
}

/// The authority's records.
#[derive(Default)]
pub struct State {
    pub conduct: Conduct,
    pub next: u64,
    pub nonces: HashSet<String>,
    /// By URL: the key, and the payload that the account was made with.
    pub accounts: BTreeMap<String, (Value, Value)>,
    pub orders: Vec<Order>,
    pub bindings: Vec<String>,
    pub validations: Vec<SocketAddr>,
    pub asked_for_windows: Vec<String>,
}

/// An order, and its only authorization and challenge.
#[derive(Clone)]
pub struct Order {
    pub account: String,
    pub name: String,
    pub token: String,
    pub status: &'static str,
    pub replaces: Option<String>,
    pub problem: Option<Value>,
    pub processing: usize,
    pub certificate: Option<String>,
}

impl Authority {
    /// Listens on a free port. The folder gets the file of its own TLS authority.
    pub async fn start(folder: &Path, conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = Issuer::new();
        let root = folder.join("authority.pem");
        std::fs::write(&root, tls.pem()).unwrap();
        let own = tls.issue(&["localhost"]);
        let chain = CertificateDer::pem_slice_iter(own.chain.as_bytes());
        let chain: Vec<_> = chain.collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let state = Arc::new(Mutex::new(State { conduct, ..State::default() }));
        let issuer = Arc::new(Issuer::new());
        let desk = Desk { address, state: state.clone(), issuer: issuer.clone() };
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, desk) = (acceptor.clone(), desk.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| {
                        let desk = desk.clone();
                        async move { Ok::<_, Infallible>(desk.answer(request).await) }
                    });
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, issuer, state, root, running }
    }

    pub fn directory(&self) -> String {
        format!("https://localhost:{}/directory", self.address.port())
    }

    /// The file of the authority that its own certificate is from.
    pub fn root(&self) -> PathBuf {
        self.root.clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Conduct)) {
        change(&mut self.state.lock().conduct);
    }

    /// The names of all orders, oldest first.
    pub fn orders(&self) -> Vec<String> {
        self.state.lock().orders.iter().map(|order| order.name.clone()).collect()
    }

    /// The certificate that each order replaces.
    pub fn replaced(&self) -> Vec<Option<String>> {
        self.state.lock().orders.iter().map(|order| order.replaces.clone()).collect()
    }

    /// Where the answers to challenges were fetched.
    pub fn validations(&self) -> Vec<SocketAddr> {
        self.state.lock().validations.clone()
    }

    /// The payloads that accounts were made with.
    pub fn accounts(&self) -> Vec<Value> {
        self.state.lock().accounts.values().map(|(_, payload)| payload.clone()).collect()
    }

    /// Forgets all accounts.
    pub fn forget_accounts(&self) {
        self.state.lock().accounts.clear();
    }

    pub fn bindings(&self) -> Vec<String> {
        self.state.lock().bindings.clone()
    }

    pub fn asked_for_windows(&self) -> Vec<String> {
        self.state.lock().asked_for_windows.clone()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.running.abort();
    }
}
