//! An origin that speaks TLS and keeps the name that it is asked for.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

/// Where this program, and the gateways in it, find whom to trust.
const TRUST: &str = "SSL_CERT_FILE";

/// The origin. It answers one request per connection.
pub struct TlsOrigin {
    pub port: u16,
    /// The name that each session asked for, and its protocol version.
    pub sessions: Arc<Mutex<Vec<(String, String)>>>,
}

/// True in a process that trusts the authority of the tests. In any other, runs the test in such
/// a process, where it has to succeed.
pub fn trusts_the_tests_authority(test: &str) -> bool {
    let authority = testdata("authority.pem");
    if std::env::var_os(TRUST).is_some_and(|file| file == *authority) {
        return true;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]).env(TRUST, authority);
    let ended = again.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && out.contains("1 passed"), "{out}\n{err}");
    false
}

fn testdata(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(file)
}

impl TlsOrigin {
    /// With the certificate `name.pem`, for TLS 1.3 only.
    pub async fn start(name: &str, answer: &'static str) -> Self {
        let certificate = CertificateDer::from_pem_file(testdata(&format!("{name}.pem")));
        let key = PrivateKeyDer::from_pem_file(testdata(&format!("{name}.key")));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.unwrap()], key.unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sessions = Arc::<Mutex<Vec<(String, String)>>>::default();
        let kept = sessions.clone();
        actix_rt::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(mut session) = acceptor.accept(tcp).await else { continue };
                let (_, tls) = session.get_ref();
                let name = tls.server_name().unwrap_or_default().to_owned();
                kept.lock().push((name, format!("{:?}", tls.protocol_version().unwrap())));
                let mut request = [0; 4096];
                if session.read(&mut request).await.is_ok() {
                    let _ = session.write_all(answer.as_bytes()).await;
                    let _ = session.shutdown().await;
                }
            }
        });
        Self { port, sessions }
    }
}
