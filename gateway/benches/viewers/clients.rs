//! The viewers. For HTTP/3 they write one request that never changes, without a library for HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_testing::certificates::Authority;
use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;

use crate::Version;
use crate::servers::Server;

/// Viewers who connect at the same time.
const CONNECTING: usize = 16;

/// Connections of HTTP/1.1, and of the other versions with requests at a time on each.
const CONNECTIONS: usize = 64;
const MULTIPLEXED: (usize, usize) = (8, 8);

/// Viewers of one server over one version of HTTP.
pub struct Client {
    plain: SocketAddr,
    tls: SocketAddr,
    version: Version,
    host: &'static str,
    config: Arc<ClientConfig>,
    endpoint: quinn::Endpoint,
}

/// A connection that stays open.
#[allow(dead_code, reason = "most are only kept")]
pub enum Open {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
    Http3(quinn::Connection),
}

// === impl Client ===

impl Client {
    pub fn new(
        authority: &Authority,
        server: &Server,
        version: Version,
        host: &'static str,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        let protocol = match version {
            Version::Plain | Version::Tls => "http/1.1",
            Version::Http2 => "h2",
            Version::Http3 => "h3",
        };
        config.alpn_protocols = vec![protocol.into()];
        let config = Arc::new(config);
        let mut endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
        if version == Version::Http3 {
            let crypto = QuicClientConfig::try_from(config.clone()).unwrap();
            endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(crypto)));
        }
        let tls = server.tls.unwrap_or(server.plain);
        Self { plain: server.plain, tls, version, host, config, endpoint }
    }

    /// Connections per second, each with a handshake and one request.
    pub async fn new_connections(&self, during: Duration) -> f64 {
        self.rate(CONNECTING, during, async || {
            let open = self.connect().await;
            if let Open::Http3(connection) = &open {
                connection.close(0u32.into(), b"");
            }
        })
        .await
    }

    /// Requests per second over HTTP/3.
    pub async fn requests(&self, during: Duration) -> f64 {
        let (connections, streams) = MULTIPLEXED;
        let opened = join_all((0..connections).map(|_| self.connect())).await;
        let rates = opened.iter().map(|open| {
            let Open::Http3(connection) = open else { panic!("h2load is for the other versions") };
            self.rate(streams, during, async || self.ask_http3(connection).await)
        });
        join_all(rates).await.into_iter().sum()
    }

    /// So many connections, which have carried one request each.
    pub async fn idle(&self, count: usize) -> Vec<Open> {
        let mut open = Vec::new();
        while open.len() < count {
            let some = CONNECTING.min(count - open.len());
            open.extend(join_all((0..some).map(|_| self.connect())).await);
        }
        open
    }

    /// How often an action ends in a second, if so many are under way.
    async fn rate(&self, at_once: usize, during: Duration, act: impl AsyncFn()) -> f64 {
        let began = Instant::now();
        let acting = (0..at_once).map(|_| async {
            let mut count = 0;
            while began.elapsed() < during {
                act().await;
                count += 1;
            }
            count
        });
        let count: u32 = join_all(acting).await.into_iter().sum();
        f64::from(count) / began.elapsed().as_secs_f64()
    }

    /// A connection that has carried one request.
    async fn connect(&self) -> Open {
        match self.version {
            Version::Plain => {
                let mut stream = TcpStream::connect(self.plain).await.unwrap();
                self.ask_http1(&mut stream).await;
                Open::Plain(stream)
            }
            Version::Tls => {
                let mut stream = self.handshake().await;
                self.ask_http1(&mut stream).await;
                Open::Tls(Box::new(stream))
            }
            Version::Http2 => {
                let io = TokioIo::new(self.handshake().await);
                let made = http2::handshake(TokioExecutor::new(), io).await;
                let (mut sender, connection) = made.unwrap();
                tokio::spawn(async move { connection.await.unwrap_or_default() });
                let request = Request::get(format!("https://{}/object", self.host));
                let request = request.body(Empty::new()).unwrap();
                let answer = sender.send_request(request).await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.into_body().collect().await.unwrap();
                Open::Http2(sender)
            }
            Version::Http3 => {
                let made = self.endpoint.connect(self.tls, self.host).unwrap().await;
                let connection = made.unwrap();
                // The control stream with empty settings (RFC 9114, 6.2.1 and 7.2.4).
                let mut control = connection.open_uni().await.unwrap();
                control.write_all(&[0, 4, 0]).await.unwrap();
                // It must stay open.
                tokio::spawn(async move { control.stopped().await.ok() });
                self.ask_http3(&connection).await;
                Open::Http3(connection)
            }
        }
    }

    async fn handshake(&self) -> tokio_rustls::client::TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.tls).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from(self.host).unwrap();
        TlsConnector::from(self.config.clone()).connect(name, stream).await.unwrap()
    }

    async fn ask_http1(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
        let request = format!("GET /object HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let head = loop {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "the server closes");
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        assert!(read.starts_with(b"HTTP/1.1 200"));
        while read.len() < head + 1024 {
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "the server closes");
        }
    }

    async fn ask_http3(&self, connection: &quinn::Connection) {
        // A field section of lines of QPACK's static table (RFC 9204, 4.5 and appendix A).
        let mut section = vec![0, 0, 0xc0 | 17, 0xc0 | 23];
        for (name, value) in [(1, "/object"), (0, self.host)] {
            section.push(0x50 | name);
            section.push(u8::try_from(value.len()).unwrap());
            section.extend(value.as_bytes());
        }
        let mut frame = vec![1, u8::try_from(section.len()).unwrap()];
        frame.extend(section);
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&frame).await.unwrap();
        send.finish().unwrap();
        let answer = receive.read_to_end(4096).await.unwrap();
        assert!(answer.ends_with(&[b'x'; 1024]), "{answer:?}");
    }
}

/// Requests per second by h2load.
pub async fn h2load(server: &Server, version: Version, host: &str, during: Duration) -> f64 {
    let (connections, at_once, scheme, address) = match version {
        Version::Plain => (CONNECTIONS, 1, "http", server.plain),
        Version::Tls => (CONNECTIONS, 1, "https", server.tls.unwrap()),
        Version::Http2 | Version::Http3 => {
            (MULTIPLEXED.0, MULTIPLEXED.1, "https", server.tls.unwrap())
        }
    };
    let mut command = Command::new("h2load");
    if version != Version::Http2 {
        command.arg("--h1");
    }
    let output = command
        .args(["-D", &during.as_secs().to_string(), "-c", &connections.to_string()])
        .args(["-m", &at_once.to_string(), "--connect-to", &address.to_string()])
        .arg(format!("{scheme}://{host}/object"))
        .output()
        .await
        .expect("this bench needs `h2load`: apt-get install nghttp2-client");
    let text = String::from_utf8(output.stdout).unwrap();
    let wrong = text.lines().find(|line| line.starts_with("status codes:")).unwrap();
    assert!(wrong.contains("0 3xx, 0 4xx, 0 5xx"), "{text}");
    let rate = text.split_once(" req/s").and_then(|(before, _)| before.rsplit_once(", "));
    rate.unwrap_or_else(|| panic!("{text}")).1.parse().unwrap()
}
