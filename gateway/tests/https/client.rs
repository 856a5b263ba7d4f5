//! A viewer that speaks TLS, with the names and certificates of a test.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use brink_gateway::https::HttpsSettings;
use brink_testing::certificates::Authority;

use crate::edge::{Edge, LOCAL};

/// The name of the site.
pub const SITE: &str = "shop.test";

const WITHIN: Duration = Duration::from_secs(20);

/// A gateway with certificates of its own authority.
pub struct Site {
    pub edge: Edge,
    pub authority: Authority,
    /// The gateway's certificates, and beside them the folder of other files.
    pub folder: TempDir,
}

impl Site {
    /// With one certificate for `shop.test`, and one for all other names.
    pub async fn start(distribution: Value) -> Self {
        Self::with_function(distribution, |event| event["Records"][0]["cf"]["request"].clone())
            .await
    }

    pub async fn with_function(
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
    ) -> Self {
        Self::open(distribution, function, false).await
    }

    /// With HTTP/3, or without it.
    pub async fn open(
        distribution: Value,
        function: impl Fn(Value) -> Value + Send + 'static,
        http3: bool,
    ) -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let certificates = folder.path().join("certificates");
        std::fs::create_dir(&certificates).unwrap();
        authority.issue(&[SITE]).write(&certificates, "shop");
        authority.issue(&["default.test"]).write(&certificates, "default");
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        let settings = HttpsSettings { http3, ..settings(&certificates) };
        let edge = Edge::with_https(settings, distribution, function).await;
        Self { edge, authority, folder }
    }

    pub fn certificates(&self) -> std::path::PathBuf {
        self.folder.path().join("certificates")
    }

    pub fn address(&self) -> SocketAddr {
        self.edge.gateway.https_address().unwrap()
    }

    /// The URL of a path, for programs that resolve `shop.test` to this machine.
    pub fn url(&self, path: &str) -> String {
        format!("https://{SITE}:{}{path}", self.address().port())
    }

    /// A connection that speaks HTTP/1.1.
    pub async fn connect(&self) -> TlsStream<TcpStream> {
        connect(self.address(), SITE, &trusting(&self.authority, &["http/1.1"])).await.unwrap()
    }

    /// The answer to a request without a body over HTTP/1.1, as it came.
    pub async fn get(&self, path: &str) -> String {
        exchange(&mut self.connect().await, path).await
    }
}

/// HTTPS on a free port.
pub fn settings(certificates: &Path) -> HttpsSettings {
    HttpsSettings {
        listen: Some(LOCAL),
        certificates: Some(certificates.to_owned()),
        ..HttpsSettings::default()
    }
}

/// A site with one origin, which is never cached.
pub fn document(origin: &str, behavior: Value) -> Value {
    let mut whole = json!({
        "path": "*", "origin": "web", "methods": "all",
        "cache": {"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"},
    });
    for (key, value) in behavior.as_object().unwrap() {
        whole[key] = value.clone();
    }
    json!({"id": "d", "origins": {"web": {"url": origin}}, "behaviors": [whole]})
}

/// Trust in an authority.
pub fn trusting(authority: &Authority, protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Makes a handshake for this name.
pub async fn connect(
    address: SocketAddr,
    name: &str,
    config: &Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let made = TlsConnector::from(config.clone()).connect(name, stream);
    tokio::time::timeout(WITHIN, made).await.expect("the handshake ends")
}

/// Sends a GET over HTTP/1.1 and reads the answer, whose length must be announced.
pub async fn exchange(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    ask(stream, SITE, path).await
}

/// The same for another host.
pub async fn ask(stream: &mut TlsStream<TcpStream>, host: &str, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut read = Vec::new();
    let reading = async {
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.to_ascii_lowercase();
                let length = length.split_once("content-length: ").expect("a length").1;
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                if body.len() >= length {
                    return text;
                }
            }
            let len = stream.read_buf(&mut read).await.unwrap();
            assert!(len > 0, "{text}");
        }
    };
    tokio::time::timeout(WITHIN, reading).await.expect("the answer comes")
}
